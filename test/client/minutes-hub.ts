import * as v from 'valibot';
import { vi } from 'vitest';
import { createMemoryDb } from '#client/platform/db.ts';
import type { Entry, Order } from '#client/platform/entry.ts';
import type { Follower } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import type { Name } from '#shared/contract.ts';
import { evolve, noMeeting, type Meeting } from '#shared/minutes/minutes.rules.ts';
import { minutesTable, type MeetingView, type Verb } from '#shared/minutes/minutes.schema.ts';
import { toView } from '#shared/minutes/minutes.view.ts';
import { AppError } from '#shared/wire/error.ts';
import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';

const idOf = (n: number): string => `01a20d44-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const MEETING = idOf(1);
export const ITEM = idOf(11);
const DOC = idOf(2);
const UNIT = idOf(3);
export const ME = idOf(101);
export const OTHER = idOf(102);
export const HASH = 'a1b2c3d4e5f60718'.repeat(4);

const NAMES: Record<string, string> = { [ME]: '王敏', [OTHER]: '李华' };

/** A meeting on the hub: what is appended is told to whoever follows, commands are checked against the contract. */
export function minutesHub(
  may: readonly Verb[] = ['edit', 'add-item', 'set-attendance', 'submit', 'sign', 'send-back'],
  title = '文殊社区居民代表会议',
) {
  const followers = new Set<Follower>();
  const events: StreamEvent[] = [];
  const entries: Entry[] = [];
  const asked: { name: string; input: Record<string, unknown> }[] = [];
  let state: Meeting = noMeeting(MEETING);
  const refusals = new Map<string, AppError>();

  function append(type: string, data: object, actor = ME): StreamEvent {
    const place = { stream: `meeting:${MEETING}`, seq: events.length + 1, prev: ZERO_HASH, hash: ZERO_HASH };
    const id = events.length === 0 ? MEETING : idOf(500 + events.length);
    const event: StreamEvent = { ...place, id, type, actor, at: '2026-11-22T12:00:00.000Z', data };
    events.push(event);
    state = evolve(state, event);
    for (const follower of followers) follower.apply(event);
    return event;
  }
  const view = (): MeetingView => {
    const nobody = { actor: { person: ME, appointments: [], delegations: [] }, now: new Date(), scope: { path: [] } };
    return { ...toView(state, HASH, nobody), may: state.state === 'signed' ? [] : [...may] };
  };

  const answers: Partial<Record<Name, (input: Record<string, unknown>) => unknown>> = {
    'minutes:view': () => ({ meeting: view() }),
    'minutes:submit': () => ({
      ...append('submitted', { contentHash: HASH, docSeq: 9, contributors: [] }),
      contentHash: HASH,
    }),
    'minutes:sign': () =>
      append('signed', {
        ...{ contentHash: HASH, docSeq: 9, contributors: [], meetingSeq: 2, keyId: 'k', signature: 's' },
        signedAt: '2026-11-22T12:00:00.000Z',
      }),
    'minutes:send-back': (input) =>
      append('sent_back', input['comment'] === undefined ? {} : { comment: input['comment'] }),
    'minutes:create': (input) => ({ seq: 1, meeting: input['id'], doc: DOC }),
    'people:members': () => ({ people: [{ id: OTHER, name: '李华', post: '社区工作者', role: 'worker', unit: UNIT }] }),
  };
  const request = vi.fn(async (name: Name, input: Record<string, unknown>): Promise<unknown> => {
    await Promise.resolve();
    const verb = name.slice('minutes:'.length) as keyof typeof minutesTable;
    if (name.startsWith('minutes:')) v.parse(minutesTable[verb].input, input);
    asked.push({ name, input });
    const refusal = refusals.get(name);
    if (refusal !== undefined) throw refusal;
    return answers[name]?.(input);
  });
  const outbox = {
    entries: () => entries,
    send: ({ name, input, lane }: Order<Name>) => {
      v.parse(minutesTable[name.slice('minutes:'.length) as 'add-item'].input, input);
      const { id } = input as { id: string };
      entries.push({ id, n: 1, name, lane, input: { ...input }, state: 'held', durable: true, tries: 0 });
      return { id, done: new Promise(() => undefined) };
    },
  };
  const hub = {
    user: { id: ME, login: 'officer', name: '王敏', appointments: [], delegations: [] },
    request,
    outbox,
    db: createMemoryDb(),
    line: { status: 'online' },
    streams: {
      follow: (_stream: string, follower: Follower) => {
        followers.add(follower);
        follower.reset([...events], { low: 1, have: events.length, stored: false, gap: false });
        return { close: () => followers.delete(follower) };
      },
    },
    nameOf: (person: string) => (NAMES[person] === undefined ? undefined : { name: NAMES[person], post: '信息员' }),
    unitOf: () => ({ id: UNIT, code: 'wenshu', name: '文殊社区', level: 'community', parent: null }),
  } as unknown as Hub;

  append('created', {
    ...{ unit: UNIT, title, body: 'residentRepAssembly', startsAt: '2026-11-22T11:30:00.000Z' },
    ...{ items: [{ id: ITEM, title: '二次供水改造' }], signer: ME, doc: DOC },
  });
  return { hub, append, asked, entries, followers, refusals, answers, request, view, unit: UNIT };
}

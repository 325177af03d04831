import { vi } from 'vitest';
import { createDrafts } from '#client/platform/drafts.ts';
import type { Entry, Order } from '#client/platform/entry.ts';
import type { Follower, Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import { openDb } from '#client/platform/idb.ts';
import type { Name } from '#shared/contract.ts';
import type { Status } from '#client/platform/line.ts';
import { incidentsTable } from '#shared/incidents/incidents.schema.ts';
import * as v from 'valibot';
import { id, pathOf, WENSHU } from '../support/incident-desk.ts';

interface Sent {
  name: string;
  input: Record<string, unknown>;
  again: ((input: never, current: number) => unknown) | undefined;
  answer: (output: object) => void;
  refuse: (error: Error) => void;
}

/** A hub whose answers the test gives. What is sent must be what the contract takes. */
export function fakeHub(answers: Partial<Record<Name, (input: never) => unknown>> = {}) {
  const followers = new Map<string, Follower>();
  const sent: Sent[] = [];
  const watchers = new Set<(status: Status) => void>();
  const line = {
    status: 'online' as Status,
    onStatus: (listen: (status: Status) => void) => {
      watchers.add(listen);
      return () => watchers.delete(listen);
    },
  };
  const db = openDb(crypto.randomUUID(), undefined);
  const request = vi.fn(async (name: Name, input: object): Promise<unknown> => {
    const answer = answers[name];
    if (answer === undefined) throw new Error(`nobody answers ${name}`);
    await Promise.resolve();
    return (answer as (input: object) => unknown)(input);
  });
  const outbox = {
    unsent: [] as Entry[],
    entries: () => [],
    discard: vi.fn(),
    send: ({ name, input, again }: Order<Name>) => {
      const verb = name.slice('incidents:'.length) as 'flag';
      v.parse(incidentsTable[verb].input, input);
      const done = new Promise((answer, refuse) => {
        sent.push({ name, input: input, again: again, answer, refuse });
      });
      return { id: (input as { id: string }).id, done };
    },
  };
  const hub = {
    user: {
      id: id(101),
      login: 'officer',
      name: '王敏',
      appointments: [
        {
          role: 'officer',
          unit: { id: WENSHU, code: 'wenshu', name: '文殊社区', level: 'community' },
          from: '2026-01-01T00:00:00Z',
          until: null,
        },
      ],
      delegations: [],
    },
    request,
    line,
    outbox,
    streams: {
      follow: (stream: string, follower: Follower): Following => {
        followers.set(stream, follower);
        return {
          state: 'live',
          low: 1,
          complete: true,
          older: () => Promise.resolve([]),
          close: () => followers.delete(stream),
        };
      },
    },
    db,
    drafts: createDrafts(db),
    nameOf: () => ({ name: '王敏', post: '信息员' }),
    unitOf: (unit: string) => {
      const [own, parent = null] = pathOf(unit);
      return own === undefined
        ? undefined
        : { id: own, code: 'u', name: `单位${own.slice(-1)}`, level: 'community', parent };
    },
  } as unknown as Hub;
  const become = (status: Status): void => {
    line.status = status;
    for (const listen of watchers) listen(status);
  };
  return { hub, followers, sent, request, become };
}

import { expect, test } from 'vitest';
import {
  decideAskReset,
  decideConfirmReset,
  decideDeclineReset,
  evolveReset,
  noReset,
  openReset,
} from '#shared/people/reset.rules.ts';
import { decideEnd, emptyRoster, evolveRoster } from '#shared/people/roster.rules.ts';
import { isFailure } from '#shared/wire/error.ts';
import { ZERO_HASH, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import { foldLaw } from '../support/laws.ts';

const AT = '2026-11-23T01:00:00.000Z';
const HOUR = 3600_000;
const after = (hours: number): Date => new Date(Date.parse(AT) + hours * HOUR);

function event(seq: number, draft: EventDraft, { actor = 'admin', stream = 'person:officer' } = {}): StreamEvent {
  return { stream, seq, id: `event-${seq}`, actor, at: AT, prev: ZERO_HASH, hash: ZERO_HASH, ...draft };
}
const codeOf = (decided: object): unknown => ('failed' in decided ? decided.failed : 'done');
const ask = { actor: 'admin', person: 'officer', now: after(0), others: 1 };

test('a reset is asked for by one, confirmed by another within a day, and done once', () => {
  const wish = decideAskReset(noReset(), { reason: '手机丢失' }, ask);
  if (isFailure(wish)) throw new Error('refused');
  const asked = event(1, wish);
  const state = evolveReset(noReset(), asked);
  const confirm = (actor: string, hours: number, id = asked.id) =>
    codeOf(decideConfirmReset(state, id, { actor, person: 'officer', now: after(hours) }));
  expect(confirm('second', 24)).toBe('done');
  expect(confirm('second', 24.01)).not.toBe('done');
  expect(confirm('second', 1, 'another')).not.toBe('done');
  for (const actor of ['admin', 'officer']) expect(confirm(actor, 1), actor).not.toBe('done');
  expect(codeOf(decideAskReset(state, { reason: '再来' }, ask))).not.toBe('done');
  expect(codeOf(decideAskReset(state, { reason: '再来' }, { ...ask, now: after(25) }))).toBe('done');
  for (const refused of [{ others: 0 }, { actor: 'officer' }])
    expect(codeOf(decideAskReset(noReset(), { reason: '丢失' }, { ...ask, ...refused }))).not.toBe('done');

  const pointer = event(2, { type: 'forum.mentioned', data: {} });
  const reset = event(3, { type: 'people.factor_reset', data: { asked: asked.id } });
  foldLaw({ initial: noReset, evolve: evolveReset }, [asked, pointer, reset]);
  const over = evolveReset(state, reset);
  expect([openReset(over, after(1)), over.done]).toEqual([undefined, AT]);
});

test('a reset is declined by another or taken back by whoever asked, while it waits, and never by its person', () => {
  const asked = event(1, { type: 'people.factor_reset_asked', data: { reason: '手机丢失' } });
  const state = evolveReset(noReset(), asked);
  const decline = (actor: string, hours: number, id = asked.id) =>
    decideDeclineReset(state, id, { actor, person: 'officer', now: after(hours) });
  for (const actor of ['admin', 'second']) expect(codeOf(decline(actor, 24)), actor).toBe('done');
  for (const refused of [decline('officer', 1), decline('second', 25), decline('second', 1, 'another')])
    expect(codeOf(refused)).not.toBe('done');
  const declined = decline('second', 1);
  if (isFailure(declined)) throw new Error('refused');
  const events = [event(0, { type: 'people.factor_reset', data: { asked: null } }), asked, event(2, declined)];
  foldLaw({ initial: noReset, evolve: evolveReset }, events);
  expect(events.reduce(evolveReset, noReset())).toEqual({ asked: undefined, done: AT });
});

test('a post is ended with a reason or without, and ends alike', () => {
  const data = { appointment: 'a', person: 'officer', role: 'worker', from: AT, until: null };
  const given = event(1, { type: 'people.appointed', data }, { stream: 'unit:u' });
  const state = evolveRoster(emptyRoster(), given);
  for (const reason of [undefined, '调岗']) {
    const end = decideEnd(state, { appointment: 'a', ...(reason !== undefined && { reason }) }, 'admin');
    if (isFailure(end)) throw new Error('refused');
    expect(end.data).toEqual({ appointment: 'a', ...(reason !== undefined && { reason }) });
    const ended = evolveRoster(state, event(2, end, { stream: 'unit:u' }));
    expect(codeOf(decideEnd(ended, { appointment: 'a' }, 'admin'))).not.toBe('done');
  }
});

import { expect, test } from 'vitest';
import { decideGiveCode, decideVouched, evolveVouching, notVouched } from '#shared/people/vouching.rules.ts';
import { ZERO_HASH, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import { foldLaw } from '../support/laws.ts';

const AT = '2026-11-23T01:00:00.000Z';
const after = (hours: number): Date => new Date(Date.parse(AT) + hours * 3600_000);

function event(seq: number, draft: EventDraft, actor = 'admin'): StreamEvent {
  const stream = 'person:officer';
  return { stream, seq, id: `event-${seq}`, actor, at: AT, prev: ZERO_HASH, hash: ZERO_HASH, ...draft };
}
const stateAfter = (...events: StreamEvent[]) => events.reduce(evolveVouching, notVouched());
const codeOf = (decided: object): unknown => ('failed' in decided ? decided.failed : 'done');

const ENROLLED = event(1, { type: 'people.enrolled', data: { login: 'o', name: '某' } }, 'admin');
const GIVEN = event(5, { type: 'people.code_given', data: {} }, 'second');
const VOUCHED = event(6, { type: 'people.vouched', data: { given: GIVEN.id, by: 'second' } }, 'officer');
const give = (state: ReturnType<typeof notVouched>, actor: string, waits = true) =>
  codeOf(decideGiveCode(state, { actor, person: 'officer', waits }));

test('whoever ever gave somebody a way in cannot vouch for them, nor can they themselves', () => {
  const reset = event(2, { type: 'people.password_reset', data: {} }, 'second');
  const bound = event(3, { type: 'people.identity_bound', data: { bound: true } }, 'third');
  const unbound = event(4, { type: 'people.identity_bound', data: { bound: false } }, 'fourth');
  const state = stateAfter(ENROLLED, reset, bound, unbound);
  for (const actor of ['admin', 'second', 'third']) expect(give(state, actor), actor).toBe('people.gave_way_in');
  expect(give(state, 'officer')).toBe('people.not_self');
  expect(give(state, 'fourth')).toBe('done'); // took one away, which lets nobody in
  expect(give(state, 'fourth', false)).toBe('people.nothing_to_confirm');
});

test('a code counts for a day, the last one alone, and not if its giver gave a way in since', () => {
  const state = stateAfter(ENROLLED, GIVEN);
  expect(decideVouched(state, GIVEN.id, after(24))).toMatchObject({ data: { given: GIVEN.id, by: 'second' } });
  expect(codeOf(decideVouched(state, GIVEN.id, after(24.01)))).toBe('people.vouch_code_wrong');
  const later = [
    event(6, { type: 'people.code_given', data: {} }, 'third'),
    event(6, { type: 'people.password_reset', data: {} }, 'second'),
    event(6, { type: 'people.factor_reset', data: { asked: 'x' } }, 'third'),
    event(6, { type: 'people.factor_dropped', data: {} }, 'officer'),
  ];
  for (const one of later)
    expect(codeOf(decideVouched(evolveVouching(state, one), GIVEN.id, after(1))), one.type).toBe(
      'people.vouch_code_wrong',
    );
});

test('who was vouched for is so until the second factor is reset by two or given up, and the operator stands in for both', () => {
  const dropped = event(7, { type: 'people.factor_dropped', data: {} }, 'officer');
  const reset = event(7, { type: 'people.factor_reset', data: { asked: 'x' } }, 'third');
  const byOperator = event(7, { type: 'people.factor_reset', data: { asked: null } }, 'system');
  const pointer = event(2, { type: 'forum.mentioned', data: {} });
  const all = [ENROLLED, pointer, GIVEN, VOUCHED];
  foldLaw({ initial: notVouched, evolve: evolveVouching }, [...all, reset]);
  expect(stateAfter(...all).vouched).toBe(true);
  for (const one of [dropped, reset]) expect(stateAfter(...all, one).vouched, one.type).toBe(false);
  expect(stateAfter(...all, byOperator).vouched).toBe(true);
  expect(stateAfter(ENROLLED, byOperator).vouched).toBe(true);
});

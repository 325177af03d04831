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
type State = ReturnType<typeof notVouched>;
const give = (state: State, actor: string, proposed: string[] | undefined = []) =>
  codeOf(decideGiveCode(state, { actor, person: 'officer', proposed }));
const show = (state: State, hours: number, more: { proposed?: string[]; counts?: boolean } = {}) => {
  const { proposed = [], counts = true } = more;
  return decideVouched(state, GIVEN.id, { now: after(hours), proposed, counts: () => counts });
};

test('whoever ever gave somebody a way in cannot vouch for them, nor can they themselves', () => {
  const reset = event(2, { type: 'people.password_reset', data: {} }, 'second');
  const bound = event(3, { type: 'people.identity_bound', data: { bound: true } }, 'third');
  const unbound = event(4, { type: 'people.identity_bound', data: { bound: false } }, 'fourth');
  const state = stateAfter(ENROLLED, reset, bound, unbound);
  for (const actor of ['admin', 'second', 'third']) expect(give(state, actor), actor).toBe('people.gave_way_in');
  expect(give(state, 'officer')).toBe('people.not_self');
  expect(give(state, 'fourth')).toBe('done'); // took one away, which lets nobody in
  expect(codeOf(decideGiveCode(state, { actor: 'fourth', person: 'officer', proposed: undefined }))).toBe(
    'people.nothing_to_confirm',
  );
  expect(give(state, 'fourth', ['fourth'])).toBe('people.gave_way_in'); // asked for the post
  expect(give(state, 'system')).toBe('done');
});

test('a code counts for a day, the last one alone, and not if its giver gave a way in since', () => {
  const state = stateAfter(ENROLLED, GIVEN);
  expect(show(state, 24)).toMatchObject({ data: { given: GIVEN.id, by: 'second' } });
  for (const wrong of [show(state, 24.01), show(state, 1, { counts: false }), show(state, 1, { proposed: ['second'] })])
    expect(codeOf(wrong)).toBe('people.vouch_code_wrong');
  const later = [
    event(6, { type: 'people.code_given', data: {} }, 'third'),
    event(6, { type: 'people.password_reset', data: {} }, 'second'),
    event(6, { type: 'people.factor_reset', data: { asked: 'x' } }, 'third'),
    event(6, { type: 'people.factor_dropped', data: {} }, 'officer'),
  ];
  for (const one of later)
    expect(codeOf(show(evolveVouching(state, one), 1)), one.type).toBe('people.vouch_code_wrong');
});

test('who was vouched for is so until the second factor is reset or given up, and is not met by who asked for the reset', () => {
  const dropped = event(7, { type: 'people.factor_dropped', data: {} }, 'officer');
  const asked = event(7, { type: 'people.factor_reset_asked', data: { reason: '丢失' } }, 'third');
  const reset = event(8, { type: 'people.factor_reset', data: { asked: asked.id } }, 'second');
  const byOperator = event(8, { type: 'people.factor_reset', data: { asked: null } }, 'system');
  const pointer = event(2, { type: 'forum.mentioned', data: {} });
  const all = [ENROLLED, pointer, GIVEN, VOUCHED];
  foldLaw({ initial: notVouched, evolve: evolveVouching }, [...all, asked, reset]);
  expect(stateAfter(...all).vouched).toBe(true);
  for (const ending of [[dropped], [asked, reset], [asked, byOperator]])
    expect(stateAfter(...all, ...ending).vouched, ending[0]?.type).toBe(false);
  const anew = stateAfter(...all, asked, reset);
  expect([give(anew, 'third'), give(anew, 'second')]).toEqual(['people.gave_way_in', 'done']);
  expect(give(stateAfter(...all, asked, byOperator), 'third')).toBe('done');
});

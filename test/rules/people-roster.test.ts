import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PeopleData } from '#shared/people/people.events.ts';
import {
  decideAppoint,
  decideConfirm,
  decideEnd,
  emptyRoster,
  evolveRoster,
  type RosterState,
} from '#shared/people/roster.rules.ts';
import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';
import { foldLaw } from '../support/laws.ts';

const [ADMIN, SECOND, UNIT] = ['admin', 'second', 'unit'];
const FROM = '2026-01-01T00:00:00.000Z';
type Post = PeopleData['people.appointed'];

const event = (seq: number, type: string, data: unknown, actor = ADMIN): StreamEvent => ({
  ...{ stream: `unit:${UNIT}`, seq, id: `event-${seq}`, type, actor, at: FROM, data, prev: ZERO_HASH, hash: ZERO_HASH },
});
const post = (appointment: string, role: Post['role'] = 'worker'): Post => ({
  ...{ appointment, person: `holder of ${appointment}`, role, from: FROM, until: null },
});

/** Nothing that a post could clash with. */
const NOTHING = { others: [], closes: undefined, now: new Date(FROM) };

/** Ids as commands carry them. */
const idsOf = (seed: number, count: number): string[] => fc.sample(fc.uuid({ version: 7 }), { numRuns: count, seed });

/** What stands in the roster under these ids, asked as commands ask it. */
const standing = (state: RosterState, ids: readonly string[]) =>
  ids.map((id) => ({
    held: !('failed' in decideEnd(state, { appointment: id }, ADMIN)),
    waiting: !('failed' in decideConfirm(state, id, { actor: SECOND, around: NOTHING, vouch: true })),
  }));

const IDS = idsOf(1, 12);
const history = fc.array(
  fc.record({ id: fc.constantFrom(...IDS), type: fc.constantFrom('proposed', 'appointed', 'ended', 'touched') }),
  { maxLength: 40 },
);
const toEvents = (steps: readonly { id: string; type: string }[]): StreamEvent[] =>
  steps.map(({ id, type }, n) => event(n + 1, `people.${type}`, type === 'ended' ? { appointment: id } : post(id)));

test('a roster read from anywhere on is the roster read from the beginning', () => {
  fc.assert(
    fc.property(history, (steps) => {
      foldLaw({ initial: emptyRoster, evolve: evolveRoster }, toEvents(steps));
    }),
    { seed: 20260303 },
  );
});

test('what stands under an id is what was said of it last', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const state = toEvents(steps).reduce(evolveRoster, emptyRoster());
      const last = new Map(steps.filter(({ type }) => type !== 'touched').map(({ id, type }) => [id, type]));
      const expected = IDS.map((id) => ({
        held: last.get(id) === 'proposed' || last.get(id) === 'appointed',
        waiting: last.get(id) === 'proposed',
      }));
      expect(standing(state, IDS)).toEqual(expected);
    }),
    { seed: 20260304 },
  );
});

/** Keys of everything in a state that was not part of an earlier one: what a change copied. */
function copied(value: unknown, seen: WeakSet<object>): number {
  if (typeof value !== 'object' || value === null || seen.has(value)) return 0;
  seen.add(value);
  return Object.values(value).reduce<number>((sum, part) => sum + 1 + copied(part, seen), 0);
}

test('one more post costs the same whether a unit has ten or thousands', () => {
  const seen = new WeakSet<object>();
  let state = emptyRoster();
  const costs = idsOf(2, 4_000).map((id, n) => {
    state = evolveRoster(state, event(n + 1, 'people.appointed', post(id)));
    return copied(state, seen);
  });
  expect(Math.max(...costs)).toBeLessThan(200);
  const ended = evolveRoster(state, event(4_001, 'people.ended', { appointment: idsOf(2, 1)[0] }));
  expect(copied(ended, seen)).toBeLessThan(200);
});

test('who else is an administrator is counted only for posts that need a second one', () => {
  const admins = (): number => {
    throw new Error('counted');
  };
  expect(decideAppoint({ post: post('a'), actor: ADMIN, admins, code: false, around: NOTHING })).toMatchObject({
    type: 'people.appointed',
  });
  const needs = { post: post('a', 'approver'), actor: ADMIN, code: false, around: NOTHING };
  expect(() => decideAppoint({ ...needs, admins })).toThrow('counted');
  expect(decideAppoint({ ...needs, admins: () => 2 })).toMatchObject({ type: 'people.proposed' });
});

import * as v from 'valibot';
import { expect, test } from 'vitest';
import { decideDelegate } from '#shared/people/delegations.rules.ts';
import { Moment } from '#shared/wire/define.ts';

const DAYS_1 = '2026-11-22T10:00:00+08:00';

test.each([
  ['2026-11-22T02:00:00Z', true],
  ['2026-11-22T02:00:00.123Z', true],
  [DAYS_1, true],
  ['2026-11-22T10:00:00+08', false], // ISO 8601, and not a number to any Date
  ['2026-11-22T10:00:00', false],
  ['2026-11-22', false],
])('a moment is one that everybody can compare: %s is taken: %s', (moment, taken) => {
  expect(v.is(Moment, moment)).toBe(taken);
});

test.each([
  ['2026-11-30T10:00:00+08:00', 'people.delegated'],
  ['2026-12-30T10:00:00+08:00', 'people.too_long'],
  [DAYS_1, 'people.bad_dates'], // over as it begins
  ['2026-11-20T10:00:00+08:00', 'people.bad_dates'], // and before
  ['2027-11-22T10:00:00+08', 'people.too_long'],
])(
  'nobody lends a post for longer than fourteen days, backwards, or until a moment that nobody can read: %s',
  (until, outcome) => {
    const delegation = { delegation: 'd', principal: 'p', unit: 'u', from: DAYS_1, until, reason: 'r' };
    const decided = decideDelegate(delegation, { person: 'o', roles: ['officer'], now: new Date(0) });
    expect('failed' in decided ? decided.failed : decided.type).toBe(outcome);
  },
);

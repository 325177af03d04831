import { expect, test } from 'vitest';
import { POLICY, type Action, type Column, type Line } from '#shared/people/people.policy.ts';
import { grants, may, type Actor, type Scope } from '#shared/people/people.rules.ts';
import { COLUMNS } from '../support/policy-page.ts';

/* The table itself, letter by letter, for somebody who holds one post or one delegation and nothing else. */

const NOW = new Date('2026-11-28T08:00:00Z');
const HELD = ['street', 'district', 'city'];
const PATHS = {
  S: HELD,
  D: ['community', ...HELD],
  A: ['district', 'city'],
  X: ['elsewhere', 'city'],
} as const;
type Place = keyof typeof PATHS;

const dated = { from: '2026-01-01T00:00:00Z', until: '2027-01-01T00:00:00Z' };
const bare = (column: Column, when = dated): Actor => {
  const held = { unit: 'street', path: HELD, ...when };
  return column === 'deputy'
    ? { person: 'p', appointments: [], delegations: [{ principal: 'q', ...held }] }
    : { person: 'p', appointments: [{ role: column, ...held }], delegations: [] };
};

const table = POLICY as Record<Action, Line>;
const cells = (Object.keys(table) as Action[]).flatMap((action) =>
  COLUMNS.flatMap((column) =>
    (Object.keys(PATHS) as Place[]).flatMap((place) =>
      (['unit', 'subtree'] as const).map((audience) => ({ action, column, place, audience })),
    ),
  ),
);

test('one post gives what its letters say, where they say it, and nothing elsewhere', () => {
  for (const { action, column, place, audience } of cells) {
    const letters = table[action][column] ?? '';
    const isGiven =
      place !== 'X' && (letters.includes(place) || (place === 'A' && audience === 'subtree' && letters.includes('a')));
    const scope: Scope = { path: PATHS[place], audience };
    expect(may(bare(column), action, scope, NOW), `${action} ${column} ${place} ${audience}`).toBe(isGiven);
  }
});

test('a post that is over or has not begun gives nothing, nor does a unit that is not there', () => {
  const over = { from: '2026-01-01T00:00:00Z', until: NOW.toISOString() };
  const future = { from: '2026-11-28T08:00:00.001Z', until: '2027-01-01T00:00:00Z' };
  for (const { action, column, place, audience } of cells) {
    const scope: Scope = { path: PATHS[place], audience };
    for (const when of [over, future]) expect(grants(bare(column, when), action, scope, NOW)).toEqual([]);
    expect(grants(bare(column), action, { path: [], audience }, NOW)).toEqual([]);
  }
});

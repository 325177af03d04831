import { POLICY, type Action, type Column, type Line } from '#shared/people/people.policy.ts';
import { ask, askOver, gives, hasHttp, prepare, type Cell, type Prepared } from './policy-cells.ts';
import { PROBES } from './policy-concerns.ts';
import { COLUMNS } from './policy-page.ts';
import type { Place } from './policy-cast.ts';
import type { Run } from './policy-run.ts';

/* One cell of the running hub's table turned round, the tests' own copy left as it is: do the tests notice? */

export interface Flip {
  action: Action;
  column: Column;
  place: Exclude<Place, 'X'>;
}

const PLACES = ['S', 'D', 'A'] as const; // elsewhere has no letter: nothing gives it
const TABLE = structuredClone(POLICY) as Record<Action, Line>;

export const FLIPS: readonly Flip[] = (Object.keys(TABLE) as Action[]).flatMap((action) =>
  COLUMNS.flatMap((column) => PLACES.map((place): Flip => ({ action, column, place }))),
);

const lettersOf = (place: Flip['place']): string => (place === 'A' ? 'Aa' : place);
const without = (cell: string, letters: string): string =>
  Array.from(cell)
    .filter((one) => !letters.includes(one))
    .join('');
const has = (column: Column, { action, place }: Flip): boolean =>
  Array.from(TABLE[action][column] ?? '').some((letter) => lettersOf(place).includes(letter));

const turned = (one: Flip): string => {
  const cell = TABLE[one.action][one.column] ?? '';
  return has(one.column, one) ? without(cell, lettersOf(one.place)) : `${cell}${one.place}`;
};
const granted = (one: Flip): string => `${TABLE[one.action][one.column] ?? ''}${one.place}`;

/** Writes a cell into the table that everybody in this process reads; the answer puts it back. */
function put({ action, column }: Flip, cell: string): () => void {
  const table = POLICY as unknown as Record<Action, Line>;
  const before = table[action];
  table[action] = { ...before, [column]: cell };
  return () => {
    table[action] = before;
  };
}

/**
 * Why nobody can notice, where nobody can. Either nothing asks that question of a thing that stands there, or the same
 * person has the right anyway: a deputy holds a worker's or an officer's post too.
 */
export function unnoticeable(one: Flip): string | undefined {
  if (one.column === 'deputy' && has('worker', one) && has('officer', one)) return 'a deputy has it by their own post';
  if (one.action === 'minutes.read' && one.place === 'A' && has(one.column, one)) return 'no meeting has an audience';
  return undefined;
}

/** Who can tell: the person of the column; of the two deputies the one whose own post does not give it. */
function witness({ hub }: Run, one: Flip) {
  if (one.column !== 'deputy') return hub.named(one.column);
  return hub.named(has('worker', one) ? 'deputy-officer' : 'deputy');
}

/** The cells that speak of it: the right itself, and what is said to those who lack another one and have this. */
function cellsFor(run: Run, one: Flip): Cell[] {
  const who = witness(run, one);
  const speaks = PROBES.filter((probe) => probe.action === one.action);
  return speaks.map((probe): Cell => ({ probe, place: one.place, who, transport: hasHttp(probe) ? 'http' : 'socket' }));
}

/** Asks under a table with other cells in it, and puts them back. */
async function under<T>(cells: readonly (readonly [Flip, string])[], work: () => Promise<T>): Promise<T> {
  const restore = cells.map(([one, cell]) => put(one, cell));
  try {
    return await work();
  } finally {
    for (const back of restore.reverse()) back();
  }
}

/**
 * Whether a cell tells the difference once its person can see the thing. A right to act where nothing can be seen
 * gives nothing, and its flip changes no answer: the rules ask for sight first. Sight is lent for this one question.
 */
async function tellsWithSight({ cell, input }: Prepared, one: Flip): Promise<boolean> {
  const { probe, transport, who } = cell;
  const { on, sees } = probe;
  if (sees === undefined || gives(who.holds, sees, { place: one.place, on })) return false;
  const sight: Flip = { ...one, action: sees };
  const lent = [sight, granted(sight)] as const;
  const call = async () => (await askOver(transport, { client: who.client, name: probe.name, input })).code;
  const refused = await under([lent], call);
  return refused === 'forbidden' && (await under([lent, [one, turned(one)]], call)) !== refused;
}

export type Notice = 'at once' | 'with sight' | undefined;

/** Whether the generated cells complain about a flip: as they stand, or once the thing can be seen. */
export async function noticed(run: Run, one: Flip): Promise<Notice> {
  for (const cell of cellsFor(run, one)) {
    const prepared = await prepare(run, cell, true);
    if ((await under([[one, turned(one)]], () => ask(prepared))) !== undefined) return 'at once';
    if (await tellsWithSight(prepared, one)) return 'with sight';
  }
  return undefined;
}

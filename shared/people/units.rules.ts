import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';
import { LEVELS, type Level } from './people.policy.ts';
import type { RosterState } from './roster.rules.ts';

/** Levels only go down the tree, but one may be passed over: a street without a district above it is a pilot. */
export function decideFound(state: RosterState, unit: PeopleData['people.founded'], above: Level | undefined) {
  if (state.founded !== undefined) return fail('id_reused');
  if (above !== undefined && LEVELS.indexOf(unit.level) <= LEVELS.indexOf(above)) return fail('people.wrong_level');
  return { type: 'people.founded', data: unit } satisfies EventDraft;
}

const isOver = ({ closed }: RosterState, now: Date): boolean =>
  closed !== undefined && Date.parse(closed.at) <= now.getTime();

export function decideRename(state: RosterState, name: string, now: Date): EventDraft | Failure {
  if (isOver(state, now)) return fail('people.unit_closed');
  return state.founded?.name === name ? fail('people.already_so') : { type: 'people.renamed', data: { name } };
}

/** A successor as the tree knows it: with the units above it, and whether it closes itself. */
export interface Successor {
  path: readonly string[];
  closes: boolean;
}

/**
 * Closes a unit at a moment, now or to come. A unit never goes without somebody who takes its place; a successor that
 * closes itself, or stands below the unit, would lead nowhere.
 */
export function decideClose(
  state: RosterState,
  closing: PeopleData['people.closed'],
  { unit, successors, now }: { unit: string; successors: readonly Successor[]; now: Date },
): EventDraft | Failure {
  if (isOver(state, now)) return fail('people.unit_closed');
  if (!(Date.parse(closing.at) >= now.getTime())) return fail('people.bad_dates');
  const isTwice = new Set(closing.successors).size < closing.successors.length;
  const leadsNowhere = successors.some(({ path, closes }) => path.length === 0 || closes || path.includes(unit));
  return isTwice || leadsNowhere ? fail('people.bad_successor') : { type: 'people.closed', data: closing };
}

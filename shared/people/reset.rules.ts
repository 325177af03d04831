import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';

/** How long a reset may wait for a second administrator, ms: who lost a phone stands at the desk today. */
const OPEN_FOR = 24 * 3600_000;

/** A reset of somebody's second factor that one administrator has asked for. */
export interface Asked {
  id: string;
  by: string;
  at: string;
  reason: string;
}

/** What a person's own stream tells of resets: what waits, and when the last one was done. */
export interface ResetState {
  asked: Asked | undefined;
  done: string | undefined;
}

export const noReset = (): ResetState => ({ asked: undefined, done: undefined });

export function evolveReset(state: ResetState, { type, id, actor, at, data }: StreamEvent): ResetState {
  if (type === 'people.factor_reset') return { asked: undefined, done: at };
  if (type === 'people.factor_reset_declined') return { ...state, asked: undefined };
  if (type !== 'people.factor_reset_asked') return state; // what other features point at stands here too
  const said = data as PeopleData['people.factor_reset_asked'] | undefined; // nothing once the account is closed
  return { ...state, asked: { id, by: actor, at, reason: said?.reason ?? '' } };
}

/** What waits for a second administrator now. */
export function openReset({ asked }: ResetState, now: Date): Asked | undefined {
  return asked !== undefined && now.getTime() - Date.parse(asked.at) <= OPEN_FOR ? asked : undefined;
}

/** Who asks or confirms, about whom, and when. */
interface Who {
  actor: string;
  person: string;
  now: Date;
}

/**
 * One administrator alone takes nobody's second factor: whoever could would need no more than the password of one of
 * them to speak for the office. `others`: how many besides these two could confirm it.
 */
export function decideAskReset(
  state: ResetState,
  said: PeopleData['people.factor_reset_asked'],
  { actor, person, now, others }: Who & { others: number },
): EventDraft | Failure {
  if (actor === person) return fail('people.not_self');
  if (openReset(state, now) !== undefined) return fail('people.already_so');
  if (others === 0) return fail('people.no_second');
  return { type: 'people.factor_reset_asked', data: said };
}

export function decideConfirmReset(
  state: ResetState,
  reset: string,
  { actor, person, now }: Who,
): EventDraft | Failure {
  const asked = openReset(state, now);
  if (asked?.id !== reset) return fail('people.nothing_to_confirm');
  if (asked.by === actor || person === actor) return fail('people.not_self');
  return { type: 'people.factor_reset', data: { asked: asked.id } };
}

/** Nothing has changed then; whoever asked may take it back the same way. */
export function decideDeclineReset(
  state: ResetState,
  reset: string,
  { actor, person, now }: Who,
): EventDraft | Failure {
  const asked = openReset(state, now);
  if (asked?.id !== reset) return fail('people.nothing_to_confirm');
  if (person === actor) return fail('people.not_self');
  return { type: 'people.factor_reset_declined', data: { asked: asked.id } };
}

import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';

/*
 * Who enrols somebody, or gives them a password, could sign in as them and have a second administrator confirm a post
 * for the wrong hands. So a post that takes two gives nothing until its holder, who has a second factor by then, shows a
 * code that was handed to them by an administrator who never gave them a way in: whoever holds the account is whom that
 * administrator met (compare the enrollment codes of NIST SP 800-63A).
 */

/** How long a code may be shown, ms: it is handed over at a desk, and used there or at home. */
export const CODE_HOLDS = 24 * 3600_000;

/** A code that was handed out: the event, who gave it, and when. */
interface Given {
  id: string;
  by: string;
  at: string;
}

/** What a person's own stream tells of who they are to others. */
export interface VouchingState {
  /** Their second factor of now is that of whom somebody met. */
  vouched: boolean;
  given: Given | undefined;
  /** Who could have signed in as them, once: enrolled them, or gave a password or an identity elsewhere. */
  gave: readonly string[];
}

export const notVouched = (): VouchingState => ({ vouched: false, given: undefined, gave: [] });

/** The last code is worth nothing after any of these; and what was vouched for is not there any more. */
const isGone = ({ type, data }: StreamEvent): boolean =>
  type === 'people.factor_dropped' ||
  (type === 'people.factor_reset' && (data as PeopleData['people.factor_reset']).asked !== null);

export function evolveVouching(state: VouchingState, event: StreamEvent): VouchingState {
  const { type, id, actor, at, data } = event;
  if (isGone(event)) return { ...state, vouched: false, given: undefined };
  switch (type) {
    case 'people.identity_bound':
      if (!(data as PeopleData['people.identity_bound']).bound) return state; // taken away: that lets nobody in
      return { ...state, gave: [...state.gave, actor] };
    case 'people.enrolled':
    case 'people.password_reset':
      return { ...state, gave: [...state.gave, actor] };
    case 'people.code_given':
      return { ...state, given: { id, by: actor, at } };
    case 'people.factor_reset': // by the operator of the machine, who stands in for both administrators
    case 'people.vouched':
      return { ...state, vouched: true, given: undefined };
    default:
      return state; // what other features point at stands here too
  }
}

/** Whether somebody may vouch for a person they meet. */
export const mayVouch = ({ gave }: VouchingState, by: string): boolean => !gave.includes(by);

/** `waits`: a post of theirs begins with it. */
export function decideGiveCode(
  state: VouchingState,
  { actor, person, waits }: { actor: string; person: string; waits: boolean },
): EventDraft | Failure {
  if (actor === person) return fail('people.not_self');
  if (!waits) return fail('people.nothing_to_confirm');
  if (!mayVouch(state, actor)) return fail('people.gave_way_in');
  return { type: 'people.code_given', data: {} };
}

/** `given`: the event of the code that was shown. Whoever gave it and a way in since could have shown it themselves. */
export function decideVouched(state: VouchingState, given: string, now: Date): EventDraft | Failure {
  const last = state.given;
  const holds = last?.id === given && now.getTime() - Date.parse(last.at) <= CODE_HOLDS;
  if (!holds || !mayVouch(state, last.by)) return fail('people.vouch_code_wrong');
  return { type: 'people.vouched', data: { given, by: last.by } };
}

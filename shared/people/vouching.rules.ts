import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';

/*
 * Who enrols somebody, or gives them a password, could sign in as them and have a second administrator confirm a post
 * for the wrong hands. So a post that takes two gives nothing until its holder, who has a second factor by then, shows a
 * code that was handed to them by an administrator who neither gave them a way in nor asked for the post: whoever holds
 * the account is whom that administrator met (compare the enrollment codes of NIST SP 800-63A).
 */

/** How long a code may be shown, ms: it is handed over at a desk, and used there or at home. */
export const CODE_HOLDS = 24 * 3600_000;

/** Gives codes too: whoever runs the machine, by a command on it. */
export const OPERATOR = 'system';

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
  /** Who asked for a reset of their second factor last, and, once it was done, is not whom they may be met by. */
  asked: string | undefined;
  barred: string | undefined;
}

export const notVouched = (): VouchingState => ({
  ...{ vouched: false, given: undefined, gave: [], asked: undefined, barred: undefined },
});

export function evolveVouching(state: VouchingState, { type, id, actor, at, data }: StreamEvent): VouchingState {
  switch (type) {
    case 'people.identity_bound':
      if (!(data as PeopleData['people.identity_bound']).bound) return state; // taken away: that lets nobody in
      return { ...state, gave: [...state.gave, actor] };
    case 'people.enrolled':
    case 'people.password_reset':
      return { ...state, gave: [...state.gave, actor] };
    case 'people.factor_reset_asked':
      return { ...state, asked: actor };
    case 'people.factor_reset': {
      const { asked } = data as PeopleData['people.factor_reset'];
      return { ...state, vouched: false, given: undefined, barred: asked === null ? undefined : state.asked };
    }
    case 'people.factor_dropped':
      return { ...state, vouched: false, given: undefined };
    case 'people.code_given':
      return { ...state, given: { id, by: actor, at } };
    case 'people.vouched':
      return { ...state, vouched: true, given: undefined, barred: undefined };
    default:
      return state; // what other features point at stands here too
  }
}

/**
 * Whether somebody may vouch for a person they meet. `proposed`: who asked for the posts that wait for it. The operator
 * of the machine may always.
 */
export const mayVouch = ({ gave, barred }: VouchingState, by: string, proposed: readonly string[]): boolean =>
  by === OPERATOR || !(gave.includes(by) || barred === by || proposed.includes(by));

/** `proposed`: who asked for the posts of theirs that begin with a code; undefined where none does. */
export function decideGiveCode(
  state: VouchingState,
  { actor, person, proposed }: { actor: string; person: string; proposed: readonly string[] | undefined },
): EventDraft | Failure {
  if (actor === person) return fail('people.not_self');
  if (proposed === undefined) return fail('people.nothing_to_confirm');
  if (!mayVouch(state, actor, proposed)) return fail('people.gave_way_in');
  return { type: 'people.code_given', data: {} };
}

/**
 * `given`: the event of the code that was shown. Whoever gave it and a way in since could have shown it themselves.
 * `counts`: whether its giver still has a say over the person.
 */
export function decideVouched(
  state: VouchingState,
  given: string,
  { now, proposed, counts }: { now: Date; proposed: readonly string[]; counts: (giver: string) => boolean },
): EventDraft | Failure {
  const last = state.given;
  const holds = last?.id === given && now.getTime() - Date.parse(last.at) <= CODE_HOLDS;
  if (!holds || !mayVouch(state, last.by, proposed) || !counts(last.by)) return fail('people.vouch_code_wrong');
  return { type: 'people.vouched', data: { given, by: last.by } };
}

/** Whoever gives up the factor they were vouched for with, or could be. */
export const decideFactorDropped = ({ vouched, given }: VouchingState): EventDraft | Failure =>
  vouched || given !== undefined ? { type: 'people.factor_dropped', data: {} } : fail('people.already_so');

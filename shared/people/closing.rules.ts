import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { Role } from './people.policy.ts';

/*
 * Closing an account (PIPL art. 47): the person asks, an administrator does it. What law keeps stays under a name that
 * says nothing: events name people by id, and an id is nobody once what it stood for is erased.
 */

/** Events on `person:<id>` whose data is about nobody but that person, and goes when the account is closed. */
export const PERSONAL: readonly string[] = [
  ...['people.enrolled', 'people.suspended', 'people.reactivated', 'people.factor_reset_asked'],
];

/** What a person's own stream says of the end of their account. */
export interface ClosingState {
  /** When it was asked for, while that stands. */
  asked: string | null;
  erased: boolean;
  /** Seqs of what is to be erased with it. */
  personal: readonly number[];
}

export const emptyClosing = (): ClosingState => ({ asked: null, erased: false, personal: [] });

export function evolveClosing(state: ClosingState, event: StreamEvent): ClosingState {
  switch (event.type) {
    case 'people.closing_asked':
      return { ...state, asked: event.at };
    case 'people.closing_withdrawn':
      return { ...state, asked: null };
    case 'people.erased':
      return { asked: null, erased: true, personal: [] };
    default:
      return PERSONAL.includes(event.type) ? { ...state, personal: [...state.personal, event.seq] } : state;
  }
}

/** Posts that somebody has to take over first: while nobody does, what they stand for would wait for nobody. */
export const toHandOver = <P extends { role: Role }>(posts: readonly P[]): P[] =>
  posts.filter(({ role }) => role !== 'worker');

/** `posts` are those the person holds or will hold. */
export function decideAsk({ asked }: ClosingState, posts: readonly { role: Role }[]): EventDraft | Failure {
  if (asked !== null) return fail('people.already_so');
  return toHandOver(posts).length > 0 ? fail('people.posts_held') : { type: 'people.closing_asked', data: {} };
}

export const decideWithdraw = ({ asked }: ClosingState): EventDraft | Failure =>
  asked === null ? fail('people.already_so') : { type: 'people.closing_withdrawn', data: {} };

/** `login` is what their sign-in name is known by afterwards, so that nobody else comes to be called by it. */
export const erasing = ({ personal }: ClosingState, login: string): EventDraft => ({
  type: 'people.erased',
  data: { erases: personal, login },
});

/** Only on request, and never what the person has not handed over. */
export function decideErase(
  state: ClosingState,
  { posts, login }: { posts: readonly { role: Role }[]; login: string },
): EventDraft | Failure {
  if (state.asked === null) return fail('people.not_asked');
  return toHandOver(posts).length > 0 ? fail('people.posts_held') : erasing(state, login);
}

/** What stands where the name stood: out of the id, so that it is the same in every list and after every rebuild. */
export const pseudonym = (person: string): string =>
  `用户#${String(Number.parseInt(person.slice(-12), 16) % 100_000_000).padStart(8, '0')}`;

import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';
import { LEVELS, type Level, type Role } from './people.policy.ts';

type Post = PeopleData['people.appointed'];

/** A unit as its own stream tells it: what it is, who holds which post, what waits for a second administrator. */
export interface RosterState {
  founded: PeopleData['people.founded'] | undefined;
  posts: Readonly<Record<string, Post>>;
  proposed: Readonly<Record<string, { post: Post; by: string }>>;
}

export const emptyRoster = (): RosterState => ({ founded: undefined, posts: {}, proposed: {} });

/** Posts whose holder can speak for the office or watch it: never on one administrator's word (security #36). */
const NEEDS_SECOND: readonly Role[] = ['spokesperson', 'approver', 'auditor', 'admin'];

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}

export function evolveRoster(state: RosterState, event: StreamEvent): RosterState {
  switch (event.type) {
    case 'people.founded':
      return { ...state, founded: event.data as PeopleData['people.founded'] };
    case 'people.proposed': {
      const post = event.data as Post;
      return { ...state, proposed: { ...state.proposed, [post.appointment]: { post, by: event.actor } } };
    }
    case 'people.appointed': {
      const post = event.data as Post;
      const proposed = without(state.proposed, post.appointment);
      return { ...state, proposed, posts: { ...state.posts, [post.appointment]: post } };
    }
    case 'people.ended': {
      const { appointment } = event.data as PeopleData['people.ended'];
      return { ...state, posts: without(state.posts, appointment), proposed: without(state.proposed, appointment) };
    }
    default:
      return state; // other features point at things on a unit's stream
  }
}

/** Levels only go down the tree, but one may be passed over: a street without a district above it is a pilot. */
export function decideFound(state: RosterState, unit: PeopleData['people.founded'], above: Level | undefined) {
  if (state.founded !== undefined) return fail('id_reused');
  if (above !== undefined && LEVELS.indexOf(unit.level) <= LEVELS.indexOf(above)) return fail('people.wrong_level');
  return { type: 'people.founded', data: unit } satisfies EventDraft;
}

interface Appoint {
  post: Post;
  actor: string;
  /** Administrators of this unit or above besides the person appointed. */
  admins: number;
  /** The set-up code was given and is right. */
  code: boolean;
}

/** A post at once, or a proposal where a second administrator has to agree. */
export function decideAppoint({ post, actor, admins, code }: Appoint): EventDraft | Failure {
  if (post.person === actor) return fail('people.not_self');
  if (!NEEDS_SECOND.includes(post.role)) return { type: 'people.appointed', data: post };
  if (admins >= 2) return { type: 'people.proposed', data: post };
  return code ? { type: 'people.appointed', data: { ...post, secondBy: 'set-up code' } } : fail('people.needs_second');
}

export function decideConfirm(state: RosterState, appointment: string, actor: string): EventDraft | Failure {
  const waiting = state.proposed[appointment];
  if (waiting === undefined) return fail('people.nothing_to_confirm');
  if (waiting.by === actor || waiting.post.person === actor) return fail('people.not_self');
  return { type: 'people.appointed', data: { ...waiting.post, secondBy: actor } };
}

export function decideEnd(state: RosterState, appointment: string, actor: string): EventDraft | Failure {
  const post = state.posts[appointment] ?? state.proposed[appointment]?.post;
  if (post === undefined) return fail('people.no_such_appointment');
  if (post.person === actor) return fail('people.not_self');
  return { type: 'people.ended', data: { appointment } };
}

const DAY = 24 * 3600_000;

/** At most fourteen days, to an officer or worker of the same unit, never to oneself (security §4.3). */
export function decideDelegate(
  delegation: PeopleData['people.delegated'],
  to: { person: string; roles: readonly Role[] },
): EventDraft | Failure {
  if (to.person === delegation.principal) return fail('people.not_self');
  if (!to.roles.some((role) => role === 'officer' || role === 'worker')) return fail('people.not_eligible');
  const length = Date.parse(delegation.until) - Date.parse(delegation.from);
  if (length <= 0 || length > 14 * DAY) return fail('people.too_long');
  return { type: 'people.delegated', data: delegation };
}

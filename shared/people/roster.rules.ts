import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';
import { LEVELS, type Level, type Role } from './people.policy.ts';

type Post = PeopleData['people.appointed'];

/**
 * Plain data by id. A change copies one path, at most 16 keys at each of a few steps, and shares the rest: a unit may
 * have thousands of posts, and each of them copied all the others once. Ids are told apart from their end, where they
 * are random; an ended post leaves its id.
 */
interface ById<T> {
  readonly id: string;
  readonly value: T | undefined;
  readonly below: Readonly<Record<string, ById<T>>>;
}

function put<T>(tree: ById<T> | undefined, [id, value]: [string, T | undefined], depth = 1): ById<T> {
  if (tree === undefined) return { id, value, below: {} };
  if (tree.id === id) return { ...tree, value };
  const digit = id.at(-depth) ?? '';
  return { ...tree, below: { ...tree.below, [digit]: put(tree.below[digit], [id, value], depth + 1) } };
}

function get<T>(tree: ById<T> | undefined, id: string, depth = 1): T | undefined {
  if (tree === undefined || tree.id === id) return tree?.value;
  return get(tree.below[id.at(-depth) ?? ''], id, depth + 1);
}

/** A post that is held, or was proposed `by` somebody and waits for a second administrator. */
interface Entry {
  post: Post;
  by?: string;
}

/** A unit as its own stream tells it: what it is, who holds which post, what waits for a second administrator. */
export interface RosterState {
  founded: PeopleData['people.founded'] | undefined;
  posts: ById<Entry> | undefined;
}

export const emptyRoster = (): RosterState => ({ founded: undefined, posts: undefined });

/** Posts whose holder can speak for the office or watch it: never on one administrator's word (security #36). */
const NEEDS_SECOND: readonly Role[] = ['spokesperson', 'approver', 'auditor', 'admin'];

export function evolveRoster(state: RosterState, event: StreamEvent): RosterState {
  switch (event.type) {
    case 'people.founded':
      return { ...state, founded: event.data as PeopleData['people.founded'] };
    case 'people.proposed': {
      const post = event.data as Post;
      return { ...state, posts: put(state.posts, [post.appointment, { post, by: event.actor }]) };
    }
    case 'people.appointed': {
      const post = event.data as Post;
      return { ...state, posts: put(state.posts, [post.appointment, { post }]) };
    }
    case 'people.ended': {
      const { appointment } = event.data as PeopleData['people.ended'];
      return { ...state, posts: put(state.posts, [appointment, undefined]) };
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
  /** Administrators of this unit or above besides the person appointed. Counted only where it matters. */
  admins: () => number;
  /** The set-up code was given and is right. */
  code: boolean;
}

/** A post at once, or a proposal where a second administrator has to agree. */
export function decideAppoint({ post, actor, admins, code }: Appoint): EventDraft | Failure {
  if (post.person === actor) return fail('people.not_self');
  if (!NEEDS_SECOND.includes(post.role)) return { type: 'people.appointed', data: post };
  if (admins() >= 2) return { type: 'people.proposed', data: post };
  return code ? { type: 'people.appointed', data: { ...post, secondBy: 'set-up code' } } : fail('people.needs_second');
}

export function decideConfirm(state: RosterState, appointment: string, actor: string): EventDraft | Failure {
  const waiting = get(state.posts, appointment);
  if (waiting?.by === undefined) return fail('people.nothing_to_confirm');
  if (waiting.by === actor || waiting.post.person === actor) return fail('people.not_self');
  return { type: 'people.appointed', data: { ...waiting.post, secondBy: actor } };
}

export function decideEnd(state: RosterState, appointment: string, actor: string): EventDraft | Failure {
  const post = get(state.posts, appointment)?.post;
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
  // Asked this way round: a length that is not a number is no length.
  if (!(length > 0 && length <= 14 * DAY)) return fail('people.too_long');
  return { type: 'people.delegated', data: delegation };
}

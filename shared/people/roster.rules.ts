import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';
import type { Role } from './people.policy.ts';

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

function all<T>(tree: ById<T> | undefined): T[] {
  if (tree === undefined) return [];
  return [...(tree.value === undefined ? [] : [tree.value]), ...Object.values(tree.below).flatMap((part) => all(part))];
}

/** A post that is held, or was proposed `by` somebody and waits for a second administrator. */
interface Entry {
  post: Post;
  /** Who gave or proposed it, and when that was. */
  by: string;
  at: string;
  waiting: boolean;
}

/** A unit as its own stream tells it: what it is, who holds which post, what waits for a second administrator. */
export interface RosterState {
  founded: PeopleData['people.founded'] | undefined;
  closed: PeopleData['people.closed'] | undefined;
  posts: ById<Entry> | undefined;
}

export const emptyRoster = (): RosterState => ({ founded: undefined, closed: undefined, posts: undefined });

/** Everything that stands on a unit's roster, in no order. */
export const entriesOf = (state: RosterState): readonly Entry[] => all(state.posts);

/** Posts whose holder can speak for the office or watch it: never on one administrator's word (security #36). */
export const NEEDS_SECOND: readonly Role[] = ['spokesperson', 'approver', 'auditor', 'admin'];

export function evolveRoster(state: RosterState, event: StreamEvent): RosterState {
  switch (event.type) {
    case 'people.founded':
      return { ...state, founded: event.data as PeopleData['people.founded'] };
    case 'people.renamed': {
      const { name } = event.data as PeopleData['people.renamed'];
      return { ...state, founded: state.founded && { ...state.founded, name } };
    }
    case 'people.closed':
      return { ...state, closed: event.data as PeopleData['people.closed'] };
    case 'people.proposed': {
      const post = event.data as Post;
      return {
        ...state,
        posts: put(state.posts, [post.appointment, { post, by: event.actor, at: event.at, waiting: true }]),
      };
    }
    case 'people.appointed': {
      const post = event.data as Post;
      // Proposed by one, confirmed by another.
      const { by, at } = get(state.posts, post.appointment) ?? { by: event.actor, at: event.at };
      return { ...state, posts: put(state.posts, [post.appointment, { post, by, at, waiting: false }]) };
    }
    case 'people.ended': {
      const { appointment } = event.data as PeopleData['people.ended'];
      return { ...state, posts: put(state.posts, [appointment, undefined]) };
    }
    default:
      return state; // other features point at things on a unit's stream
  }
}

type Times = Pick<Post, 'from' | 'until'>;

/** What stands in the way of a post in these times, on the day it is decided. Moments are compared as times. */
function wrongTimes({ from, until }: Times, { others, closes, now }: Around): Failure | undefined {
  const ms = (moment: string | null | undefined): number =>
    typeof moment === 'string' ? Date.parse(moment) : Infinity;
  if (ms(until) <= ms(from) || ms(until) <= now.getTime()) return fail('people.bad_dates');
  if (ms(closes) <= Math.max(ms(from), now.getTime())) return fail('people.unit_closed');
  // Of two posts that say the same, ending one would look as if the right were gone.
  const overlaps = others.some((other) => ms(other.from) < ms(until) && ms(from) < ms(other.until));
  return overlaps ? fail('people.overlaps') : undefined;
}

/** What a post is held against. */
interface Around {
  /** The same person's posts of the same role in the same unit. */
  others: readonly Times[];
  /** When the unit closes, if it was said. */
  closes: string | undefined;
  now: Date;
}

interface Appoint {
  post: Post;
  actor: string;
  /** Administrators of this unit or above besides the person appointed. Counted only where it matters. */
  admins: () => number;
  /** The set-up code was given and is right. */
  code: boolean;
  around: Around;
}

/** A post at once, or a proposal where a second administrator has to agree. */
export function decideAppoint({ post, actor, admins, code, around }: Appoint): EventDraft | Failure {
  if (post.person === actor) return fail('people.not_self');
  const wrong = wrongTimes(post, around);
  if (wrong !== undefined) return wrong;
  if (!NEEDS_SECOND.includes(post.role)) return { type: 'people.appointed', data: post };
  if (admins() >= 2) return { type: 'people.proposed', data: post };
  return code ? { type: 'people.appointed', data: { ...post, secondBy: 'set-up code' } } : fail('people.needs_second');
}

/** What waits under this id for a second administrator. */
export function proposalIn(state: RosterState, appointment: string): Entry | undefined {
  const entry = get(state.posts, appointment);
  return entry?.waiting === true ? entry : undefined;
}

/**
 * What was right when it was proposed is asked again: meanwhile its time may have passed, or the unit been closed.
 * `vouch`: the post begins once its holder is vouched for; not in the demo, where nobody has a second factor.
 */
export function decideConfirm(
  state: RosterState,
  appointment: string,
  { actor, around, vouch }: { actor: string; around: Around; vouch: boolean },
): EventDraft | Failure {
  const waiting = get(state.posts, appointment);
  if (waiting?.waiting !== true) return fail('people.nothing_to_confirm');
  if (waiting.by === actor || waiting.post.person === actor) return fail('people.not_self');
  const post = { ...waiting.post, secondBy: actor, ...(vouch && { vouch: waiting.by }) };
  return wrongTimes(waiting.post, around) ?? { type: 'people.appointed', data: post };
}

export function decideEnd(
  state: RosterState,
  { appointment, reason }: PeopleData['people.ended'],
  actor: string,
): EventDraft | Failure {
  const post = get(state.posts, appointment)?.post;
  if (post === undefined) return fail('people.no_such_appointment');
  if (post.person === actor) return fail('people.not_self');
  return { type: 'people.ended', data: { appointment, ...(reason !== undefined && { reason }) } };
}

import type { Action } from '#shared/people/people.policy.ts';
import { may, type Actor, type Scope } from '#shared/people/people.rules.ts';
import { fail, type Failure } from '#shared/wire/error.ts';
import type { InputOf } from '#shared/wire/define.ts';
import type { FileFacts } from '#shared/wire/files.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { RoomEvents, RoomEventType, RoomKind, Audience } from './forum.events.ts';
import type { ForumCode } from './forum.errors.ts';
import type { forumTable } from './forum.schema.ts';

/** How long the author may edit, in milliseconds (security §4.3: edit ≤ 15 min). */
export const EDIT_MS = 15 * 60_000;

/** Seqs at which somebody was a member: both ends included, `to` null while it lasts. */
export interface Span {
  from: number;
  to: number | null;
}

/** What deciding in a room takes: its facts, who is in it and since when, and what was retracted. No texts. */
export interface RoomState {
  room: string;
  /** Undefined for a room that was never opened. */
  unit: string | undefined;
  title: string;
  kind: RoomKind;
  audience: Audience;
  members: Readonly<Record<string, readonly Span[]>>;
  /** Seqs of messages that were retracted: small, and what readers must not get. */
  retracted: Readonly<Record<number, true>>;
}

export const emptyRoom = (room: string): RoomState => ({
  room,
  unit: undefined,
  title: '',
  kind: 'open',
  audience: 'unit',
  members: {},
  retracted: {},
});

type RoomEvent = { [T in RoomEventType]: StreamEvent<T, RoomEvents[T]> }[RoomEventType];

const asRoomEvent = (event: StreamEvent): RoomEvent => event as RoomEvent;

/** The room after one more event. Types it does not know change nothing: they may come from a later version. */
export function evolveRoom(state: RoomState, any: StreamEvent): RoomState {
  const event = asRoomEvent(any);
  switch (event.type) {
    case 'opened': {
      const { unit, title, kind, audience, people } = event.data;
      const members = Object.fromEntries(people.map((person) => [person, [{ from: event.seq, to: null }]]));
      return { ...state, unit, title, kind, audience, members };
    }
    case 'retracted':
      return { ...state, retracted: { ...state.retracted, [event.data.seq]: true } };
    case 'joined': {
      const spans = state.members[event.data.person] ?? [];
      return withSpans(state, event.data.person, [...spans, { from: event.seq, to: null }]);
    }
    case 'left': {
      const spans = state.members[event.data.person] ?? [];
      const closed = spans.map(({ from, to }) => ({ from, to: to ?? event.seq }));
      return withSpans(state, event.data.person, closed);
    }
    default:
      return state;
  }
}

function withSpans(state: RoomState, person: string, spans: readonly Span[]): RoomState {
  return { ...state, members: { ...state.members, [person]: spans } };
}

export const isRetracted = (state: RoomState, seq: number): boolean => state.retracted[seq] === true;

/** The rules as a fold takes them, on the server and on the client. */
export const roomRules = { kind: 'room', initial: emptyRoom, evolve: evolveRoom };

function isMember(state: RoomState, person: string): boolean {
  return state.members[person]?.at(-1)?.to === null;
}

/** Who asks, when, and where the room's unit stands in the tree (the unit first). */
export interface Asking {
  actor: Actor;
  path: readonly string[];
  now: Date;
}

/** A right that comes with a post wherever it is held: for rooms in which membership takes the relation's place. */
function mayAnywhere(action: Action, { actor, now }: Asking): boolean {
  const held = [...actor.appointments, ...actor.delegations];
  return held.some(({ path }) => may(actor, action, { path }, now));
}

/**
 * The right to do something in a room (contract: `room:`). In `members` rooms membership takes the place of the
 * relation; an auditor reads those of their scope too (security §4.3), so that no room is outside the law.
 */
export function mayInRoom(state: RoomState, action: Action, asking: Asking): boolean {
  if (state.unit === undefined) return false;
  const scope: Scope = { path: asking.path, audience: state.audience };
  if (state.kind !== 'members') return may(asking.actor, action, scope, asking.now);
  if (isMember(state, asking.actor.person)) return mayAnywhere(action, asking);
  return action === 'room.read' && may(asking.actor, 'audit.read', scope, asking.now);
}

/** Inviting and removing are rights over the unit, whoever is in the room. */
const mayOverRoom = (state: RoomState, action: Action, { actor, path, now }: Asking): boolean =>
  state.unit !== undefined && may(actor, action, { path }, now);

/**
 * What of the stream this person gets: every seq in open rooms, in `members` rooms the seqs of their own membership.
 * Undefined: nothing, the room is as good as not there.
 */
export function readableSpans(state: RoomState, asking: Asking): readonly Span[] | undefined {
  if (!mayInRoom(state, 'room.read', asking)) return undefined;
  if (state.kind !== 'members' || !isMember(state, asking.actor.person)) return [{ from: 1, to: null }];
  return state.members[asking.actor.person];
}

export const isWithin = (spans: readonly Span[], seq: number): boolean =>
  spans.some(({ from, to }) => from <= seq && (to === null || seq <= to));

/** A refusal of the forum's own; its code stands in the table. */
const refuse = (code: ForumCode): Failure => fail(code);

/** Missing and forbidden are told apart only for those who may see the room. */
function refusal(state: RoomState, asking: Asking): Failure {
  return mayInRoom(state, 'room.read', asking) ? fail('forbidden') : fail('not_found');
}

type Command<V extends keyof typeof forumTable> = InputOf<(typeof forumTable)[V]>;
type Decided<T extends RoomEventType> = EventDraft<T, RoomEvents[T]> | Failure;

/** Opens a room. `path` is that of the unit named, empty if there is no such unit. */
export function decideCreate(state: RoomState, command: Command<'create'>, asking: Asking): Decided<'opened'> {
  if (!may(asking.actor, 'room.create', { path: asking.path }, asking.now)) {
    return may(asking.actor, 'unit.read', { path: asking.path }, asking.now) ? fail('forbidden') : fail('not_found');
  }
  if (state.unit !== undefined) return fail('id_reused');
  const { unit, title, kind, audience = 'unit', people = [] } = command;
  const members = kind === 'members' ? [...new Set(people)] : [];
  return { type: 'opened', data: { unit, title, kind, audience, people: members } };
}

/** A message this command speaks about, as the service found it on the stream; undefined: there is none there. */
export type Target = StreamEvent<'posted', RoomEvents['posted']> | undefined;

const isVisible = (state: RoomState, target: Target, asking: Asking): target is NonNullable<Target> =>
  target !== undefined && isWithin(readableSpans(state, asking) ?? [], target.seq);

/** What the service has found out about what a post names. */
export interface Found {
  replyTo: Target;
  /** What is known of the files named; undefined unless every one is there and the actor's to give. */
  files: readonly FileFacts[] | undefined;
}

/** The right that posting takes: in `announce` rooms only those whose post it is (DESIGN §4). */
export const postAction = (kind: RoomKind): Action => (kind === 'announce' ? 'announce.post' : 'message.post');

export function decidePost(
  state: RoomState,
  command: Command<'post'>,
  { found, ...asking }: Asking & { found: Found },
): Decided<'posted'> {
  if (!mayInRoom(state, postAction(state.kind), asking)) return refusal(state, asking);
  const { text, replyTo, files = [], mentions = [] } = command;
  if (text.trim() === '' && files.length === 0) return refuse('forum.empty');
  if (found.files === undefined) return refuse('forum.no_such_file');
  if (replyTo !== undefined && !isVisible(state, found.replyTo, asking)) return refuse('forum.no_such_message');
  const data: RoomEvents['posted'] = { text };
  if (replyTo !== undefined) data.replyTo = replyTo;
  if (files.length > 0) {
    data.files = [...new Set(files)];
    data.fileFacts = [...found.files];
  }
  if (mentions.length > 0) data.mentions = [...new Set(mentions)];
  return { type: 'posted', data };
}

/** What the three commands on one message ask first: is it there, for this person, and still standing. */
function complaintAbout(state: RoomState, target: Target, asking: Asking): Failure | undefined {
  if (!mayInRoom(state, 'room.read', asking)) return fail('not_found');
  if (!isVisible(state, target, asking)) return refuse('forum.no_such_message');
  return isRetracted(state, target.seq) ? refuse('forum.retracted') : undefined;
}

export function decideEdit(
  state: RoomState,
  command: Command<'edit'>,
  { target, ...asking }: Asking & { target: Target },
): Decided<'edited'> {
  const complaint = complaintAbout(state, target, asking);
  if (complaint !== undefined || target === undefined) return complaint ?? refuse('forum.no_such_message');
  if (target.actor !== asking.actor.person || !mayInRoom(state, 'message.edit', asking)) return fail('forbidden');
  if (asking.now.getTime() - Date.parse(target.at) > EDIT_MS) return refuse('forum.too_late');
  const { seq, text, mentions = [] } = command;
  if (text.trim() === '' && (target.data.files ?? []).length === 0) return refuse('forum.empty');
  return {
    type: 'edited',
    data: mentions.length > 0 ? { seq, text, mentions: [...new Set(mentions)] } : { seq, text },
  };
}

/** By the author whenever; by a moderator of the unit with a reason, which the author is shown. */
export function decideRetract(
  state: RoomState,
  command: Command<'retract'>,
  { target, ...asking }: Asking & { target: Target },
): Decided<'retracted'> {
  const complaint = complaintAbout(state, target, asking);
  if (complaint !== undefined || target === undefined) return complaint ?? refuse('forum.no_such_message');
  const isOwn = target.actor === asking.actor.person && mayInRoom(state, 'message.edit', asking);
  if (!isOwn && !mayInRoom(state, 'message.remove', asking)) return fail('forbidden');
  const { seq, reason } = command;
  if (!isOwn && reason === undefined) return refuse('forum.reason_needed');
  return { type: 'retracted', data: reason === undefined ? { seq } : { seq, reason } };
}

export function decideReact(
  state: RoomState,
  command: Command<'react'>,
  { target, ...asking }: Asking & { target: Target },
): Decided<'reacted'> {
  const complaint = complaintAbout(state, target, asking);
  if (complaint !== undefined) return complaint;
  if (!mayInRoom(state, 'message.react', asking)) return fail('forbidden');
  // On or off is the state itself, never a toggle, so that a repeat is harmless.
  return { type: 'reacted', data: { seq: command.seq, emoji: command.emoji, on: command.on } };
}

export function decideInvite(state: RoomState, command: Command<'invite'>, asking: Asking): Decided<'joined'> {
  if (!mayOverRoom(state, 'room.member.add', asking)) return refusal(state, asking);
  if (state.kind !== 'members') return refuse('forum.not_by_invitation');
  if (isMember(state, command.person)) return refuse('forum.already_member');
  return { type: 'joined', data: { person: command.person } };
}

/** Removing somebody takes a right and a reason; leaving by oneself takes neither. */
export function decideRemove(state: RoomState, command: Command<'remove'>, asking: Asking): Decided<'left'> {
  const isSelf = command.person === asking.actor.person && isMember(state, command.person);
  if (!isSelf && !mayOverRoom(state, 'room.member.remove', asking)) return refusal(state, asking);
  if (state.kind !== 'members') return refuse('forum.not_by_invitation');
  if (!isMember(state, command.person)) return refuse('forum.not_a_member');
  const { person, reason } = command;
  if (!isSelf && reason === undefined) return refuse('forum.reason_needed');
  return { type: 'left', data: reason === undefined ? { person } : { person, reason } };
}

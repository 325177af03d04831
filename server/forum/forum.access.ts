import type { Clock } from '#server/platform/clock.ts';
import type { Fold } from '#server/platform/fold.ts';
import { erased, withheld, type OpenReader } from '#server/platform/reader.ts';
import type { Actor, UnitTree } from '#shared/people/people.rules.ts';
import { ROOM_READ_POLICY } from '#shared/forum/forum.events.ts';
import {
  isRetracted,
  isWithin,
  mayInRoom,
  readableSpans,
  type Asking,
  type RoomState,
  type Span,
} from '#shared/forum/forum.rules.ts';
import { messageSeqOf } from '#shared/forum/forum.messages.rules.ts';
import type { MemberRow, RoomRow } from './forum.model.ts';
import { AppError } from '#shared/wire/error.ts';
import type { StreamEvent, WireEvent } from '#shared/wire/stream.ts';

/* The one place where the server decides who may see something of a room. Live events, ranges, lists, search, quotes
 * and file names all come through `sight`, `sightOf` or `openReader`. */

/** A room as one person may see it. */
export interface Sight {
  state: RoomState;
  /** The head of the stream that `state` speaks of. */
  head: number;
  spans: readonly Span[];
}

export type ForumAccess = ReturnType<typeof createForumAccess>;

export function createForumAccess(deps: { rooms: Fold<RoomState>; units: UnitTree; clock: Clock }) {
  const { rooms, units, clock } = deps;

  const asking = (actor: Actor, unit: string | undefined): Asking => ({
    actor,
    path: unit === undefined ? [] : units.path(unit),
    now: clock.now(),
  });

  /** What the actor may see of a room, or undefined: missing and forbidden are one. */
  async function sight(actor: Actor, room: string): Promise<Sight | undefined> {
    const { state, seq: head } = await rooms.load(room);
    const spans = readableSpans(state, asking(actor, state.unit));
    return spans && { state, head, spans };
  }

  /** The same from rows that speak up to `head`: for lists, which would otherwise fold every room of a unit. */
  function sightOf(actor: Actor, row: RoomRow, member: MemberRow | undefined): Sight | undefined {
    const { _id: room, unit, title, kind, audience, applied: head } = row;
    const members = member === undefined ? {} : { [member.person]: member.spans };
    const state: RoomState = { room, unit, title, kind, audience, members, retracted: {} };
    const readable = readableSpans(state, asking(actor, unit));
    return readable && { state, head, spans: readable };
  }

  const openReader: OpenReader = async (actor, room) => {
    const seen = await sight(actor, room);
    if (seen === undefined) return undefined;
    const { state, spans } = seen;
    const asked = asking(actor, state.unit);
    // A type without a row in the table is read by nobody.
    const types = new Set<string>();
    for (const [type, action] of Object.entries(ROOM_READ_POLICY)) if (mayInRoom(state, action, asked)) types.add(type);
    const isOpen = (event: StreamEvent): boolean => types.has(event.type) && isWithin(spans, event.seq);
    return {
      floor: spans[0]?.from ?? 1,
      view: (event) => (isOpen(event) ? withoutRetracted(state, event) : withheld(event)),
    };
  };

  return {
    asking,
    sight,
    sightOf,
    openReader,
    /** The same, for calls that cannot go on without it. */
    mustSee: async (actor: Actor, room: string): Promise<Sight> => {
      const seen = await sight(actor, room);
      if (seen === undefined) throw new AppError('not_found');
      return seen;
    },
  };
}

/** Whether the event carries words of a message that was taken back: its post or one of its edits. */
const carriesRetracted = (state: RoomState, event: StreamEvent): boolean =>
  (event.type === 'posted' || event.type === 'edited') && isRetracted(state, messageSeqOf(event) ?? 0);

/** A retracted text leaves nobody's stream; the hash of its data stays, so that the chain can still be checked. */
const withoutRetracted = (state: RoomState, event: StreamEvent): WireEvent =>
  carriesRetracted(state, event) ? erased(event) : event;

import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { RoomEvents } from '#shared/forum/forum.events.ts';
import { evolveMessage, messageSeqOf, toLast } from '#shared/forum/forum.messages.rules.ts';
import type { Message } from '#shared/forum/forum.schema.ts';
import { searchKeys } from '#shared/wire/search.ts';
import type { Consumer } from '#server/platform/consume.ts';
import type { Streams } from '#server/platform/streams.ts';
import {
  memberKey,
  messageKey,
  type ForumModel,
  type MemberRow,
  type MessageRow,
  type RoomRow,
} from './forum.model.ts';

/*
 * Writes rooms, messages with their search keys, and members from `room:` streams.
 *
 * A room's row says up to which seq it speaks. What comes is applied from there on without a hole: what this process
 * was not told of (another one wrote it) is read from the stream first. Messages and members are written before the
 * row, so a crash in between repeats the same events onto rows that keep whatever has seen more. Two processes, or a
 * query that is ahead of the consumer, may therefore write the same room side by side.
 */

const PAGE = 500; // events read at once when a room is behind

export type ForumProjection = Consumer & {
  /** Brings one room's read model to the stream's head: what a query waits for that must see its own write. */
  bring: (room: string) => Promise<void>;
};

/** What a batch changes, gathered before anything is written. */
interface Batch {
  rooms: Map<string, RoomRow>;
  /** Messages as they were read. */
  known: ReadonlyMap<string, MessageRow>;
  messages: Map<string, MessageRow>;
  /** Memberships, as they were read and as they are now. */
  members: Map<string, MemberRow>;
  /** Rooms whose last line was taken back. */
  bare: Set<string>;
}

export function createForumProjection(deps: { streams: Streams; model: ForumModel }): ForumProjection {
  const { streams, model } = deps;

  /** The events of a room from where its row stands, those we were not told of included. */
  async function missing(room: string, applied: number, told: readonly StreamEvent[]): Promise<StreamEvent[]> {
    const next = told.filter((event) => event.seq > applied);
    const first = next[0]?.seq ?? applied + 1;
    const before = first > applied + 1 ? await readAll(room, applied + 1, first - 1) : [];
    return [...before, ...next];
  }

  async function readAll(room: string, from: number, to: number): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    while (from <= to) {
      const page = await streams.read(`room:${room}`, from, to, PAGE);
      events.push(...page);
      if (page.length === 0) break;
      from += page.length;
    }
    return events;
  }

  async function apply(byRoom: ReadonlyMap<string, readonly StreamEvent[]>): Promise<void> {
    const rows = new Map((await model.rooms([...byRoom.keys()])).map((row) => [row._id, row]));
    const events: StreamEvent[] = [];
    for (const [room, told] of byRoom) events.push(...(await missing(room, rows.get(room)?.applied ?? 0, told)));
    if (events.length === 0) return;
    const known = new Map((await model.messages(targetsOf(events))).map((row) => [row._id, row]));
    const members = new Map((await model.members(membersIn(events))).map((row) => [row._id, row]));
    const batch: Batch = { rooms: rows, known, messages: new Map(), members, bare: new Set() };
    for (const event of events) applyTo(batch, event);
    await model.putMessages([...batch.messages.values()]);
    await model.putMembers([...batch.members.values()]);
    for (const room of batch.bare) await findLast(batch, room);
    await model.putRooms([...batch.rooms.values()]);
  }

  async function findLast(batch: Batch, room: string): Promise<void> {
    const row = batch.rooms.get(room);
    const last = await model.lastStanding(room);
    if (row !== undefined) batch.rooms.set(room, { ...row, last: last === undefined ? null : toLast(last) });
  }

  return {
    name: 'forum',
    kinds: ['room'],
    handle: async (events) => {
      const byRoom = new Map<string, StreamEvent[]>();
      for (const event of events) {
        const room = parseStream(event.stream)?.id ?? '';
        const told = byRoom.get(room);
        if (told === undefined) byRoom.set(room, [event]);
        else told.push(event);
      }
      await apply(byRoom);
    },
    bring: async (room) => {
      const [row] = await model.rooms([room]);
      const { seq } = await streams.head(`room:${room}`);
      const applied = row?.applied ?? 0;
      if (applied < seq) await apply(new Map([[room, await readAll(room, applied + 1, seq)]]));
    },
  };
}

const roomOf = (event: StreamEvent): string => parseStream(event.stream)?.id ?? '';

/** Rows that must be read first: messages that a change is about. A new message has none. */
function targetsOf(events: readonly StreamEvent[]): string[] {
  const keys = new Set<string>();
  for (const event of events) {
    const seq = event.type === 'posted' ? undefined : messageSeqOf(event);
    if (seq !== undefined) keys.add(messageKey(roomOf(event), seq));
  }
  return [...keys];
}

const isMembership = (event: StreamEvent): event is StreamEvent<'joined' | 'left', RoomEvents['joined']> =>
  event.type === 'joined' || event.type === 'left';

const membersIn = (events: readonly StreamEvent[]): string[] =>
  events.filter(isMembership).map((event) => memberKey(roomOf(event), event.data.person));

function applyTo(batch: Batch, event: StreamEvent): void {
  const room = roomOf(event);
  const row = batch.rooms.get(room);
  if (event.type === 'opened') open(batch, event);
  else if (row !== undefined) batch.rooms.set(room, { ...row, applied: Math.max(row.applied, event.seq) });
  if (isMembership(event)) setMember(batch, event, event.data.person);
  const seq = messageSeqOf(event);
  if (seq !== undefined) change(batch, event, seq);
}

function open(batch: Batch, event: StreamEvent): void {
  const { unit, title, kind, audience, people } = event.data as RoomEvents['opened'];
  const room = roomOf(event);
  batch.rooms.set(room, { _id: room, unit, title, kind, audience, applied: event.seq, last: null });
  for (const person of people) setMember(batch, event, person);
}

/** Opens or closes a span of membership, as `evolveRoom` does. */
function setMember(batch: Batch, event: StreamEvent, person: string): void {
  const room = roomOf(event);
  const _id = memberKey(room, person);
  const before = batch.members.get(_id);
  if (before !== undefined && before.applied >= event.seq) return;
  const closed = (before?.spans ?? []).map(({ from, to }) => ({ from, to: to ?? event.seq }));
  const isIn = event.type !== 'left';
  const spans = isIn ? [...closed, { from: event.seq, to: null }] : closed;
  batch.members.set(_id, { _id, room, person, in: isIn, spans, applied: event.seq });
}

function change(batch: Batch, event: StreamEvent, seq: number): void {
  const key = messageKey(roomOf(event), seq);
  const before = batch.messages.get(key) ?? batch.known.get(key);
  if (before !== undefined && before.applied >= event.seq) return; // seen already, in an earlier try
  const message = evolveMessage(before && toMessage(before), event);
  if (message === undefined) return;
  // A retraction takes the keys along: no search finds what nobody may read.
  batch.messages.set(key, { _id: key, ...message, keys: searchKeys(message.text), applied: event.seq });
  setLast(batch, message);
}

function setLast(batch: Batch, message: Message): void {
  const row = batch.rooms.get(message.room);
  if (row === undefined || message.seq < (row.last?.seq ?? 0)) return;
  if (!message.retracted) batch.rooms.set(message.room, { ...row, last: toLast(message) });
  else if (row.last?.seq === message.seq) batch.bare.add(message.room);
}

/** A message as it leaves the read model, field by field: keys and bookkeeping stay behind. */
export function toMessage(row: MessageRow): Message {
  const { room, seq, id, actor, at, text, mentions, files, reactions, edited, edits, retracted } = row;
  const message: Message = { room, seq, id, actor, at, text, mentions, files, reactions, edited, edits, retracted };
  if (typeof row.replyTo === 'number') message.replyTo = row.replyTo;
  if (row.fileFacts !== undefined) message.fileFacts = row.fileFacts;
  return message;
}

import { Schema, type Connection, type mongo } from 'mongoose';
import { putNewest } from '#server/platform/rows.ts';
import type { Audience, RoomKind } from '#shared/forum/forum.events.ts';
import type { Span } from '#shared/forum/forum.rules.ts';
import type { Last, Message } from '#shared/forum/forum.schema.ts';

/** A room as the list shows it. `applied` is the seq up to which this row and the room's messages speak. */
export interface RoomRow {
  _id: string;
  unit: string;
  title: string;
  kind: RoomKind;
  audience: Audience;
  applied: number;
  /** The newest message that stands. */
  last: Last | null;
}

/** A message and its search keys; `applied` is the seq of the last event that changed it. */
export interface MessageRow extends Message {
  _id: string;
  keys: string[];
  applied: number;
}

/** Somebody's membership of a room by invitation: whether it lasts, and the seqs it covered (`to` null: to the head). */
export interface MemberRow {
  _id: string;
  room: string;
  person: string;
  in: boolean;
  spans: Span[];
  applied: number;
}

/** How far somebody has read. There is no time in it, so that nobody's reading becomes a log (DESIGN §2). */
interface PointerRow {
  _id: string;
  person: string;
  room: string;
  seq: number;
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const mixed = { type: Schema.Types.Mixed } as const;
const options = (collection: string) => ({ collection, versionKey: false, autoIndex: false }) as const;

const rooms = new Schema(
  { _id: text, unit: text, title: text, kind: text, audience: text, applied: whole, last: mixed },
  options('rooms'),
);
rooms.index({ unit: 1, kind: 1 });

const messages = new Schema(
  {
    ...{ _id: text, room: text, seq: whole, id: text, actor: text, at: text, text: String, replyTo: Number },
    ...{
      mentions: [String],
      files: [String],
      fileFacts: mixed,
      reactions: mixed,
      edited: Boolean,
      edits: mixed,
      retracted: Boolean,
    },
    ...{ keys: [String], applied: whole },
  },
  options('messages'),
);
messages.index({ room: 1, seq: 1 }, { unique: true });
messages.index({ room: 1, keys: 1, seq: 1 });
messages.index({ mentions: 1, room: 1, seq: 1 });
messages.index({ files: 1 });

const members = new Schema(
  { _id: text, room: text, person: text, in: Boolean, spans: mixed, applied: whole },
  options('members'),
);
members.index({ person: 1, in: 1 });

const pointers = new Schema({ _id: text, person: text, room: text, seq: whole }, options('pointers'));
pointers.index({ person: 1, room: 1 }, { unique: true });

export const messageKey = (room: string, seq: number): string => `${room}:${seq}`;
export const memberKey = (room: string, person: string): string => `${room}:${person}`;

/** Seqs asked for: both ends included. */
interface Range {
  from: number;
  to: number;
}

export type ForumModel = ReturnType<typeof createForumModel>;

/** The forum's read models and the pointers, which are no read model: nothing else knows them. */
export function createForumModel(db: Connection) {
  const table = <Row extends { _id: string }>(name: string, schema: Schema) => {
    const model = db.model(name, schema);
    return { init: () => model.createIndexes(), rows: () => model.collection as unknown as mongo.Collection<Row> };
  };
  const tables = {
    rooms: table<RoomRow>('Room', rooms),
    messages: table<MessageRow>('Message', messages),
    members: table<MemberRow>('Member', members),
    pointers: table<PointerRow>('Pointer', pointers),
  };
  return {
    init: async (): Promise<void> => {
      for (const { init } of Object.values(tables)) await init();
    },
    /** Empties what can be made again from the streams: pointers cannot. */
    clear: async (): Promise<void> => {
      for (const { rows } of [tables.rooms, tables.messages, tables.members]) await rows().deleteMany({});
    },
    putRooms: (rows: readonly RoomRow[]) => putNewest(tables.rooms.rows(), rows),
    putMessages: (rows: readonly MessageRow[]) => putNewest(tables.messages.rows(), rows),
    putMembers: (rows: readonly MemberRow[]) => putNewest(tables.members.rows(), rows),
    ...roomQuestions(tables.rooms.rows, tables.members.rows),
    ...messageQuestions(tables.messages.rows),
    ...pointerQuestions(tables.pointers.rows),
  };
}

type Rows<Row extends { _id: string }> = () => mongo.Collection<Row>;

function roomQuestions(rooms: Rows<RoomRow>, members: Rows<MemberRow>) {
  return {
    /** By _id. */
    rooms: async (ids: readonly string[]): Promise<RoomRow[]> =>
      await rooms()
        .find({ _id: { $in: [...ids] } })
        .toArray(),

    /** Rooms of these units and kinds, by (unit, kind). */
    roomsOf: async (units: readonly string[], kinds: readonly RoomKind[], limit: number): Promise<RoomRow[]> =>
      await rooms()
        .find({ unit: { $in: [...units] }, kind: { $in: [...kinds] } })
        .limit(limit)
        .toArray(),

    /** Where somebody was invited and still is, by (person, in). */
    memberships: async (person: string, limit: number): Promise<MemberRow[]> =>
      await members().find({ person, in: true }).limit(limit).toArray(),

    /** By _id. */
    members: async (keys: readonly string[]): Promise<MemberRow[]> =>
      await members()
        .find({ _id: { $in: [...keys] } })
        .toArray(),
  };
}

function messageQuestions(rows: Rows<MessageRow>) {
  const newest = async (filter: object, limit: number): Promise<MessageRow[]> =>
    await rows().find(filter).sort({ room: -1, seq: -1 }).limit(limit).toArray();
  return {
    /** By _id. */
    messages: async (keys: readonly string[]): Promise<MessageRow[]> =>
      await rows()
        .find({ _id: { $in: [...keys] } })
        .toArray(),

    /** The newest in a range of one room, newest first, by (room, seq) from the end. */
    newestIn: (room: string, { from, to }: Range, limit: number): Promise<MessageRow[]> =>
      newest({ room, seq: { $gte: from, $lte: to } }, limit),

    /** The newest message of a room that stands, by (room, seq) from the end. */
    lastStanding: async (room: string): Promise<MessageRow | undefined> =>
      (await newest({ room, seq: { $gt: 0 }, retracted: false }, 1))[0],

    /** The newest in a range of one room that hold all keys, by (room, keys, seq). The caller verifies the words. */
    withKeys: async (
      room: string,
      keys: readonly string[],
      { from, to }: Range,
      limit: number,
    ): Promise<MessageRow[]> =>
      await rows()
        .find({ room, keys: { $all: [...keys] }, seq: { $gte: from, $lte: to } })
        .sort({ seq: -1 })
        .limit(limit)
        .toArray(),

    /**
     * What others wrote after `seq` and did not take back, at most `limit`, by (room, seq). Looks at twice as many
     * messages and no further: who wrote a hundred in a row and read none of them would else have them all read here.
     */
    countAfter: async ({ room, seq, person }: { room: string; seq: number; person: string }, limit: number) => {
      const found = await rows()
        .find({ room, seq: { $gt: seq } }, { projection: { actor: 1, retracted: 1 } })
        .sort({ room: 1, seq: 1 })
        .limit(2 * limit)
        .toArray();
      return Math.min(limit, found.filter(({ actor, retracted }) => actor !== person && !retracted).length);
    },

    /** Mentions of a person after `seq`, at most `limit`, by (mentions, room, seq). */
    mentionsAfter: ({ room, seq, person }: { room: string; seq: number; person: string }, limit: number) =>
      rows().countDocuments({ mentions: person, room, seq: { $gt: seq }, actor: { $ne: person } }, { limit }),

    /** Messages of a room that name a file, by files. */
    naming: async (room: string, file: string): Promise<MessageRow[]> =>
      await rows().find({ files: file, room }).limit(100).toArray(),
  };
}

function pointerQuestions(rows: Rows<PointerRow>) {
  return {
    /** Moves a pointer forward, never back; by _id. */
    point: async (person: string, room: string, seq: number): Promise<void> => {
      const change = { $max: { seq }, $setOnInsert: { person, room } };
      await rows().updateOne({ _id: `${person}:${room}` }, change, { upsert: true });
    },

    /** How far somebody has read these rooms, by _id; a room never opened is missing. */
    pointersOf: async (person: string, rooms: readonly string[]): Promise<Map<string, number>> => {
      const keys = rooms.map((room) => `${person}:${room}`);
      const found = await rows()
        .find({ _id: { $in: keys } })
        .toArray();
      return new Map(found.map((row) => [row.room, row.seq]));
    },

    /** All of somebody's, by (person, room). */
    allPointersOf: async (person: string): Promise<PointerRow[]> => await rows().find({ person }).toArray(),
    dropPointersOf: async (person: string): Promise<void> => {
      await rows().deleteMany({ person });
    },
  };
}

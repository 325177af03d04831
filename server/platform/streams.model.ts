import type { Connection, mongo } from 'mongoose';
import { Schema } from 'mongoose';
import type { StreamEvent, WireEvent } from '#shared/wire/stream.ts';

/**
 * An event as it is stored. `_id` is its position: a number that only rises in one process and lets consumers resume
 * without asking every stream. `print` is the fingerprint of the command that made it, to tell a repeat from a
 * different command under a used id; it is no part of the event and never leaves the server.
 */
export interface EventRow extends Omit<StreamEvent, 'data'> {
  _id: number;
  /** Missing where it was erased. */
  data?: unknown;
  /** SHA-256 of what was erased, so that the chain can still be followed. */
  dataHash?: string;
  print: string;
}

const eventSchema = new Schema(
  {
    _id: { type: Number, required: true },
    stream: { type: String, required: true },
    seq: { type: Number, required: true },
    id: { type: String, required: true },
    type: { type: String, required: true },
    actor: { type: String, required: true },
    at: { type: String, required: true },
    data: { type: Schema.Types.Mixed },
    dataHash: { type: String },
    prev: { type: String, required: true },
    hash: { type: String, required: true },
    print: { type: String, required: true },
  },
  { collection: 'events', versionKey: false, autoIndex: false, minimize: false },
);
eventSchema.index({ stream: 1, seq: 1 }, { unique: true });
eventSchema.index({ stream: 1, id: 1 }, { unique: true });

/** One that was erased comes with `dataHash` and without `data` (`isWhole`): whoever reads it there finds nothing. */
const asStored = (event: WireEvent): StreamEvent => event as StreamEvent;

const erasedOf = ({ stream, seq, id, type, actor, at, prev, hash, dataHash = '' }: EventRow): StreamEvent =>
  asStored({ stream, seq, id, type, actor, at, prev, hash, dataHash });

const wholeOf = (row: EventRow): StreamEvent => ({
  stream: row.stream,
  seq: row.seq,
  id: row.id,
  type: row.type,
  actor: row.actor,
  at: row.at,
  data: row.data,
  prev: row.prev,
  hash: row.hash,
});

/** Where a stream stands. */
export type Head = Pick<StreamEvent, 'stream' | 'seq' | 'hash'>;

const toEvent = (row: EventRow): StreamEvent => (row.dataHash === undefined ? wholeOf(row) : erasedOf(row));

/** Where something was written, without what. */
export type Place = Pick<EventRow, '_id' | 'stream' | 'seq'>;

export interface Placed {
  position: number;
  event: StreamEvent;
}

const toPlaced = (row: EventRow): Placed => ({ position: row._id, event: toEvent(row) });

export type EventsModel = ReturnType<typeof createEventsModel>;

/** The rows of all streams, and the few questions asked of them; each names the index that answers it. */
export function createEventsModel(db: Connection) {
  const model = db.model('Event', eventSchema);
  const rows = (): mongo.Collection<EventRow> => model.collection as unknown as mongo.Collection<EventRow>;
  return {
    init: () => model.createIndexes(),

    /** Resolves when the row is durable; E11000 on (stream, seq), (stream, id) or the position. */
    insert: async (row: EventRow): Promise<void> => {
      await rows().insertOne(row);
    },

    /** By (stream, seq) ascending, both ends included. */
    range: async (stream: string, from: number, to: number, limit: number): Promise<StreamEvent[]> => {
      const found = await rows()
        .find({ stream, seq: { $gte: from, $lte: to } })
        .sort({ seq: 1 })
        .limit(limit)
        .toArray();
      return found.map(toEvent);
    },

    /** By (stream, seq) ascending, from just after `seq`, with their positions. */
    above: async (stream: string, seq: number, limit: number): Promise<Placed[]> => {
      const found = await rows()
        .find({ stream, seq: { $gt: seq } })
        .sort({ seq: 1 })
        .limit(limit)
        .toArray();
      return found.map(toPlaced);
    },

    /** The last event of a stream, by (stream, seq) from the end. */
    last: async (stream: string): Promise<Placed | undefined> => {
      const [row] = await rows().find({ stream }).sort({ seq: -1 }).limit(1).toArray();
      return row && toPlaced(row);
    },

    /** In order of position, from just after `position`: where something was written. By _id. */
    places: async (position: number, limit: number): Promise<Place[]> => {
      const found = rows().find({ _id: { $gt: position } }, { projection: { stream: 1, seq: 1 } });
      return await found.sort({ _id: 1 }).limit(limit).toArray();
    },

    /** By (stream, id), with the fingerprint of the command that made it. */
    byId: async (stream: string, id: string): Promise<{ event: StreamEvent; print: string } | undefined> => {
      const row = await rows().findOne({ stream, id });
      return row ? { event: toEvent(row), print: row.print } : undefined;
    },

    /** In order of position, from just after `position`, by _id. */
    since: async (position: number, limit: number): Promise<Placed[]> => {
      const found = await rows()
        .find({ _id: { $gt: position } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(toPlaced);
    },

    /** The highest position ever given, by _id from the end; 0 in an empty store. */
    lastPosition: async (): Promise<number> => {
      const [row] = await rows().find({}).sort({ _id: -1 }).limit(1).toArray();
      return row?._id ?? 0;
    },

    /** Every row of every stream, stream after stream, by (stream, seq): for who proves or copies the whole. */
    all: (): AsyncIterable<EventRow> => rows().find({}).sort({ stream: 1, seq: 1 }) as AsyncIterable<EventRow>,

    /** Rows of another store as they were. E11000 where one is there already. */
    take: async (taken: EventRow[]): Promise<void> => {
      await rows().insertMany(taken);
    },

    /**
     * Takes the data of an event out of the store, by (stream, seq), and with it the fingerprint of its command, from
     * which a short value could be guessed.
     */
    erase: async (stream: string, seq: number, dataHash: string): Promise<void> => {
      await rows().updateOne({ stream, seq }, { $set: { dataHash, print: '' }, $unset: { data: '' } });
    },

    /** A whole stream, by (stream, seq). */
    drop: async (stream: string): Promise<void> => {
      await rows().deleteMany({ stream });
    },

    /** The head of the last stream by name before a name, by (stream, seq) from the end: one read for each stream. */
    headBefore: async (name: string): Promise<Head | undefined> => {
      const found = rows().find({ stream: { $lt: name } }, { projection: { stream: 1, seq: 1, hash: 1 } });
      const [row] = await found.sort({ stream: -1, seq: -1 }).limit(1).toArray();
      return row && { stream: row.stream, seq: row.seq, hash: row.hash };
    },

    /** The first stream by name after one name and before another, by (stream, seq). */
    nextStream: async (after: string, before: string): Promise<string | undefined> => {
      const found = rows().find({ stream: { $gt: after, $lt: before } }, { projection: { stream: 1 } });
      const [row] = await found.sort({ stream: 1, seq: 1 }).limit(1).toArray();
      return row?.stream;
    },
  };
}

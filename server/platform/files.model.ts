import { Schema, type Connection, type mongo } from 'mongoose';
import type { FileType } from '#shared/wire/files.ts';

/** What is known of an uploaded file; its bytes are blobs, named by their SHA-256. */
export interface FileRow {
  _id: string;
  owner: string;
  name: string | null;
  type: FileType;
  /** Bytes as kept; `bytes` as they were sent, which is what a day's allowance counts. */
  size: number;
  bytes: number;
  width: number | null;
  height: number | null;
  sha256: string;
  /** SHA-256 of what was sent: a repeat of the upload is known by it. */
  sent: string;
  /** A smaller copy of a picture, if one was worth it, and its size. */
  small: { sha256: string; size: number } | null;
  /** All blobs this row stands on. */
  blobs: string[];
  /** When it came, in ms. */
  at: number;
  /** Whether an event was about to name it: from then on it stays. */
  named: boolean;
  /** Streams on which events may name it: where rights are asked. */
  streams: string[];
}

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const mixed = { type: Schema.Types.Mixed } as const;

const schema = new Schema(
  {
    ...{ _id: text, owner: text, name: String, type: text, size: whole, bytes: whole, width: Number, height: Number },
    ...{ sha256: text, sent: text, small: mixed, blobs: [String], at: whole, named: Boolean, streams: [String] },
  },
  { collection: 'files', versionKey: false, autoIndex: false },
);
schema.index({ owner: 1, at: 1 });
schema.index({ named: 1, at: 1 });
schema.index({ blobs: 1 });

export type FilesModel = ReturnType<typeof createFilesModel>;

/** The rows of uploaded files. No event can make them again: they are kept like credentials (server/tables.ts). */
export function createFilesModel(db: Connection) {
  const model = db.model('File', schema);
  const rows = (): mongo.Collection<FileRow> => model.collection as unknown as mongo.Collection<FileRow>;
  return {
    init: async (): Promise<void> => {
      await model.createIndexes();
    },
    find: async (id: string): Promise<FileRow | undefined> => (await rows().findOne({ _id: id })) ?? undefined,
    some: async (ids: readonly string[]): Promise<FileRow[]> =>
      await rows()
        .find({ _id: { $in: [...ids] } })
        .toArray(),
    /** @throws E11000 where the id is taken */
    insert: async (row: FileRow): Promise<void> => {
      await rows().insertOne(row);
    },
    /** Bytes somebody sent since a moment (ms), by (owner, at). */
    sentSince: async (owner: string, since: number): Promise<number> => {
      const found = await rows()
        .find({ owner, at: { $gte: since } }, { projection: { bytes: 1 } })
        .toArray();
      return found.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    /** Marks a file as about to be named on a stream. False: it is not there, or not this person's. */
    name: async (id: string, owner: string, stream: string): Promise<boolean> => {
      const change = { $set: { named: true }, $addToSet: { streams: stream } };
      const { matchedCount } = await rows().updateOne({ _id: id, owner }, change);
      return matchedCount === 1;
    },
    /** Everything somebody sent, by (owner, at). */
    ofOwner: async (owner: string): Promise<FileRow[]> => await rows().find({ owner }).toArray(),
    /** What came before a moment (ms) and nothing names, by (named, at). */
    unnamed: async (before: number, limit: number): Promise<FileRow[]> =>
      await rows()
        .find({ named: false, at: { $lt: before } })
        .limit(limit)
        .toArray(),
    /** Takes a row away unless an event was faster to name it. */
    dropUnnamed: async (id: string): Promise<boolean> =>
      (await rows().deleteOne({ _id: id, named: false })).deletedCount === 1,
    stands: async (blob: string): Promise<boolean> => (await rows().findOne({ blobs: blob })) !== null,
    all: (): AsyncIterable<FileRow> => rows().find({}),
  };
}

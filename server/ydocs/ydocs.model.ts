import { Schema, type Connection, type mongo } from 'mongoose';

/** What a snapshot is, written after its parts: without it they are nothing. */
export interface Manifest {
  /** `<doc> <seq>`. */
  _id: string;
  doc: string;
  /** The seq up to which it speaks. */
  seq: number;
  parts: number;
  /** Of all bytes, hex. */
  sha256: string;
  sealed: boolean;
  /** Client ids and the people they belong to: objects, for not every store keeps a list in a list. */
  owners: { client: number; person: string }[];
  contributors: string[];
}

interface Part {
  /** `<doc> <seq> <part>`. */
  _id: string;
  doc: string;
  seq: number;
  part: number;
  /** base64. */
  bytes: string;
}

const PART = 1024 * 1024; // bytes of one row, far below what either store takes

const text = { type: String, required: true } as const;
const whole = { type: Number, required: true } as const;
const options = { versionKey: false, autoIndex: false, minimize: false } as const;

const manifests = new Schema(
  {
    _id: text,
    doc: text,
    seq: whole,
    parts: whole,
    sha256: text,
    sealed: { type: Boolean, required: true },
    owners: { type: [Schema.Types.Mixed], required: true },
    contributors: { type: [String], required: true },
  },
  { collection: 'doc_snapshots', ...options },
);
manifests.index({ doc: 1, seq: 1 });

const parts = new Schema(
  { _id: text, doc: text, seq: whole, part: whole, bytes: text },
  { collection: 'doc_snapshot_parts', ...options },
);
parts.index({ doc: 1, seq: 1 });

export type YDocsModel = ReturnType<typeof createYDocsModel>;

/** Snapshots save reading a long log; losing them loses nothing. */
export function createYDocsModel(db: Connection) {
  const manifestModel = db.model('DocSnapshot', manifests);
  const partModel = db.model('DocSnapshotPart', parts);
  const manifestRows = (): mongo.Collection<Manifest> =>
    manifestModel.collection as unknown as mongo.Collection<Manifest>;
  const partRows = (): mongo.Collection<Part> => partModel.collection as unknown as mongo.Collection<Part>;

  return {
    init: async (): Promise<void> => {
      await manifestModel.createIndexes();
      await partModel.createIndexes();
    },

    /** The newest snapshots of a document, the newest first, by (doc, seq) from the end. */
    newest: (doc: string, limit: number): Promise<Manifest[]> =>
      manifestRows().find({ doc }).sort({ doc: -1, seq: -1 }).limit(limit).toArray(),

    /** The bytes of a snapshot as they are stored, by (doc, seq). */
    bytes: async (doc: string, seq: number): Promise<Uint8Array> => {
      const rows = await partRows().find({ doc, seq }).toArray();
      rows.sort((a, b) => a.part - b.part);
      return Buffer.concat(rows.map((row) => Buffer.from(row.bytes, 'base64')));
    },

    /** Writes the parts; answers how many. A half-written earlier try at the same seq is overwritten. */
    putParts: async (doc: string, seq: number, bytes: Uint8Array): Promise<number> => {
      const count = Math.max(1, Math.ceil(bytes.length / PART));
      for (let part = 0; part < count; part++) {
        const slice = bytes.subarray(part * PART, (part + 1) * PART);
        const _id = `${doc} ${seq} ${part}`;
        const row = { _id, doc, seq, part, bytes: Buffer.from(slice).toString('base64') };
        await partRows().replaceOne({ _id }, row, { upsert: true });
      }
      return count;
    },

    /** The last step: from here on the snapshot is one. */
    putManifest: async (row: Manifest): Promise<void> => {
      await manifestRows().replaceOne({ _id: row._id }, row, { upsert: true });
    },

    /** Removes everything older than a seq, parts without a manifest among it, by (doc, seq). */
    dropBefore: async (doc: string, seq: number): Promise<void> => {
      await manifestRows().deleteMany({ doc, seq: { $lt: seq } });
      await partRows().deleteMany({ doc, seq: { $lt: seq } });
    },
  };
}

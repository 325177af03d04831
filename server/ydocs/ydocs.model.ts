import { Schema, type Connection, type mongo } from 'mongoose';

/** A document as it stood at an event: written whole or not at all, since it is one row. */
export interface SnapshotRow {
  _id: string;
  seq: number;
  update: Buffer;
  sealed: boolean;
  /** Client id and the person it belongs to. */
  owners: [client: number, person: string][];
  contributors: string[];
}

const schema = new Schema(
  {
    _id: { type: String, required: true },
    seq: { type: Number, required: true },
    update: { type: Buffer, required: true },
    sealed: { type: Boolean, required: true },
    owners: { type: [Schema.Types.Mixed], required: true },
    contributors: { type: [String], required: true },
  },
  { collection: 'doc_snapshots', versionKey: false, autoIndex: false },
);

export type YDocsModel = ReturnType<typeof createYDocsModel>;

/** Snapshots save reading a long log; losing them loses nothing. */
export function createYDocsModel(db: Connection) {
  const model = db.model('DocSnapshot', schema);
  const rows = (): mongo.Collection<SnapshotRow> => model.collection as unknown as mongo.Collection<SnapshotRow>;
  return {
    init: () => model.createIndexes(),
    /** By id. */
    snapshot: async (doc: string): Promise<SnapshotRow | undefined> => {
      const row = await rows().findOne({ _id: doc });
      if (row === null) return undefined;
      // The driver gives BSON's Binary; Yjs wants the bytes.
      const bytes: unknown = row.update;
      const update = Buffer.isBuffer(bytes) ? bytes : Buffer.from((bytes as mongo.Binary).buffer);
      return { ...row, update };
    },
    keep: async (row: SnapshotRow): Promise<void> => {
      const { _id, ...fields } = row;
      await rows().updateOne({ _id }, { $set: fields }, { upsert: true });
    },
  };
}

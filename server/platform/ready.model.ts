import { Schema, type Connection, type mongo } from 'mongoose';

interface Tries {
  _id: string;
  tries: number;
}

const schema = new Schema(
  { _id: { type: String, required: true }, tries: { type: Number, required: true } },
  { collection: 'readiness', versionKey: false, autoIndex: false },
);

/** One row that is there only to be written. */
export function createReadinessModel(db: Connection) {
  const model = db.model('Readiness', schema);
  const rows = (): mongo.Collection<Tries> => model.collection as unknown as mongo.Collection<Tries>;
  return {
    /** Resolves when a write has become durable. */
    write: async (): Promise<void> => {
      await rows().updateOne({ _id: 'hub' }, { $inc: { tries: 1 } }, { upsert: true });
    },
  };
}

import { Schema, type Connection, type mongo } from 'mongoose';

interface Checkpoint {
  _id: string;
  position: number;
}

const schema = new Schema(
  { _id: { type: String, required: true }, position: { type: Number, required: true } },
  { collection: 'checkpoints', versionKey: false, autoIndex: false },
);

export type CheckpointsModel = ReturnType<typeof createCheckpointsModel>;

/** How far each consumer has come, by position. Losing a row costs a repetition, never an event. */
export function createCheckpointsModel(db: Connection) {
  const model = db.model('Checkpoint', schema);
  const rows = (): mongo.Collection<Checkpoint> => model.collection as unknown as mongo.Collection<Checkpoint>;
  return {
    load: async (name: string): Promise<number> => (await rows().findOne({ _id: name }))?.position ?? 0,
    save: async (name: string, position: number): Promise<void> => {
      await rows().updateOne({ _id: name }, { $set: { position } }, { upsert: true });
    },
  };
}

import { Schema, type Connection, type mongo } from 'mongoose';

interface WaitingRow {
  _id: string;
}

const rows = new Schema<WaitingRow>(
  { _id: { type: String, required: true } },
  { collection: 'waiting', versionKey: false, autoIndex: false },
);

export type WaitingModel = ReturnType<typeof createWaitingModel>;

/** Where something waits for a second administrator: a stream, and of a unit the post. Made again from the events. */
export function createWaitingModel(db: Connection) {
  const table = db.model('Waiting', rows).collection as unknown as mongo.Collection<WaitingRow>;
  return {
    all: async (): Promise<string[]> => (await table.find({}).toArray()).map(({ _id }) => _id),
    put: async (changed: ReadonlyMap<string, boolean>): Promise<void> => {
      const operations = [...changed].map(([_id, waits]) =>
        waits ? { replaceOne: { filter: { _id }, replacement: {}, upsert: true } } : { deleteOne: { filter: { _id } } },
      );
      if (operations.length > 0) await table.bulkWrite(operations, { ordered: false });
    },
  };
}

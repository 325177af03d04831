import mongoose from 'mongoose';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented, type TestStore } from '../support/store.ts';

/* Through Mongoose's models, and after opening again. Any engine: see collections.test.ts. */

let store: TestStore;
let events: Documented;
beforeEach(async () => {
  store = await openStore();
  events = store.collection('events');
});

const values = async (filter: Doc, path = '_id'): Promise<unknown[]> =>
  (await events.find(filter).sort({ _id: 1 }).toArray()).map((doc) => doc[path]);

describe('through Mongoose', () => {
  const schema = new mongoose.Schema(
    { room: { type: String, required: true }, seq: Number, tags: [String], at: Date },
    { timestamps: true },
  );
  schema.index({ room: 1, seq: 1 }, { unique: true });

  it('creates, finds, saves, refuses and deletes', async () => {
    const Message = store.mongoose.model('Message', schema);
    await Message.init();
    const message = await Message.create({ room: 'a', seq: 1, tags: ['x'], at: new Date(5) });
    await expect(Message.create({ room: 'a', seq: 1 })).rejects.toMatchObject({ code: 11_000 });
    message.tags.push('y');
    await message.save();
    expect(await Message.findById(message._id).lean()).toMatchObject({ room: 'a', tags: ['x', 'y'], at: new Date(5) });
    await Message.insertMany([
      { room: 'a', seq: 2 },
      { room: 'b', seq: 1 },
    ]);
    expect(await Message.find({ room: 'a' }).sort({ seq: -1 }).lean()).toMatchObject([{ seq: 2 }, { seq: 1 }]);
    expect(
      await Message.findOneAndUpdate({ room: 'b' }, { $inc: { seq: 1 } }, { returnDocument: 'after' }).lean(),
    ).toMatchObject({ seq: 2 });
    expect(await Message.exists({ room: 'b', seq: 2 })).not.toBeNull();
    const walked: unknown[] = [];
    for await (const found of Message.find({}).sort({ room: 1, seq: 1 }).cursor())
      walked.push(`${found.room}${String(found.seq)}`);
    expect(walked).toEqual(['a1', 'a2', 'b2']);
    expect(await Message.aggregate([{ $group: { _id: '$room', n: { $sum: 1 } } }, { $sort: { _id: 1 } }])).toEqual([
      { _id: 'a', n: 2 },
      { _id: 'b', n: 1 },
    ]);
    expect(
      await Message.bulkWrite([{ updateMany: { filter: { room: 'a' }, update: { $set: { tags: [] } } } }]),
    ).toMatchObject({ matchedCount: 2 });
    expect(await Message.deleteMany({ room: 'a' })).toMatchObject({ deletedCount: 2 });
    const session = await store.mongoose.startSession();
    expect(await Message.countDocuments({}, { session })).toBe(1);
    await session.endSession();
  });
});

it('follows a schema whose indexes have changed: it says what differs, drops what is stale, makes what is new', async () => {
  const schemaOf = (...keys: Record<string, 1>[]): mongoose.Schema => {
    const schema = new mongoose.Schema({ room: String, unit: String, code: String }, { autoIndex: false });
    schema.index({ room: 1, code: 1 });
    for (const key of keys) schema.index(key, 'code' in key ? { unique: true } : {});
    return schema;
  };
  const Before = store.mongoose.model('Card', schemaOf({ unit: 1 }));
  expect(await Before.syncIndexes()).toEqual([]); // where nothing is, all of it is made
  await Before.insertMany([
    { room: 'a', unit: 'wenshu', code: 'x' },
    { room: 'b', unit: 'wenshu', code: 'y' },
  ]);
  expect(await Before.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });

  store.mongoose.deleteModel('Card');
  const After = store.mongoose.model('Card', schemaOf({ code: 1 }));
  const names = async () => (await After.listIndexes()).map(({ name }) => name as string).sort();
  expect(await names()).toEqual(['_id_', 'room_1_code_1', 'unit_1']);
  expect(await After.diffIndexes()).toMatchObject({ toDrop: ['unit_1'], toCreate: [{ code: 1 }] });
  expect(await After.syncIndexes()).toEqual(['unit_1']);
  expect(await names()).toEqual(['_id_', 'code_1', 'room_1_code_1']);
  expect(await After.diffIndexes()).toEqual({ toDrop: [], toCreate: [] });
  expect((await errorOf(After.create({ room: 'c', code: 'x' }))).code).toBe(11_000);
  expect(await After.countDocuments({ unit: 'wenshu' })).toBe(2);
});

it('has everything again after it was opened again', async () => {
  await events.createIndex({ stream: 1, seq: 1 }, { unique: true });
  await events.insertMany(Array.from({ length: 500 }, (_, i) => ({ _id: i, stream: 's', seq: i, tags: [i, i + 1] })));
  await events.createIndex({ tags: 1 });
  const before = await events.find({}).toArray();
  await store.reopen();
  events = store.collection('events');
  expect(await events.find({}).toArray()).toEqual(before);
  expect((await events.indexes()).map(({ name }) => name)).toEqual(['_id_', 'stream_1_seq_1', 'tags_1']);
  expect((await errorOf(events.insertOne({ stream: 's', seq: 3 }))).code).toBe(11_000);
  expect(await values({ tags: { $gt: 498, $lt: 500 } })).toEqual([498, 499]);
  expect(await events.drop()).toBe(true);
  expect(await events.countDocuments({})).toBe(0);
  await events.insertOne({ stream: 's', seq: 3 });
  await store.reopen();
  events = store.collection('events');
  expect((await events.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  expect(await events.find({}).toArray()).toMatchObject([{ stream: 's', seq: 3 }]);
});

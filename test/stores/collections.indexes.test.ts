import mongoose from 'mongoose';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented, type TestStore } from '../support/store.ts';

/* What indexes promise: uniqueness, order, and that they are used. Any engine: see collections.test.ts. */

const { Binary, Long, ObjectId, MongoServerError } = mongoose.mongo;
let store: TestStore;
let events: Documented;
beforeEach(async () => {
  store = await openStore();
  events = store.collection('events');
});

const values = async (filter: Doc, path = '_id'): Promise<unknown[]> =>
  (await events.find(filter).sort({ _id: 1 }).toArray()).map((doc) => doc[path]);

describe('indexes', () => {
  it('says which key is taken, in MongoDB’s words', async () => {
    await events.createIndex({ stream: 1, seq: 1 }, { unique: true });
    await events.insertOne({ stream: 'room:1', seq: 5 });
    const error = await errorOf(events.insertOne({ stream: 'room:1', seq: 5 }));
    expect(error).toBeInstanceOf(MongoServerError);
    expect(error).toMatchObject({
      code: 11_000,
      keyPattern: { stream: 1, seq: 1 },
      keyValue: { stream: 'room:1', seq: 5 },
    });
    expect(error.message).toMatch(
      /^E11000 duplicate key error collection: \w+\.events index: stream_1_seq_1 dup key: { stream: "room:1", seq: 5 }/,
    );
  });

  it('refuses a second document with a unique key, by insert and by update', async () => {
    await events.createIndex({ stream: 1, seq: 1 }, { unique: true });
    await events.insertOne({ stream: 'room:1', seq: 5 });
    expect((await errorOf(events.insertOne({ stream: 'room:1', seq: 5 }))).code).toBe(11_000);
    await events.insertOne({ stream: 'room:1', seq: 6 });
    expect((await errorOf(events.updateOne({ seq: 6 }, { $set: { seq: 5 } }))).code).toBe(11_000);
    expect(await events.countDocuments({ seq: 6 })).toBe(1);
    await events.deleteOne({ seq: 5 });
    await events.updateOne({ seq: 6 }, { $set: { seq: 5 } });
    await events.insertOne({ stream: 'room:1', seq: 6 });
    expect((await errorOf(events.insertOne({ _id: 1 }).then(() => events.insertOne({ _id: 1 })))).code).toBe(11_000);
  });

  it('lets exactly one of 200 simultaneous inserts of a key win', async () => {
    await events.createIndex({ key: 1 }, { unique: true });
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => events.insertOne({ key: 'k', i })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 11_000 });
    expect(await events.countDocuments({})).toBe(1);
  });

  it('makes one document of 100 simultaneous upserts, and loses no increment', async () => {
    await events.createIndex({ key: 1 }, { unique: true });
    const upserts = Array.from({ length: 100 }, () =>
      events.updateOne({ key: 'k' }, { $inc: { n: 1 } }, { upsert: true }),
    );
    const results = await Promise.all(upserts);
    expect(results.filter(({ upsertedCount }) => upsertedCount === 1)).toHaveLength(1);
    expect(await events.find({}).toArray()).toMatchObject([{ key: 'k', n: 100 }]);
  });

  it('takes a sparse index at its word', async () => {
    await events.createIndex({ login: 1 }, { unique: true, sparse: true });
    await events.insertMany([{}, {}, { login: null }]);
    expect((await errorOf(events.insertOne({ login: null }))).code).toBe(11_000);
    expect(await events.countDocuments({ login: null })).toBe(3);
  });

  it('takes a partial index at its word', async () => {
    await events.createIndex({ room: 1 }, { unique: true, partialFilterExpression: { open: true } });
    await events.insertMany([{}, {}, { room: 1, open: false }, { room: 1, open: false }, { room: 1, open: true }]);
    expect((await errorOf(events.insertOne({ room: 1, open: true }))).code).toBe(11_000);
    expect(await events.countDocuments({ room: 1 })).toBe(3);
    await events.updateOne({ room: 1, open: true }, { $set: { open: false } });
    await events.insertOne({ room: 1, open: true });
  });

  it('is built over what is there, or not at all', async () => {
    await events.insertMany(Array.from({ length: 50 }, (_, i) => ({ _id: i, n: i % 25, m: i })));
    expect((await errorOf(events.createIndex({ n: 1 }, { unique: true }))).code).toBe(11_000);
    expect((await events.indexes()).map(({ name }) => name)).toEqual(['_id_']);
    expect(await events.createIndex({ m: -1 }, { unique: true })).toBe('m_-1');
    expect(await events.createIndex({ m: -1 }, { unique: true })).toBe('m_-1');
    expect((await errorOf(events.createIndex({ n: 1 }, { name: 'm_-1' }))).code).toBe(86);
    expect((await errorOf(events.insertOne({ m: 7 }))).code).toBe(11_000);
    await events.dropIndex('m_-1');
    await events.insertOne({ m: 7 });
    expect((await errorOf(events.dropIndex('m_-1'))).code).toBe(27);
    expect((await events.indexes()).map(({ name }) => name)).toEqual(['_id_']);
  });

  it('finds arrays by their items', async () => {
    await events.createIndex({ scope: 1, keys: 1 });
    await events.insertMany([
      { _id: 1, scope: 's', keys: ['你好', '好吗', 'x'] },
      { _id: 2, scope: 's', keys: ['你好'] },
      { _id: 3, scope: 't', keys: ['你好', 'x'] },
      { _id: 4, scope: 's', keys: [] },
      { _id: 5, scope: 's', keys: [1, 10] },
    ]);
    expect(await values({ scope: 's', keys: { $all: ['你好', 'x'] } })).toEqual([1]);
    expect(await values({ scope: 's', keys: '你好' })).toEqual([1, 2]);
    expect(await values({ scope: 's', keys: { $in: ['x', '你好'] } })).toEqual([1, 2]);
    await events.updateOne({ _id: 2 }, { $push: { keys: 'x' } });
    await events.updateOne({ _id: 1 }, { $pull: { keys: 'x' } });
    expect(await values({ scope: 's', keys: { $all: ['x'] } })).toEqual([2]);
  });

  it('lets two items of an array meet two conditions together', async () => {
    await events.createIndex({ scope: 1, keys: 1 });
    await events.insertMany([
      { _id: 1, scope: 's', keys: [1, 10] },
      { _id: 2, scope: 's', keys: [4] },
    ]);
    expect(await values({ scope: 's', keys: { $gt: 5, $lt: 3 } })).toEqual([1]);
  });

  it('orders across types as MongoDB does, with an index and without, both ways', async () => {
    const inOrder = [
      null,
      -Infinity,
      -1.5,
      0,
      2,
      Long.fromString('9007199254740993'),
      'A',
      'a',
      '中',
      { a: 1 },
      { b: 0 },
    ];
    const more = [new Binary(Buffer.from([1])), new ObjectId('000000000000000000000001'), false, true, new Date(0)];
    const all = [...inOrder, ...more];
    await events.insertMany(
      all.map((v, i) => ({ _id: i, v })).toSorted((a, b) => ((a._id * 7) % 16) - ((b._id * 7) % 16)),
    );
    const sorted = async (direction: 1 | -1) =>
      (await events.find({}).sort({ v: direction }).toArray()).map(({ _id }) => _id);
    const expected = all.map((_, i) => i);
    expect(await sorted(1)).toEqual(expected);
    expect(await sorted(-1)).toEqual(expected.toReversed());
    await events.createIndex({ v: 1 });
    expect(await sorted(1)).toEqual(expected);
    expect(await sorted(-1)).toEqual(expected.toReversed());
    expect(await values({ v: { $gt: -1.5 } })).toEqual([3, 4, 5]);
    expect(await values({ v: { $lte: 'a' } })).toEqual([6, 7]);
  });

  describe('ranges in mixed directions', () => {
    type Sort = Record<string, 1 | -1>;
    const from = (start: number, step: number) => Array.from({ length: 50 }, (_, i) => start + i * step);
    const RANGES: [Doc, Sort, number[]][] = [
      [{ room: 3, seq: { $lt: 3_003 } }, { seq: -1 }, from(2_983, -20)],
      [{ room: 3, seq: { $lte: 3_003 } }, { seq: -1 }, from(3_003, -20)],
      [{ room: 3, seq: { $gt: 3 } }, { seq: 1 }, from(23, 20)],
      [{ stream: 's3', seq: { $gte: 3 } }, { seq: 1 }, from(3, 20)],
      [{ stream: 's3', seq: { $gt: 103, $lt: 2_000 } }, { stream: 1, seq: -1 }, from(1_983, -20)],
      [{ room: 3 }, { room: 1, seq: -1 }, from(3_983, -20)],
    ];
    beforeEach(async () => {
      await events.createIndex({ room: 1, seq: -1 });
      await events.createIndex({ stream: 1, seq: 1 }, { unique: true });
      const docs = Array.from({ length: 4_000 }, (_, i) => ({ _id: i, room: i % 20, seq: i, stream: `s${i % 20}` }));
      await events.insertMany(docs);
    });

    it('are answered in order', async () => {
      for (const [filter, sort, seqs] of RANGES) {
        const found = await events.find(filter).sort(sort).limit(50).toArray();
        expect(found.map(({ seq }) => seq)).toEqual(seqs);
      }
    });

    it('are answered with as many keys as documents', async () => {
      for (const [filter, sort] of RANGES) {
        const explained = await events.find(filter).sort(sort).limit(50).explain('executionStats');
        const text = JSON.stringify((explained as { queryPlanner: unknown }).queryPlanner);
        type Stats = { totalKeysExamined: number; totalDocsExamined: number; nReturned: number };
        const stats = (explained as { executionStats: Stats }).executionStats;
        expect(text).toContain('IXSCAN');
        expect(text).not.toContain('SORT');
        expect(stats.nReturned).toBe(50);
        expect(stats.totalKeysExamined).toBeLessThanOrEqual(100);
        expect(stats.totalDocsExamined).toBeLessThanOrEqual(100);
      }
    });
  });
});

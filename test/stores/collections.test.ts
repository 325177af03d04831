import mongoose from 'mongoose';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented, type TestStore } from '../support/store.ts';

/*
 * What a store promises to whoever writes through Mongoose, whichever engine it is: the embedded one by default, MongoDB
 * with LINLI_TEST_STORE=mongodb://…
 */

const { Binary, Decimal128, Long, ObjectId, MongoBulkWriteError } = mongoose.mongo;
let store: TestStore;
let events: Documented;
beforeEach(async () => {
  store = await openStore();
  events = store.collection('events');
});

describe('writing and reading', () => {
  it('gives a document without an id one, in the caller’s object too', async () => {
    const doc: Doc = { text: 'hello' };
    const { acknowledged, insertedId } = await events.insertOne(doc);
    expect(acknowledged).toBe(true);
    expect(doc['_id']).toEqual(insertedId);
    expect(await events.findOne({ _id: insertedId })).toEqual({ _id: insertedId, text: 'hello' });
  });

  it('answers with what was matched, modified, upserted and deleted', async () => {
    await events.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 1 },
    ]);
    expect(await events.updateMany({ n: 1 }, { $inc: { n: 1 } })).toMatchObject({ matchedCount: 2, modifiedCount: 2 });
    expect(await events.updateOne({ _id: 1 }, { $set: { n: 2 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 0,
    });
    const upserted = await events.updateOne({ k: 'x' }, { $inc: { n: 1 }, $setOnInsert: { m: 2 } }, { upsert: true });
    expect(upserted).toMatchObject({ matchedCount: 0, modifiedCount: 0, upsertedCount: 1 });
    expect(await events.findOne({ k: 'x' })).toEqual({ _id: upserted.upsertedId, k: 'x', n: 1, m: 2 });
    expect(await events.replaceOne({ _id: 2 }, { z: 1 })).toMatchObject({ modifiedCount: 1 });
    expect(await events.findOne({ _id: 2 })).toEqual({ _id: 2, z: 1 });
    expect(await events.deleteOne({ _id: 1 })).toMatchObject({ deletedCount: 1 });
    expect(await events.deleteMany({})).toMatchObject({ deletedCount: 2 });
    expect(await events.countDocuments({})).toBe(0);
  });

  it('returns the document before or after, projected, or with its metadata', async () => {
    await events.insertOne({ _id: 1, n: 1, m: 1 });
    const one = { _id: 1 };
    expect(await events.findOneAndUpdate(one, { $inc: { n: 1 } })).toEqual({ _id: 1, n: 1, m: 1 });
    const after = { returnDocument: 'after', projection: { n: 1, _id: 0 } } as const;
    expect(await events.findOneAndUpdate(one, { $inc: { n: 1 } }, after)).toEqual({ n: 3 });
    expect(await events.findOneAndReplace(one, { r: 1 }, { returnDocument: 'after' })).toEqual({ _id: 1, r: 1 });
    expect(await events.findOneAndUpdate({ k: 1 }, { $set: { x: 1 } })).toBeNull();
    const full = await events.findOneAndUpdate(
      { k: 1 },
      { $set: { x: 1 } },
      { upsert: true, includeResultMetadata: true },
    );
    expect(full).toMatchObject({ value: null, ok: 1, lastErrorObject: { n: 1, updatedExisting: false } });
    expect(await events.findOneAndDelete(one)).toEqual({ _id: 1, r: 1 });
    expect(await events.findOneAndDelete(one)).toBeNull();
  });

  it('takes the first in the order asked for', async () => {
    await events.insertMany([3, 1, 2].map((n) => ({ _id: n, n, open: true })));
    const taken = await events.findOneAndUpdate({ open: true }, { $set: { open: false } }, { sort: { n: -1 } });
    expect(taken).toMatchObject({ n: 3 });
    expect(await events.findOneAndDelete({ open: true }, { sort: { n: 1 } })).toMatchObject({ n: 1 });
  });

  it('keeps every BSON type, and tells null from missing', async () => {
    const doc = {
      _id: new ObjectId(),
      at: new Date(1_700_000_000_123),
      bytes: new Binary(Buffer.from([0, 255, 7])),
      price: Decimal128.fromString('12.340'),
      big: Long.fromString('9007199254740993'),
      nothing: null,
      list: [1, 'two', null, { three: 3 }],
      deep: { a: { b: true } },
      half: 0.5,
      pattern: /a+/i,
    };
    await events.insertOne(doc);
    await events.updateOne({ _id: doc._id }, { $set: { touched: true } });
    const found = await events.findOne({ _id: doc._id });
    expect(found).toEqual({ ...doc, touched: true });
    await events.insertOne({ _id: 1, at: 1 });
    expect(await events.countDocuments({ nothing: null })).toBe(2);
    expect(await events.countDocuments({ nothing: { $exists: true } })).toBe(1);
    for (const filter of [
      { bytes: doc.bytes },
      { price: doc.price },
      { at: doc.at },
      { price: { $gt: Decimal128.fromString('9') } },
    ]) {
      expect(await events.countDocuments(filter)).toBe(1);
    }
    expect(await events.countDocuments({ bytes: new Binary(Buffer.from([0, 254, 7])) })).toBe(0);
  });

  it('updates with the operators the house uses', async () => {
    await events.insertOne({ _id: 1, n: 5, tags: ['a', 'a'], deep: { x: 1 }, gone: 1 });
    const update = async (change: Doc) => {
      await events.updateOne({ _id: 1 }, change);
      return events.findOne({ _id: 1 });
    };
    expect(await update({ $max: { n: 7 }, $min: { m: 3 }, $inc: { k: 2 } })).toMatchObject({ n: 7, m: 3, k: 2 });
    expect(await update({ $max: { n: 1 } })).toMatchObject({ n: 7 });
    expect(await update({ $addToSet: { tags: 'b' } })).toMatchObject({ tags: ['a', 'a', 'b'] });
    expect(await update({ $addToSet: { tags: { $each: ['b', 'c', 'c'] } } })).toMatchObject({
      tags: ['a', 'a', 'b', 'c'],
    });
    expect(await update({ $pull: { tags: 'a' } })).toMatchObject({ tags: ['b', 'c'] });
    expect(await update({ $push: { tags: { $each: ['d', 'e'], $slice: -3 } } })).toMatchObject({
      tags: ['c', 'd', 'e'],
    });
    expect(await update({ $push: { fresh: { $each: [1, 2, 3], $slice: -2 } } })).toMatchObject({ fresh: [2, 3] });
    expect(await update({ $push: { fresh: { $each: [0], $position: 0 } } })).toMatchObject({ fresh: [0, 2, 3] });
    expect(await update({ $pop: { fresh: 1 }, $set: { 'deep.y.z': 1 } })).toMatchObject({
      fresh: [0, 2],
      deep: { x: 1, y: { z: 1 } },
    });
    expect(await update({ $unset: { gone: '' }, $rename: { m: 'renamed' } })).not.toHaveProperty('gone');
    expect(await update({ $mul: { n: 2 } })).toMatchObject({ n: 14, renamed: 3 });
    expect(await update({ $set: { 'fresh.0': 9 } })).toMatchObject({ fresh: [9, 2] });
    await update({
      $set: {
        items: [
          { id: 1, v: 0 },
          { id: 2, v: 0 },
        ],
      },
    });
    await events.updateOne({ _id: 1, 'items.id': 2 }, { $set: { 'items.$.v': 5 } });
    await events.updateOne({ _id: 1 }, { $inc: { 'items.$[it].v': 1 } }, { arrayFilters: [{ 'it.id': 1 }] });
    expect(await events.findOne({ _id: 1 })).toMatchObject({
      items: [
        { id: 1, v: 1 },
        { id: 2, v: 5 },
      ],
    });
    await events.updateOne({ _id: 1 }, [{ $set: { sum: { $add: ['$n', 1] } } }]);
    expect(await events.findOne({ _id: 1 })).toMatchObject({ sum: 15 });
  });

  it.each([
    ['changing an id', { $set: { _id: 2 } }, 66],
    ['two operators on one path', { $set: { n: 1 }, $inc: { n: 1 } }, 40],
    ['a path and one inside it', { $set: { a: 1, 'a.b': 1 } }, 40],
    ['a path through a number', { $set: { 'n.x': 1 } }, 28],
    ['adding to a text', { $inc: { text: 1 } }, 14],
    ['pushing to a number', { $push: { n: 1 } }, 2],
    ['an unknown operator', { $frobnicate: { n: 1 } }, 9],
  ])('refuses %s and leaves the document as it was', async (_what, change, code) => {
    const doc = { _id: 1, n: 1, text: 't' };
    await events.insertOne(doc);
    expect((await errorOf(events.updateOne({ _id: 1 }, change as Doc))).code).toBe(code);
    expect(await events.find({}).toArray()).toEqual([doc]);
  });

  it('refuses an update without operators and a replacement with', async () => {
    await expect(events.updateOne({}, { n: 1 })).rejects.toThrow('atomic operators');
    await expect(events.replaceOne({}, { $set: { n: 1 } })).rejects.toThrow('atomic operators');
  });

  it('writes in bulk, ordered up to the first failure, unordered past it', async () => {
    const operations = [
      { insertOne: { document: { _id: 1, n: 1 } } },
      { insertOne: { document: { _id: 1 } } },
      { updateOne: { filter: { _id: 1 }, update: { $inc: { n: 1 } } } },
      { updateOne: { filter: { k: 9 }, update: { $set: { n: 0 } }, upsert: true } },
      { deleteOne: { filter: { k: 9 } } },
    ];
    const ordered = await errorOf(events.bulkWrite(structuredClone(operations)));
    expect(ordered).toBeInstanceOf(MongoBulkWriteError);
    expect(ordered).toMatchObject({ code: 11_000, insertedCount: 1, modifiedCount: 0 });
    await events.deleteMany({});
    const unordered = await errorOf(events.bulkWrite(structuredClone(operations), { ordered: false }));
    expect(unordered).toMatchObject({ insertedCount: 1, modifiedCount: 1, upsertedCount: 1, deletedCount: 1 });
    expect(
      (unordered as unknown as { writeErrors: { index: number }[] }).writeErrors.map(({ index }) => index),
    ).toEqual([1]);
    const many = await errorOf(events.insertMany([{ _id: 5 }, { _id: 5 }, { _id: 6 }], { ordered: false }));
    expect(many).toMatchObject({ code: 11_000, insertedCount: 2 });
  });

  it('counts, tells distinct values apart and aggregates', async () => {
    const docs = Array.from({ length: 30 }, (_, i) => ({ _id: i, room: `r${i % 3}`, n: i, tags: [i % 2, 'x'] }));
    await events.insertMany(docs);
    await events.createIndex({ room: 1, n: -1 });
    expect(await events.countDocuments({ room: 'r1', n: { $gte: 10 } })).toBe(7);
    expect(await events.countDocuments({}, { skip: 5, limit: 10 })).toBe(10);
    expect(await events.estimatedDocumentCount()).toBe(30);
    expect((await events.distinct('room')).sort()).toEqual(['r0', 'r1', 'r2']);
    expect((await events.distinct('tags', { room: 'r1' })).map(String).sort()).toEqual(['0', '1', 'x']);
    const sums = await events
      .aggregate([
        { $match: { room: { $in: ['r1', 'r2'] } } },
        { $group: { _id: '$room', sum: { $sum: '$n' } } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
    expect(sums).toEqual([
      { _id: 'r1', sum: 145 },
      { _id: 'r2', sum: 155 },
    ]);
  });
});

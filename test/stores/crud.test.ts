import { describe, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented } from '../support/store.ts';

/*
 * What MongoDB's CRUD specification asks of a collection, case by case, in our words: documents before, one call, what
 * it answers, documents after. The same table runs on every engine.
 */

interface Case {
  given?: Doc[];
  run: (collection: Documented) => Promise<unknown>;
  /** Of the answer, what must be there. */
  answers?: unknown;
  /** The error's code, or a part of its message. */
  fails?: number | RegExp;
  /** All documents afterwards by _id; those given where it is left out. */
  leaves?: Doc[];
}

const FOUR: Doc[] = [1, 2, 3, 4].map((n) => ({ _id: n, x: n * 11 }));
const without = (...ids: number[]): Doc[] => FOUR.filter(({ _id }) => !ids.includes(_id as number));
const withX = (changes: Record<number, unknown>): Doc[] =>
  FOUR.map((doc) => ({ ...doc, x: changes[doc['_id'] as number] ?? doc['x'] }));

const NESTED: Doc[] = [
  { _id: 1, y: [{ b: 3 }, { b: 1 }] },
  { _id: 2, y: [{ b: 0 }, { b: 1 }] },
  { _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 1 }] }] },
];

const cases: Record<string, Record<string, Case>> = {
  insert: {
    'one document answers its id': {
      given: [],
      run: (c) => c.insertOne({ _id: 9, x: 1 }),
      answers: { acknowledged: true, insertedId: 9 },
      leaves: [{ _id: 9, x: 1 }],
    },
    'one with an id that is there is refused': { run: (c) => c.insertOne({ _id: 1, x: 0 }), fails: 11000 },
    'many answer their ids by place': {
      given: [],
      run: (c) => c.insertMany([{ _id: 'a' }, { _id: 'b' }]),
      answers: { insertedCount: 2, insertedIds: { 0: 'a', 1: 'b' } },
      leaves: [{ _id: 'a' }, { _id: 'b' }],
    },
    'many in order stop at the first that is refused': {
      given: [{ _id: 2 }],
      run: (c) => c.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]),
      fails: 11000,
      leaves: [{ _id: 1 }, { _id: 2 }],
    },
    'many without order go on past it': {
      given: [{ _id: 2 }],
      run: (c) => c.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }], { ordered: false }),
      fails: 11000,
      leaves: [{ _id: 1 }, { _id: 2 }, { _id: 3 }],
    },
  },
  find: {
    'with skip, limit and sort': {
      run: (c) => c.find({}, { skip: 2, limit: 5, sort: { _id: 1 } }).toArray(),
      answers: [FOUR[2], FOUR[3]],
    },
    'with a negative limit gives as many and no more': {
      run: async (c) => (await c.find({}, { limit: -2 }).toArray()).length,
      answers: 2,
    },
    'with a small batch gives everything all the same': {
      run: async (c) => (await c.find({}, { batchSize: 2, sort: { _id: 1 } }).toArray()).map(({ _id }) => _id),
      answers: [1, 2, 3, 4],
    },
    'by $in, $nin, $exists, $mod and $not': {
      given: [...FOUR, { _id: 5 }],
      run: async (c) => [
        (await c.find({ x: { $in: [11, 44, 99] } }).toArray()).length,
        (await c.find({ x: { $nin: [11, 22] } }).toArray()).length,
        (await c.find({ x: { $exists: false } }).toArray()).length,
        (await c.find({ x: { $mod: [22, 0] } }).toArray()).length,
        (await c.find({ x: { $not: { $gt: 22 } } }).toArray()).length,
      ],
      answers: [2, 3, 1, 2, 3],
      leaves: [...FOUR, { _id: 5 }],
    },
    'by null finds null and missing, by a value neither': {
      given: [{ _id: 1, x: null }, { _id: 2 }, { _id: 3, x: 0 }],
      run: async (c) => [(await c.find({ x: null }).toArray()).length, (await c.find({ x: 0 }).toArray()).length],
      answers: [2, 1],
    },
    'by $elemMatch, $size and $all': {
      given: NESTED,
      run: async (c) => [
        (await c.find({ y: { $elemMatch: { b: { $gt: 2, $lt: 4 } } } }).toArray()).map(({ _id }) => _id),
        (await c.find({ y: { $size: 1 } }).toArray()).map(({ _id }) => _id),
        (await c.find({ 'y.b': { $all: [0, 1] } }).toArray()).map(({ _id }) => _id),
      ],
      answers: [[1], [3], [2]],
    },
    'one by a filter that finds none is null': { run: (c) => c.findOne({ x: 5 }), answers: null },
    'one with a projection': {
      run: (c) => c.findOne({ _id: 2 }, { projection: { x: 1, _id: 0 } }),
      answers: { x: 22 },
    },
  },
  'count and distinct': {
    'with skip and limit': {
      run: async (c) => [
        await c.countDocuments({}),
        await c.countDocuments({ x: { $gt: 11 } }, { skip: 1, limit: 5 }),
        await c.estimatedDocumentCount(),
      ],
      answers: [4, 2, 4],
    },
    'distinct values with and without a filter, of arrays by item': {
      given: [
        { _id: 1, x: 11, t: ['a', 'b'] },
        { _id: 2, x: 22, t: ['b'] },
        { _id: 3, x: 11 },
      ],
      run: async (c) => [
        await c.distinct('x'),
        await c.distinct('x', { x: { $gt: 11 } }),
        (await c.distinct('t')).sort(),
      ],
      answers: [[11, 22], [22], ['a', 'b']],
    },
  },
  delete: {
    'one where many match': {
      run: (c) => c.deleteOne({ x: { $gt: 11 } }),
      answers: { deletedCount: 1 },
      leaves: without(2),
    },
    many: { run: (c) => c.deleteMany({ x: { $gt: 11 } }), answers: { deletedCount: 3 }, leaves: [FOUR[0] ?? {}] },
    none: { run: (c) => c.deleteMany({ x: 5 }), answers: { deletedCount: 0 } },
    'and give back the first by an order': {
      run: (c) => c.findOneAndDelete({ x: { $gt: 11 } }, { sort: { x: -1 }, projection: { x: 1, _id: 0 } }),
      answers: { x: 44 },
      leaves: without(4),
    },
    'and give back null where nothing matches': { run: (c) => c.findOneAndDelete({ x: 5 }), answers: null },
  },
  replace: {
    'one where many match': {
      run: (c) => c.replaceOne({ x: { $gt: 11 } }, { x: 111 }),
      answers: { matchedCount: 1, modifiedCount: 1, upsertedCount: 0 },
      leaves: withX({ 2: 111 }),
    },
    'one by what it is already changes nothing': {
      run: (c) => c.replaceOne({ _id: 2 }, { x: 22 }),
      answers: { matchedCount: 1, modifiedCount: 0 },
    },
    'one with upsert and its id in the filter': {
      given: [],
      run: (c) => c.replaceOne({ _id: 7 }, { x: 1 }, { upsert: true }),
      answers: { matchedCount: 0, upsertedCount: 1, upsertedId: 7 },
      leaves: [{ _id: 7, x: 1 }],
    },
    'one by another id is refused': { run: (c) => c.replaceOne({ _id: 2 }, { _id: 5, x: 1 }), fails: 66 },
    'and give back the one before, the one after, or null': {
      run: async (c) => [
        await c.findOneAndReplace({ _id: 1 }, { x: 1 }),
        await c.findOneAndReplace({ _id: 1 }, { x: 2 }, { returnDocument: 'after' }),
        await c.findOneAndReplace({ _id: 9 }, { x: 3 }),
        await c.findOneAndReplace({ _id: 9 }, { x: 3 }, { upsert: true, returnDocument: 'after' }),
      ],
      answers: [FOUR[0], { _id: 1, x: 2 }, null, { _id: 9, x: 3 }],
      leaves: [...withX({ 1: 2 }), { _id: 9, x: 3 }],
    },
  },
  update: {
    'one where many match': {
      run: (c) => c.updateOne({ x: { $gt: 11 } }, { $inc: { x: 1 } }),
      answers: { matchedCount: 1, modifiedCount: 1, upsertedCount: 0, upsertedId: null },
      leaves: withX({ 2: 23 }),
    },
    many: {
      run: (c) => c.updateMany({ x: { $gt: 11 } }, { $inc: { x: 1 } }),
      answers: { matchedCount: 3, modifiedCount: 3 },
      leaves: withX({ 2: 23, 3: 34, 4: 45 }),
    },
    'with upsert where nothing matches takes the filter along': {
      run: (c) =>
        c.updateOne({ _id: 5, kind: 'a' }, { $inc: { x: 1 }, $setOnInsert: { made: true } }, { upsert: true }),
      answers: { matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId: 5 },
      leaves: [...FOUR, { _id: 5, kind: 'a', x: 1, made: true }],
    },
    'with upsert where something matches inserts nothing': {
      run: (c) => c.updateOne({ _id: 1 }, { $set: { x: 0 }, $setOnInsert: { made: true } }, { upsert: true }),
      answers: { matchedCount: 1, upsertedCount: 0 },
      leaves: withX({ 1: 0 }).map((doc) => (doc['_id'] === 1 ? { _id: 1, x: 0 } : doc)),
    },
    'without operators is refused': { run: (c) => c.updateOne({ _id: 1 }, { x: 1 }), fails: /atomic operators/ },
    'of the id is refused': { run: (c) => c.updateOne({ _id: 1 }, { $set: { _id: 8 } }), fails: 66 },
    'of one path twice is refused': {
      run: (c) => c.updateOne({ _id: 1 }, { $set: { x: 1 }, $inc: { x: 1 } }),
      fails: 40,
    },
    'to a key that another holds is refused, and nothing is changed': {
      run: async (c) => {
        await c.createIndex({ x: 1 }, { unique: true });
        await c.updateOne({ _id: 1 }, { $set: { x: 22 } });
      },
      fails: 11000,
    },
    'with array filters changes the items they mean': {
      given: NESTED,
      run: (c) => c.updateMany({}, { $set: { 'y.$[i].b': 2 } }, { arrayFilters: [{ 'i.b': { $in: [1, 3] } }] }),
      answers: { matchedCount: 3, modifiedCount: 2 },
      leaves: [{ _id: 1, y: [{ b: 2 }, { b: 2 }] }, { _id: 2, y: [{ b: 0 }, { b: 2 }] }, NESTED[2] ?? {}],
    },
    'with nested array filters': {
      given: NESTED,
      run: (c) =>
        c.updateOne({ _id: 3 }, { $set: { 'y.$[i].c.$[j].d': 0 } }, { arrayFilters: [{ 'i.b': 5 }, { 'j.d': 1 }] }),
      answers: { modifiedCount: 1 },
      leaves: [NESTED[0] ?? {}, NESTED[1] ?? {}, { _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 0 }] }] }],
    },
    'of the item that matched': {
      given: NESTED,
      run: (c) => c.updateOne({ 'y.b': 3 }, { $set: { 'y.$.b': 9 } }),
      answers: { modifiedCount: 1 },
      leaves: [{ _id: 1, y: [{ b: 9 }, { b: 1 }] }, NESTED[1] ?? {}, NESTED[2] ?? {}],
    },
    'by a pipeline reads what is there': {
      run: (c) => c.updateMany({ x: { $lt: 30 } }, [{ $set: { y: { $add: ['$x', 1] } } }, { $unset: 'x' }]),
      answers: { modifiedCount: 2 },
      leaves: [{ _id: 1, y: 12 }, { _id: 2, y: 23 }, FOUR[2] ?? {}, FOUR[3] ?? {}],
    },
    'and give back before and after': {
      run: async (c) => [
        await c.findOneAndUpdate({ x: { $gt: 11 } }, { $inc: { x: 1 } }, { sort: { x: -1 } }),
        await c.findOneAndUpdate(
          { _id: 4 },
          { $inc: { x: 1 } },
          { returnDocument: 'after', projection: { x: 1, _id: 0 } },
        ),
        await c.findOneAndUpdate({ _id: 9 }, { $inc: { x: 1 } }),
        await c.findOneAndUpdate({ _id: 9 }, { $inc: { x: 1 } }, { upsert: true }),
      ],
      answers: [FOUR[3], { x: 46 }, null, null],
      leaves: [...withX({ 4: 46 }), { _id: 9, x: 1 }],
    },
    'by $push with $each, $slice and $sort, $pull, $addToSet, $pop, $min, $max, $mul, $rename, $unset, $currentDate': {
      given: [{ _id: 1, l: [5, 1], s: ['a'], n: 2, old: 1, gone: 1 }],
      run: async (c) => {
        await c.updateOne(
          { _id: 1 },
          { $push: { l: { $each: [3, 9], $sort: -1, $slice: 3 } }, $addToSet: { s: { $each: ['a', 'b'] } } },
        );
        await c.updateOne(
          { _id: 1 },
          { $pull: { l: { $lt: 4 } }, $mul: { n: 3 }, $rename: { old: 'new' }, $unset: { gone: '' } },
        );
        await c.updateOne({ _id: 1 }, { $pop: { s: -1 }, $min: { n: 5 }, $max: { new: 7 } });
      },
      leaves: [{ _id: 1, l: [9, 5], s: ['b'], n: 5, new: 7 }],
    },
  },
  'in bulk': {
    'mixed, and every count answered': {
      run: async (c) => {
        const result = await c.bulkWrite([
          { insertOne: { document: { _id: 5, x: 55 } } },
          { updateOne: { filter: { _id: 1 }, update: { $set: { x: 1 } } } },
          { updateMany: { filter: { x: { $gt: 30 } }, update: { $inc: { x: 1 } } } },
          { replaceOne: { filter: { _id: 6 }, replacement: { x: 66 }, upsert: true } },
          { deleteOne: { filter: { _id: 2 } } },
          { deleteMany: { filter: { x: { $gt: 60 } } } },
        ]);
        const { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount, upsertedIds } = result;
        return { insertedCount, matchedCount, modifiedCount, deletedCount, upsertedCount, upsertedIds };
      },
      answers: {
        insertedCount: 1,
        matchedCount: 4,
        modifiedCount: 4,
        deletedCount: 2,
        upsertedCount: 1,
        upsertedIds: { 3: 6 },
      },
      leaves: [
        { _id: 1, x: 1 },
        { _id: 3, x: 34 },
        { _id: 4, x: 45 },
        { _id: 5, x: 56 },
      ],
    },
    'without order tells every failure and does the rest': {
      run: async (c) => {
        const error = await errorOf(
          c.bulkWrite(
            [
              { insertOne: { document: { _id: 1 } } },
              { insertOne: { document: { _id: 5 } } },
              { insertOne: { document: { _id: 2 } } },
              { deleteOne: { filter: { _id: 3 } } },
            ],
            { ordered: false },
          ),
        );
        const { writeErrors, result } = error as Error & {
          writeErrors: { index: number; code: number }[];
          result: { insertedCount: number; deletedCount: number };
        };
        const { insertedCount, deletedCount } = result;
        return [writeErrors.map(({ index, code }) => [index, code]), { insertedCount, deletedCount }];
      },
      answers: [
        [
          [0, 11000],
          [2, 11000],
        ],
        { insertedCount: 1, deletedCount: 1 },
      ],
      leaves: [...without(3), { _id: 5 }],
    },
  },
  aggregate: {
    'match, sort, skip, limit, project': {
      run: (c) =>
        c
          .aggregate([
            { $match: { x: { $gt: 11 } } },
            { $sort: { x: -1 } },
            { $skip: 1 },
            { $limit: 1 },
            { $project: { _id: 0, double: { $multiply: ['$x', 2] } } },
          ])
          .toArray(),
      answers: [{ double: 66 }],
    },
    'group, unwind, count': {
      given: [
        { _id: 1, k: 'a', t: ['p', 'q'] },
        { _id: 2, k: 'a', t: ['p'] },
        { _id: 3, k: 'b', t: [] },
      ],
      run: async (c) => [
        await c.aggregate([{ $group: { _id: '$k', n: { $sum: 1 } } }, { $sort: { _id: 1 } }]).toArray(),
        await c
          .aggregate([{ $unwind: '$t' }, { $group: { _id: '$t', n: { $sum: 1 } } }, { $sort: { _id: 1 } }])
          .toArray(),
        await c.aggregate([{ $match: { k: 'a' } }, { $count: 'many' }]).toArray(),
      ],
      answers: [
        [
          { _id: 'a', n: 2 },
          { _id: 'b', n: 1 },
        ],
        [
          { _id: 'p', n: 2 },
          { _id: 'q', n: 1 },
        ],
        [{ many: 2 }],
      ],
    },
    'an empty pipeline gives everything': { run: (c) => c.aggregate([]).toArray(), answers: FOUR },
  },
};

describe.each(Object.entries(cases))('%s', (_, table) => {
  it.each(Object.entries(table))('%s', async (__, { given = FOUR, run, answers, fails, leaves = given }) => {
    const collection = (await openStore()).collection('crud');
    if (given.length > 0) await collection.insertMany(given.map((doc) => structuredClone(doc)));
    if (fails === undefined) {
      const answer = await run(collection);
      if (Array.isArray(answers) || typeof answers !== 'object' || answers === null) {
        if (answers !== undefined) expect(answer).toEqual(answers);
      } else expect(answer).toMatchObject(answers);
    } else {
      const error = await errorOf(run(collection));
      if (typeof fails === 'number') expect(error.code).toBe(fails);
      else expect(error.message).toMatch(fails);
    }
    expect(await collection.find({}).sort({ _id: 1 }).toArray()).toEqual(leaves);
  });
});

it('$lookup reads another collection of the same store', async () => {
  const store = await openStore();
  await store.collection('units').insertMany([
    { _id: 'u1', name: '文殊' },
    { _id: 'u2', name: '白云' },
  ]);
  await store.collection('people').insertMany([
    { _id: 1, unit: 'u1' },
    { _id: 2, unit: 'u9' },
  ]);
  const lookup = { from: 'units', localField: 'unit', foreignField: '_id', as: 'where' };
  expect(
    await store
      .collection('people')
      .aggregate([{ $lookup: lookup }, { $sort: { _id: 1 } }])
      .toArray(),
  ).toEqual([
    { _id: 1, unit: 'u1', where: [{ _id: 'u1', name: '文殊' }] },
    { _id: 2, unit: 'u9', where: [] },
  ]);
});

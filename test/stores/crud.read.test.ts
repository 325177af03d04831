import { runCases, FOUR } from '../support/crud.ts';
import { expect, it } from 'vitest';
import { openStore, type Doc } from '../support/store.ts';

const NESTED: Doc[] = [
  { _id: 1, y: [{ b: 3 }, { b: 1 }] },
  { _id: 2, y: [{ b: 0 }, { b: 1 }] },
  { _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 1 }] }] },
];

runCases({
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

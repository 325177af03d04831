import { runCases, FOUR, withX } from '../support/crud.ts';
import { type Doc } from '../support/store.ts';

const NESTED: Doc[] = [
  { _id: 1, y: [{ b: 3 }, { b: 1 }] },
  { _id: 2, y: [{ b: 0 }, { b: 1 }] },
  { _id: 3, y: [{ b: 5, c: [{ d: 2 }, { d: 1 }] }] },
];

runCases({
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
});

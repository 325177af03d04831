import { runCases, FOUR, without, withX } from '../support/crud.ts';
import { errorOf } from '../support/store.ts';

runCases({
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
});

import { beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Doc, type Documented, type TestStore } from '../support/store.ts';

/* Walking through documents. Any engine: see collections.test.ts. */

let store: TestStore;
let events: Documented;
beforeEach(async () => {
  store = await openStore();
  events = store.collection('events');
});

const values = async (filter: Doc, path = '_id'): Promise<unknown[]> =>
  (await events.find(filter).sort({ _id: 1 }).toArray()).map((doc) => doc[path]);

describe('cursors', () => {
  beforeEach(async () => {
    await events.insertMany(Array.from({ length: 1200 }, (_, i) => ({ _id: i, n: 1200 - i })));
  });

  it('sorts, skips, limits and projects', async () => {
    const docs = await events.find({}).sort({ n: 1 }).skip(10).limit(3).project({ n: 1, _id: 0 }).toArray();
    expect(docs).toEqual([{ n: 11 }, { n: 12 }, { n: 13 }]);
    expect(
      await events
        .find({}, { projection: { n: 0 } })
        .limit(1)
        .toArray(),
    ).toEqual([{ _id: 0 }]);
  });

  it('can be walked in three ways and left early', async () => {
    const seen: unknown[] = [];
    const cursor = events.find({ _id: { $gte: 100 } }).batchSize(10);
    for await (const doc of cursor) {
      seen.push(doc['_id']);
      if (seen.length === 700) break;
    }
    expect(seen).toEqual(Array.from({ length: 700 }, (_, i) => i + 100));
    expect(cursor.closed).toBe(true);
    const other = events.find({}).sort({ _id: -1 }).limit(2);
    expect(await other.hasNext()).toBe(true);
    expect(await other.next()).toMatchObject({ _id: 1199 });
    expect(await other.next()).toMatchObject({ _id: 1198 });
    expect(await other.next()).toBeNull();
    let sum = 0;
    await events.find({ _id: { $lt: 4 } }).forEach((doc) => void (sum += Number(doc['_id'])));
    expect(sum).toBe(6);
  });

  it('goes on while others write', async () => {
    const seen: number[] = [];
    for await (const doc of events.find({}).sort({ _id: 1 })) {
      const id = Number(doc['_id']);
      seen.push(id);
      if (id % 100 === 0) await events.deleteOne({ _id: id + 1 });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(await events.countDocuments({})).toBe(1188);
  });
});

it('takes operators in a value for what they are', async () => {
  await events.insertMany([{ _id: 1, name: 'a' }, JSON.parse('{"_id":2,"__proto__":{"polluted":1}}') as Doc]);
  expect(await values({ name: '{"$ne":null}' })).toEqual([]);
  expect(({} as Doc)['polluted']).toBeUndefined();
});

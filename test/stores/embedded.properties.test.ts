import process from 'node:process';
import fc from 'fast-check';
import { Query, updateMany } from 'mingo';
import { beforeEach, expect, it } from 'vitest';
import { encodeKey } from '#server/platform/embedded/keys.ts';
import { openStore, type TestStore } from '../support/store.ts';

/*
 * The engine, with its indexes, plans and bounds, against mingo over a plain array: whatever is asked and changed, both
 * must have the same documents. fast-check prints the seed of a failure; LINLI_SEED tries another.
 */

type Doc = Record<string, unknown>;
const seed = Number(process.env['LINLI_SEED'] ?? 20_261_124);
const RUNS = { seed, numRuns: Number(process.env['LINLI_RUNS'] ?? 150) };

const small = fc.integer({ min: -2, max: 4 });
const text = fc.constantFrom('', 'a', 'ab', 'b', '中', '\0', 'a\0b');
const scalar = fc.oneof(small, text, fc.constant(null), fc.boolean(), fc.constantFrom(new Date(0), new Date(5)));
const value = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) });
const document = fc.record({ a: value, b: small, c: text, d: fc.record({ e: value }) }, { requiredKeys: [] });
const documents = fc
  .array(document, { minLength: 1, maxLength: 25 })
  .map((docs) => docs.map((doc, _id): Doc => ({ _id, ...doc })));

const path = fc.constantFrom('a', 'b', 'c', 'd.e', '_id');
const comparable = fc.oneof(small, text, fc.constantFrom(new Date(0), new Date(5)));
const condition: fc.Arbitrary<unknown> = fc.oneof(
  scalar,
  comparable.map((v) => ({ $gt: v })),
  comparable.map((v) => ({ $lte: v })),
  fc.tuple(small, small).map(([low, high]) => ({ $gte: low, $lt: high })),
  fc.tuple(text, text).map(([low, high]) => ({ $gt: low, $lte: high })),
  fc.array(scalar, { maxLength: 3 }).map((v) => ({ $in: v })),
  fc.array(scalar, { minLength: 1, maxLength: 2 }).map((v) => ({ $all: v })),
  scalar.map((v) => ({ $ne: v })),
  fc.boolean().map((v) => ({ $exists: v })),
);
const clause: fc.Arbitrary<Doc> = fc.dictionary(path, condition, { minKeys: 0, maxKeys: 3, noNullPrototype: true });
const filter: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 3, arbitrary: clause },
  { weight: 1, arbitrary: fc.tuple(clause, clause).map(([x, y]) => ({ $or: [x, y] })) },
  { weight: 1, arbitrary: fc.tuple(clause, clause).map(([x, y]) => ({ $and: [x, y] })) },
);
const sort = fc.uniqueArray(fc.tuple(path, fc.constantFrom(1 as const, -1 as const)), {
  selector: ([p]) => p,
  maxLength: 3,
});
const index = fc.uniqueArray(fc.tuple(path, fc.constantFrom(1 as const, -1 as const)), {
  selector: ([p]) => p,
  minLength: 1,
  maxLength: 3,
});
const indexes = fc.array(index, { maxLength: 3 });

let store: TestStore;
beforeEach(async () => {
  store = await openStore();
});

const matching = (docs: Doc[], wanted: Doc): Doc[] => new Query(wanted, { scriptEnabled: false }).find<Doc>(docs).all();

/** The same collection and index names again and again: what one run leaves behind would show in the next. */
async function collectionWith(docs: Doc[], keys: [string, 1 | -1][][]) {
  const collection = store.collection('events');
  await collection.drop();
  await collection.insertMany(structuredClone(docs));
  for (const [i, key] of keys.entries()) {
    const created = collection.createIndex(Object.fromEntries(key), { name: `index${String(i)}` });
    await created.catch(expectNoIndex);
  }
  return collection;
}

/** Two arrays in one index, or the same keys twice. */
function expectNoIndex(error: unknown): void {
  expect([171, 85]).toContain((error as { code: unknown }).code);
}

/** Where a document stands in an order: by the least of an array's items, or the greatest. */
function rank(doc: Doc, order: [string, 1 | -1][]): Buffer {
  const parts = order.map(([p, direction]) => {
    const held: unknown = p === 'd.e' ? (doc['d'] as Doc | undefined)?.['e'] : doc[p];
    if (Array.isArray(held) && held.length === 0) return direction === 1 ? Buffer.of(0x0c) : Buffer.of(0xff - 0x0c);
    const keys = [held].flat().map((v) => encodeKey([v], [direction]));
    return keys.reduce((x, y) => (Buffer.compare(x, y) <= 0 ? x : y));
  });
  return Buffer.concat(parts);
}

it('finds what mingo finds, in the order asked for, whatever the indexes', { timeout: 30_000 }, async () => {
  const property = fc.asyncProperty(documents, indexes, filter, sort, async (docs, keys, wanted, order) => {
    const collection = await collectionWith(docs, keys);
    const ids = ({ _id }: Doc) => Number(_id);
    const found = (await collection.find(wanted).sort(order).toArray()) as Doc[];
    const expected = matching(docs, wanted).map(ids);
    expect(found.map(ids).sort((x, y) => x - y)).toEqual(expected);
    expect(await collection.countDocuments(wanted)).toBe(expected.length);
    const ranks = found.map((doc) => rank(doc, order));
    expect(ranks).toEqual(ranks.toSorted((x, y) => Buffer.compare(x, y)));
    const page = (await collection.find(wanted).sort(order).skip(1).limit(2).toArray()) as Doc[];
    expect(page.map((doc) => rank(doc, order))).toEqual(ranks.slice(1, 3));
  });
  await fc.assert(property, RUNS);
});

const change: fc.Arbitrary<Doc> = fc.oneof(
  fc.record({ $set: fc.record({ a: value, 'd.e': value }, { requiredKeys: ['a'] }) }),
  fc.record({ $inc: fc.record({ b: small }) }),
  fc.record({ $max: fc.record({ b: small }), $unset: fc.constant({ c: '' }) }),
  fc.record({ $min: fc.record({ b: small }), $set: fc.record({ c: text }) }),
);

it('has after any writes what mingo has, and every index knows every document', { timeout: 30_000 }, async () => {
  const steps = fc.array(fc.tuple(clause, change), { minLength: 1, maxLength: 6 });
  const property = fc.asyncProperty(documents, indexes, steps, async (docs, keys, writes) => {
    const collection = await collectionWith(docs, keys);
    const expected = structuredClone(docs).map((doc) => ({ d: {}, ...doc }));
    await collection.updateMany({ d: { $exists: false } }, { $set: { d: {} } });
    for (const [wanted, update] of writes) {
      updateMany(expected, wanted, update, { cloneMode: 'deep' }, { scriptEnabled: false });
      const failed = await collection.updateMany(wanted, update).then(() => false, expectNoIndex);
      if (failed !== false) return; // MongoDB stops in the middle as well
    }
    const found = (await collection.find({}).sort({ _id: 1 }).toArray()) as Doc[];
    expect(found).toEqual(expected);
    for (const { name } of (await collection.indexes()).slice(1)) {
      const through = (await collection.find({}).hint(String(name)).toArray()) as Doc[];
      expect(through.map(({ _id }) => Number(_id)).sort((x, y) => x - y)).toEqual(found.map(({ _id }) => _id));
    }
    const deletedCount = Number((await collection.deleteMany({ b: { $gte: 0 } }))['deletedCount']);
    expect(deletedCount).toBe(matching(expected, { b: { $gte: 0 } }).length);
    for (const { name } of (await collection.indexes()).slice(1)) {
      expect(await collection.find({}).hint(String(name)).toArray()).toHaveLength(found.length - deletedCount);
    }
  });
  await fc.assert(property, RUNS);
});

it('orders keys as it orders their parts, up and down, and never runs one into the next', () => {
  const parts = fc.tuple(scalar, scalar);
  const directions = fc.tuple(fc.constantFrom(1 as const, -1 as const), fc.constantFrom(1 as const, -1 as const));
  const property = fc.property(parts, parts, directions, (x, y, [first, second]) => {
    const one = (v: unknown, w: unknown) => Math.sign(Buffer.compare(encodeKey([v]), encodeKey([w])));
    const expected = one(x[0], y[0]) * first || one(x[1], y[1]) * second;
    const compared = Buffer.compare(encodeKey(x, [first, second]), encodeKey(y, [first, second]));
    expect(Math.sign(compared)).toBe(Object.is(expected, -0) ? 0 : expected);
  });
  fc.assert(property, { ...RUNS, numRuns: 2000 });
});

import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkStore } from '#server/platform/embedded/backup.ts';
import { deleteExpired } from '#server/platform/embedded/indexes.ts';
import { Scan, type Hit } from '#server/platform/embedded/scan.ts';
import { openStore as openEmbedded } from '#server/platform/embedded/store.ts';
import { isEmbedded, openStore, temporaryFolder } from '../support/store.ts';

const COUNT = 2_600;
const OLD = new Date(0);

/** A thing in four rows of five that is to go, between things that stay. */
async function aFullCollection() {
  const folder = await temporaryFolder();
  const store = await openStore(folder);
  const rows = store.collection('rows');
  await rows.createIndex({ tags: 1 });
  await rows.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
  const goes = (i: number): boolean => i % 5 !== 0;
  await rows.insertMany(
    Array.from({ length: COUNT }, (_, i) => ({ _id: i, goes: goes(i), tags: goes(i) ? ['a', 'b', i] : [i], at: OLD })),
  );
  await rows.updateMany({ goes: false }, { $set: { at: 'never' } });
  const pull = vi.spyOn(Scan.prototype, 'pull');
  onTestFinished(() => {
    pull.mockRestore();
  });
  const most = (): number => Math.max(...pull.mock.results.map(({ value }) => (value as Hit[]).length));
  const left = async (): Promise<unknown[]> => (await rows.distinct('_id')).sort((a, b) => Number(a) - Number(b));
  return { folder, store, rows, most, left };
}

const STAY = Array.from({ length: COUNT / 5 }, (_, i) => i * 5);

describe.skipIf(!isEmbedded)('to delete thousands takes no more than 500 of them into memory, and leaves none', () => {
  it.each([
    ['found one by one', { goes: true }],
    ['found by an index over arrays, each several times', { tags: { $in: ['a', 'b'] } }],
    ['found by two indexes', { $or: [{ tags: 'a' }, { at: OLD }] }],
  ])('%s', async (_, filter) => {
    const { folder, rows, most, left } = await aFullCollection();
    expect(await rows.deleteMany(filter)).toMatchObject({ deletedCount: COUNT - STAY.length });
    expect(most()).toBe(500);
    expect(await left()).toEqual(STAY);
    expect(await checkStore(folder)).toEqual([]);
  });

  it('among other writes', async () => {
    const { rows, most, left } = await aFullCollection();
    const found = await rows.bulkWrite([
      { deleteMany: { filter: { goes: true } } },
      { deleteOne: { filter: { _id: 0 } } },
      { deleteOne: { filter: { _id: 1 } } },
    ]);
    expect(found).toMatchObject({ deletedCount: COUNT - STAY.length + 1 });
    expect(most()).toBe(500);
    expect(await left()).toEqual(STAY.slice(1));
  });

  it('because they expired', async () => {
    const { folder, most, left } = await aFullCollection();
    const embedded = await openEmbedded(folder);
    await deleteExpired(embedded, embedded.table('linli.rows'));
    await embedded.release();
    expect(most()).toBe(500);
    expect(await left()).toEqual(STAY);
  });
});

import type { AnyBulkWriteOperation, mongo } from 'mongoose';
import { isDuplicate } from './store-errors.ts';

/** A row of a read model; `applied` is the seq of the last event that it has seen. */
export interface AppliedRow {
  _id: string;
  applied: number;
}

/**
 * Only the newest state of a row is kept: one that has seen as many events as what is written, or more, stays as it is.
 * So batches may repeat, and several processes may write the same rows side by side. By _id.
 */
export async function putNewest<Row extends AppliedRow>(
  collection: mongo.Collection<Row>,
  rows: readonly Row[],
): Promise<void> {
  for (let left = rows; left.length > 0;) {
    try {
      await collection.bulkWrite(left.map(replaceOlder) as unknown as AnyBulkWriteOperation<Row>[], { ordered: false });
      return;
    } catch (error) {
      // E11000: the row is there and not older, so that the upsert met its own id. Anything else is a failure.
      if (isDuplicate(error) && !namesThem(error) && left.length > 1) return putEach(collection, left);
      const refused = duplicatesIn(error, left.length);
      if (
        refused === undefined ||
        !(await hold(
          collection,
          left.filter((_, i) => refused.has(i)),
        ))
      )
        throw error;
      left = left.filter((_, i) => !refused.has(i)); // once more: not every server goes on after the first refusal
    }
  }
}

const replaceOlder = (row: AppliedRow) => ({
  replaceOne: { filter: { _id: row._id, applied: { $lt: row.applied } }, replacement: row, upsert: true },
});

/** Whether each of these is there in this state or a newer one: it may have been another key that was taken. */
async function hold<Row extends AppliedRow>(
  collection: mongo.Collection<Row>,
  rows: readonly AppliedRow[],
): Promise<boolean> {
  const filter = { _id: { $in: rows.map(({ _id }) => _id) } } as unknown as mongo.Filter<Row>;
  const found = (await collection.find(filter, { projection: { applied: 1 } }).toArray()) as unknown as AppliedRow[];
  const applied = new Map(found.map((row) => [row._id, row.applied]));
  return rows.every((row) => (applied.get(row._id) ?? -1) >= row.applied);
}

/** Not every server says which of a bulk it refused. */
async function putEach<Row extends AppliedRow>(collection: mongo.Collection<Row>, rows: readonly Row[]): Promise<void> {
  for (const row of rows) await putNewest(collection, [row]);
}

interface BulkFailure {
  writeErrors: { index: number }[];
}

const namesThem = (error: unknown): error is BulkFailure => {
  const { writeErrors } = error as { writeErrors?: unknown };
  return Array.isArray(writeErrors) && writeErrors.length > 0;
};

/** Which operations of a bulk met a key that is taken; undefined where something else failed as well. */
function duplicatesIn(error: unknown, count: number): Set<number> | undefined {
  if (!isDuplicate(error)) return undefined;
  if (!namesThem(error)) return count === 1 ? new Set([0]) : undefined;
  return error.writeErrors.every(isDuplicate) ? new Set(error.writeErrors.map(({ index }) => index)) : undefined;
}

import mongoose from 'mongoose';
import type { Doc } from './keys.ts';
import { toSort } from './scan.ts';
import type { Table } from './store.ts';
import { deleteAll, deleteFirst, insert, prepare, update } from './write.ts';

const { ObjectId, MongoBulkWriteError, MongoInvalidArgumentError, MongoServerError } = mongoose.mongo;

export type BulkOperation = Record<string, Doc>;

interface Tally {
  ok: number;
  writeErrors: { index: number; code: unknown; errmsg: string; op: unknown }[];
  writeConcernErrors: never[];
  insertedIds: { index: number; _id: unknown }[];
  nInserted: number;
  nUpserted: number;
  nMatched: number;
  nModified: number;
  nRemoved: number;
  upserted: { index: number; _id: unknown }[];
}

interface Bulk {
  operations: BulkOperation[];
  ordered: boolean;
  ignoreUndefined: boolean;
}

type Step = (table: Table, tally: Tally) => void;

function toStep(operation: BulkOperation, index: number, { ignoreUndefined }: Bulk): Step {
  const [name = '', what = {}] = Object.entries(operation)[0] ?? [];
  if (name === 'insertOne') {
    const doc = (what['document'] ?? what) as Doc;
    doc['_id'] ??= new ObjectId();
    const prepared = prepare(doc, ignoreUndefined);
    return (table, tally) => {
      insert(table, prepared);
      tally.nInserted++;
    };
  }
  const filter = (what['filter'] ?? {}) as Doc;
  const how = { sort: toSort(what['sort']), hint: what['hint'] };
  if (name === 'deleteOne') {
    return (table, tally) => {
      if (deleteFirst(table, filter, how) !== null) tally.nRemoved++;
    };
  }
  if (name === 'deleteMany') {
    return (table, tally) => {
      tally.nRemoved += deleteAll(table, filter, how.hint);
    };
  }
  if (!['updateOne', 'updateMany', 'replaceOne'].includes(name)) {
    throw new MongoInvalidArgumentError(`Unknown bulk operation ${name}`);
  }
  const change = (what['update'] ?? what['replacement'] ?? {}) as Doc;
  const hasOperators = Array.isArray(change) || (Object.keys(change)[0]?.startsWith('$') ?? false);
  if (hasOperators !== (name !== 'replaceOne')) {
    throw new MongoInvalidArgumentError(
      hasOperators
        ? 'Replacement document must not contain atomic operators'
        : 'Update document requires atomic operators',
    );
  }
  const arrayFilters = what['arrayFilters'] as Doc[] | undefined;
  const options = {
    ...how,
    filter,
    change,
    arrayFilters,
    multi: name === 'updateMany',
    upsert: what['upsert'] === true,
  };
  return (table, tally) => {
    const written = update(table, options);
    tally.nMatched += written.matchedCount;
    tally.nModified += written.modifiedCount;
    tally.nUpserted += written.upsertedCount;
    if (written.upsertedCount > 0) tally.upserted.push({ index, _id: written.upsertedId });
  };
}

/** Runs the operations one after another in one transaction. @throws MongoBulkWriteError with what each one came to */
export async function runBulk(
  write: (work: (table: Table) => void) => Promise<void>,
  bulk: Bulk,
): Promise<mongoose.mongo.BulkWriteResult> {
  if (bulk.operations.length === 0) throw new MongoInvalidArgumentError('Invalid BulkOperation, Batch cannot be empty');
  const steps = bulk.operations.map((operation, index) => toStep(operation, index, bulk));
  const insertedIds = bulk.operations.flatMap((operation, index) => {
    const doc = operation['insertOne'];
    return doc === undefined ? [] : [{ index, _id: ((doc['document'] ?? doc) as Doc)['_id'] }];
  });
  const counts = { nInserted: 0, nUpserted: 0, nMatched: 0, nModified: 0, nRemoved: 0 };
  const tally: Tally = { ok: 1, writeErrors: [], writeConcernErrors: [], insertedIds, upserted: [], ...counts };
  await write((table) => {
    for (const [index, step] of steps.entries()) {
      try {
        step(table, tally);
      } catch (error) {
        if (!(error instanceof MongoServerError)) throw error;
        tally.writeErrors.push({ index, code: error.code, errmsg: error.message, op: bulk.operations[index] });
        if (bulk.ordered) return;
      }
    }
  });
  return toResult(tally, bulk);
}

/** The driver's `WriteError`, which it does not hand out: one operation of several, and why it failed. */
class WriteError {
  readonly err: Tally['writeErrors'][number];
  constructor(err: Tally['writeErrors'][number]) {
    this.err = err;
  }
  get code(): unknown {
    return this.err.code;
  }
  get index(): number {
    return this.err.index;
  }
  get errmsg(): string {
    return this.err.errmsg;
  }
  getOperation(): unknown {
    return this.err.op;
  }
}

type Result = mongoose.mongo.BulkWriteResult;
/** Constructors the driver has and its types hide. */
const hidden = {
  ...(
    mongoose as unknown as {
      driver: { get: () => { BulkWriteResult: new (tally: object, ordered: boolean) => Result } };
    }
  ).driver.get(),
  MongoBulkWriteError: MongoBulkWriteError as unknown as new (error: object, result: Result) => Error,
};

function toResult(tally: Tally, { ordered }: Bulk): Result {
  const writeErrors = tally.writeErrors.map((error) => new WriteError(error));
  const result = new hidden.BulkWriteResult({ ...tally, writeErrors }, ordered);
  const [first] = tally.writeErrors;
  if (first === undefined) return result;
  throw new hidden.MongoBulkWriteError({ message: first.errmsg, code: first.code, writeErrors }, result);
}

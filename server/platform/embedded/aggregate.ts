import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';
import { documentOf } from './entries.ts';
import { serverError } from './errors.ts';
import { encodeKey, type Doc } from './keys.ts';
import { refuseScripts, runPipeline } from './mingo.ts';
import { valuesAt } from './paths.ts';
import { findNow, Scan, toSort, type Query } from './scan.ts';
import type { Index, Table } from './store.ts';

const AFTER = Buffer.of(0xff, 0xff);

/** Every value of `path` among the documents the filter finds, arrays item by item, in no promised order. */
export function distinctValues(table: Table, path: string, filter: Doc): unknown[] {
  const index = table.indexes.find(
    ({ fields, sparse, matches, isReadable }) => isReadable && fields[0] === path && !sparse && matches === undefined,
  );
  if (index !== undefined && Object.keys(filter).length === 0) return leap(table, index, path);
  const found = new Map<string, unknown>();
  const scan = new Scan(table, { filter });
  for (const { doc } of scan.pull(Infinity))
    for (const value of present(doc, path)) found.set(encodeKey([value]).toString('latin1'), value);
  return [...found.values()];
}

function present(doc: Doc, path: string): unknown[] {
  return valuesAt(doc, path).values.filter((value) => value !== undefined && typeof value !== 'symbol');
}

/** From one value to the next: reads one entry and one document per value, however many share it. */
function leap(table: Table, index: Index, path: string): unknown[] {
  const values: unknown[] = [];
  let start = Buffer.of(0);
  for (;;) {
    const [entry] = [...index.entries.getRange({ start, limit: 1 })];
    if (entry === undefined) return values;
    const bytes = table.primary.get(documentOf(index, entry));
    const doc = bytes === undefined ? {} : mongoose.mongo.BSON.deserialize(bytes);
    const key = Buffer.from(entry.key);
    const encoded = present(doc, path).map((value) => ({ value, at: encodeKey([value], [index.directions[0] ?? 1]) }));
    const match = encoded.find(({ at }) => key.subarray(0, at.length).equals(at));
    if (match !== undefined) values.push(match.value);
    start = match === undefined ? Buffer.concat([key, Buffer.of(0)]) : Buffer.concat([match.at, AFTER]);
  }
}

/** Refuses stages that write, and scripts. @throws MongoServerError */
function checkPipeline(pipeline: Doc[]): void {
  refuseScripts(pipeline);
  for (const stage of pipeline) {
    if ('$out' in stage || '$merge' in stage) {
      throw serverError('illegalOperation', 'This store has no $out and no $merge');
    }
  }
}

/** Runs a pipeline. What it begins with is a query and goes through the indexes; `other` finds a collection by name. */
export function aggregate(table: Table, pipeline: Doc[], other: (name: string) => Table): Doc[] {
  checkPipeline(pipeline);
  const rest = [...pipeline];
  const take = (stage: string): unknown => {
    if (rest[0]?.[stage] === undefined) return undefined;
    return rest.shift()?.[stage];
  };
  const filters: Doc[] = [];
  for (let match = take('$match'); match !== undefined; match = take('$match')) filters.push(match as Doc);
  const query: Query = { filter: filters.length > 1 ? { $and: filters } : (filters[0] ?? {}) };
  query.sort = toSort(take('$sort'));
  query.skip = Number(take('$skip') ?? 0);
  query.limit = Number(take('$limit') ?? 0);
  const docs = findNow(table, query).map(({ doc }) => doc);
  if (rest.length === 0) return docs;
  return runPipeline(docs, rest, (name) => findNow(other(name), { filter: {} }).map(({ doc }) => doc));
}

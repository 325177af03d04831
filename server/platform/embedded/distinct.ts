import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';
import { encodeKey, valuesAt, type Doc } from './keys.ts';
import { Scan } from './scan.ts';
import type { Index, Table } from './store.ts';

const AFTER = Buffer.of(0xff, 0xff);

/** Every value of `path` among the documents the filter finds, arrays item by item, in no promised order. */
export function distinctValues(table: Table, path: string, filter: Doc): unknown[] {
  const index = table.indexes.find(
    ({ fields, sparse, matches }) => fields[0] === path && !sparse && matches === undefined,
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
    const bytes = table.primary.get(entry.value);
    const doc = bytes === undefined ? {} : mongoose.mongo.BSON.deserialize(bytes);
    const key = Buffer.from(entry.key);
    const encoded = present(doc, path).map((value) => ({ value, at: encodeKey([value], [index.directions[0] ?? 1]) }));
    const match = encoded.find(({ at }) => key.subarray(0, at.length).equals(at));
    if (match !== undefined) values.push(match.value);
    start = match === undefined ? Buffer.concat([key, Buffer.of(0)]) : Buffer.concat([match.at, AFTER]);
  }
}

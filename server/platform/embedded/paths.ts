import { Buffer } from 'node:buffer';
import { serverError } from './errors.ts';
import { EMPTY, encodeKey, MAX_KEY, plain, type Direction, type Doc } from './keys.ts';

/** One index key of one document and the values it was made of. */
export interface IndexKey {
  key: Buffer;
  values: unknown[];
}

function collectFromArray(items: unknown[], path: readonly string[], out: unknown[]): void {
  const [part = '', ...rest] = path;
  if (/^\d+$/.test(part)) collect(items[Number(part)], rest, out);
  else for (const item of items) if (typeof item === 'object' && item !== null) collect(item, path, out);
  if (out.length === 0) out.push(undefined);
}

/** Adds what `path` leads to, and says whether an array was on the way or at the end. */
function collect(value: unknown, path: readonly string[], out: unknown[]): boolean {
  const [part, ...rest] = path;
  if (Array.isArray(value)) {
    const items = value as unknown[];
    if (part !== undefined) collectFromArray(items, path, out);
    else if (items.length === 0) out.push(EMPTY);
    else out.push(...items);
    return true;
  }
  if (part === undefined) {
    out.push(value);
    return false;
  }
  const inner = plain(value);
  if (inner instanceof Map) return collect(inner.get(part), rest, out);
  const has = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part);
  return collect(has ? (inner as Doc)[part] : undefined, has ? rest : [], out);
}

const paths = new Map<string, string[]>();

/** All values an index on `path` sees in `doc`: the items of arrays, `undefined` where it is missing. */
export function valuesAt(doc: Doc, path: string): { values: unknown[]; isArray: boolean } {
  let parts = paths.get(path);
  if (parts === undefined) paths.set(path, (parts = path.split('.')));
  const values: unknown[] = [];
  const isArray = collect(doc, parts, values);
  return { values, isArray };
}

/** Every key `doc` has in an index over `fields`, without repetition, and which fields held arrays. */
export function indexKeys(doc: Doc, fields: readonly string[], directions: readonly Direction[]) {
  const columns = fields.map((field) => valuesAt(doc, field));
  const arrays = fields.filter((_, i) => columns[i]?.isArray);
  const missing = columns.every(({ values }) => values.every((value) => value === undefined));
  if (arrays.length === 0) {
    const values = columns.map((column) => column.values[0]);
    return { keys: [checked({ key: encodeKey(values, directions), values })], arrays, missing };
  }
  if (new Set(arrays.map((field) => field.split('.')[0])).size > 1) {
    throw serverError('parallelArrays', `cannot index parallel arrays [${arrays.join('] [')}]`);
  }
  let rows: unknown[][] = [[]];
  for (const { values } of columns) rows = rows.flatMap((row) => values.map((value) => [...row, value]));
  const keys = new Map<string, IndexKey>();
  for (const values of rows) {
    const key = checked({ key: encodeKey(values, directions), values });
    keys.set(key.key.toString('latin1'), key);
  }
  return { keys: [...keys.values()], arrays, missing };
}

/** Leaves room for the document's own key, which follows in a non-unique index. Never cut: a cut key breaks uniqueness. */
function checked(entry: IndexKey): IndexKey {
  if (entry.key.length > MAX_KEY) {
    throw serverError('keyTooLong', `index key too long: ${entry.key.length} bytes, at most ${MAX_KEY} can be indexed`);
  }
  return entry;
}

import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';
import { entriesOf, type Entry } from './entries.ts';
import { duplicateKey, serverError } from './errors.ts';
import { encodeKey, MAX_KEY, type Doc } from './keys.ts';
import { isPlain } from './mingo.ts';
import type { Sort } from './plan.ts';
import { findNow, Scan, type Hit } from './scan.ts';
import type { Table } from './store.ts';
import { applyUpdate } from './update.ts';

/*
 * What happens inside the write transaction. Nobody else runs there, so whatever is read stays true until it is put:
 * that is what makes a unique key unique and an update atomic. Everything is read and checked before the first put, so
 * an operation that throws has changed nothing; only to delete many goes on reading after it has begun.
 */

const { BSON, ObjectId } = mongoose.mongo;
/** As stored: wrappers instead of numbers where a number would change the type on the way back. */
const FAITHFUL = { promoteLongs: false } as const;

export interface Written {
  matchedCount: number;
  modifiedCount: number;
  upsertedCount: number;
  upsertedId: unknown;
  before: Doc | null;
  after: Doc | null;
}
export interface UpdateOptions {
  upsert?: boolean | undefined;
  sort?: Sort | undefined;
  arrayFilters?: Doc[] | undefined;
  hint?: unknown;
}

interface Prepared {
  doc: Doc;
  bytes: Uint8Array;
}

/** `doc` with its `_id` first, and its bytes. Before the transaction: it needs nothing from the store. */
export function prepare(doc: Doc, ignoreUndefined = false): Prepared {
  const source = typeof doc['toBSON'] === 'function' ? (doc['toBSON'] as () => Doc).call(doc) : doc;
  const { _id, ...rest } = source;
  if (Array.isArray(_id) || _id instanceof RegExp || _id === undefined) {
    throw serverError(
      'badValue',
      `The '_id' value cannot be of type ${_id === undefined ? 'undefined' : 'array or regex'}`,
    );
  }
  const ordered = { _id, ...rest };
  return { doc: ordered, bytes: BSON.serialize(ordered, { ignoreUndefined }) };
}

function checkUnique(table: Table, entries: Entry[], id: Buffer): void {
  for (const { index, stored, key } of entries) {
    if (!index.unique) continue;
    const holder = index.entries.get(stored);
    if (holder !== undefined && !id.equals(holder))
      throw duplicateKey(table.namespace, { name: index.name, pattern: index.key }, key.values);
  }
}

/** Puts a document and its index entries in place of `old`. All checks first; from the first put on nothing may throw. */
function place(table: Table, next: Prepared, old?: Hit): void {
  const id = encodeKey([next.doc['_id']]);
  if (id.length > MAX_KEY) throw serverError('keyTooLong', `_id too long: ${id.length} bytes, at most ${MAX_KEY}`);
  const { entries, arrays } = entriesOf(table, next.doc, id);
  if (old === undefined && table.primary.doesExist(id)) {
    throw duplicateKey(table.namespace, { name: '_id_', pattern: { _id: 1 } }, [next.doc['_id']]);
  }
  const former = old === undefined ? [] : entriesOf(table, old.doc, id).entries;
  const isIn = (list: Entry[]) => {
    const names = new Set(list.map(({ index, stored }) => index.name + stored.toString('latin1')));
    return ({ index, stored }: Entry) => names.has(index.name + stored.toString('latin1'));
  };
  const kept = former.length === 0 ? () => false : isIn(former);
  const fresh = entries.filter((entry) => !kept(entry));
  checkUnique(table, fresh, id);
  if (arrays.length > 0 || !table.isSaved) {
    for (const [index, path] of arrays) if (!index.arrays.includes(path)) index.arrays.push(path);
    table.save();
  }
  if (former.length > 0) {
    const stays = isIn(entries);
    for (const entry of former) if (!stays(entry)) void entry.index.entries.remove(entry.stored);
  }
  void table.primary.put(id, next.bytes);
  for (const { index, stored, value } of fresh) void index.entries.put(stored, value);
}

/** @throws MongoServerError E11000 */
export function insert(table: Table, prepared: Prepared): void {
  place(table, prepared);
}

/** Removes one document found in this transaction. */
function remove(table: Table, { key, doc }: Hit): void {
  const id = Buffer.from(key);
  for (const { index, stored } of entriesOf(table, doc, id).entries) void index.entries.remove(stored);
  void table.primary.remove(id);
}

/** The document an upsert starts from: what the filter pins by equality. */
function seed(filter: Doc, doc: Doc = {}): Doc {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and') for (const part of condition as Doc[]) seed(part, doc);
    if (path.startsWith('$')) continue;
    const isOperator = isPlain(condition) && (Object.keys(condition)[0]?.startsWith('$') ?? false);
    if (isOperator && !('$eq' in condition)) continue;
    const parts = path.split('.');
    const last = parts.pop() ?? '';
    let at = doc;
    for (const part of parts) at = (at[part] ??= {}) as Doc;
    if (!(condition instanceof RegExp)) at[last] = isOperator ? condition['$eq'] : condition;
  }
  return doc;
}

const isReplacement = (change: Doc | Doc[]): change is Doc =>
  !Array.isArray(change) && !(Object.keys(change)[0]?.startsWith('$') ?? false);

/** What the change makes of `doc`, a copy the caller gives away. */
function changed(doc: Doc, { change, filter, arrayFilters }: Change, inserting: boolean): Doc {
  if (!isReplacement(change)) return applyUpdate(doc, change, { filter, arrayFilters, inserting });
  const { _id = doc['_id'], ...fields } = change;
  return { ...(_id === undefined ? {} : { _id }), ...fields };
}

function upsert(table: Table, change: Change): Written {
  const { _id = new ObjectId() as unknown, ...fields } = changed(seed(change.filter), change, true);
  const prepared = prepare({ _id, ...fields });
  insert(table, prepared);
  const after = BSON.deserialize(prepared.bytes);
  return { matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId: _id, before: null, after };
}

export interface Change extends UpdateOptions {
  filter: Doc;
  /** A replacement, update operators or an update pipeline. */
  change: Doc | Doc[];
  /** All the filter finds, not only the first. */
  multi: boolean;
}

/** Rewrites one document found in this transaction; `isModified` if its bytes changed. */
function rewrite(table: Table, hit: Hit, change: Change): { isModified: boolean; bytes: Uint8Array } {
  const next = changed(BSON.deserialize(hit.bytes, FAITHFUL), change, false);
  const prepared = prepare(next);
  if (!encodeKey([prepared.doc['_id']]).equals(hit.key)) {
    throw serverError(
      'immutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  const isModified = Buffer.compare(prepared.bytes, hit.bytes) !== 0;
  if (isModified) place(table, prepared, hit);
  return { isModified, bytes: prepared.bytes };
}

/**
 * Changes the first document the filter finds (in the order of `sort`), or all. Reads, decides and writes in one
 * transaction, so two of them never see the same state.
 * @throws MongoServerError E11000, immutable field, and what the update itself refuses
 */
export function update(table: Table, change: Change): Written {
  const { filter, multi, sort = [], hint } = change;
  const hits = findNow(table, { filter, sort, hint, limit: multi ? 0 : 1 });
  const [first] = hits;
  if (first === undefined && change.upsert === true) return upsert(table, change);
  let modifiedCount = 0;
  let after: Doc | null = null;
  for (const hit of hits) {
    const { isModified, bytes } = rewrite(table, hit, change);
    if (isModified) modifiedCount++;
    if (!multi) after = BSON.deserialize(bytes);
  }
  const before = multi || first === undefined ? null : BSON.deserialize(first.bytes);
  return { matchedCount: hits.length, modifiedCount, upsertedCount: 0, upsertedId: null, before, after };
}

/** Deletes the first document the filter finds (in the order of `sort`), and returns it; null where there is none. */
export function deleteFirst(table: Table, filter: Doc, options: { sort?: Sort; hint?: unknown } = {}): Doc | null {
  const [hit] = findNow(table, { filter, ...options, limit: 1 });
  if (hit === undefined) return null;
  remove(table, hit);
  return hit.doc;
}

const AT_A_TIME = 500; // documents in memory, however many are found

/**
 * Deletes all the filter finds, in one transaction, and returns how many. Where the filter itself fails at a document,
 * those before it are gone, as on MongoDB.
 */
export function deleteAll(table: Table, filter: Doc, hint?: unknown): number {
  const scan = new Scan(table, { filter, hint });
  let deleted = 0;
  while (!scan.isDone) {
    const hits = scan.pull(AT_A_TIME);
    for (const hit of hits) remove(table, hit);
    deleted += hits.length;
  }
  return deleted;
}

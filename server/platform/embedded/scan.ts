import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';
import { documentOf } from './entries.ts';
import { serverError } from './errors.ts';
import { encodeKey, type Direction, type Doc } from './keys.ts';
import { matcher } from './mingo.ts';
import { valuesAt } from './paths.ts';
import { planQuery, type Plan, type Range, type Sort } from './plan.ts';
import type { Table } from './store.ts';

const { BSON } = mongoose.mongo;
type Decode = NonNullable<Parameters<typeof BSON.deserialize>[1]>;

/** A document as found: its key, its bytes, and what they say. */
export interface Hit {
  key: Uint8Array;
  bytes: Uint8Array;
  doc: Doc;
}

export interface Query {
  filter: Doc;
  sort?: Sort;
  skip?: number;
  limit?: number;
  projection?: Doc;
  hint?: unknown;
  decode?: Decode;
}

/** As MongoDB's profiler: every scan that begins while somebody listens. For tests; nobody does in a hub. */
export const profiler: { scans: Scan[] | undefined } = { scans: undefined };

/**
 * Reads what a plan says, lazily and in batches. Between two batches nothing is held open in LMDB, since an old snapshot
 * would make the file grow: it goes on after the last key, as MongoDB does, and may see what was written meanwhile.
 */
export class Scan {
  keysExamined = 0;
  docsExamined = 0;
  returned = 0;
  readonly plan: Plan;
  readonly filter: Doc;
  readonly #table: Table;
  readonly #test: ((doc: Doc) => boolean) | undefined;
  readonly #decode: Decode;
  readonly #seen: Set<string> | undefined;
  #work: { plan: Plan; range: Range; last?: Uint8Array }[];

  constructor(table: Table, { filter, sort = [], hint, decode = {} }: Query) {
    this.#table = table;
    this.filter = filter;
    profiler.scans?.push(this);
    this.plan = planQuery(table, filter, { sort, hint });
    this.#test = this.plan.isExact ? undefined : matcher(filter); // exact means: only operators the planner knows
    this.#decode = decode;
    const plans = this.plan.parts ?? [this.plan];
    // Found twice: under two items of an array, or by two branches.
    if (plans.length > 1 || plans.some(({ index }) => index !== undefined && index.arrays.length > 0))
      this.#seen = new Set();
    this.#work = plans.flatMap((plan) => {
      const ranges = plan.reverse ? plan.ranges.toReversed() : plan.ranges;
      return ranges.map((range) => ({ plan, range }));
    });
  }

  get namespace(): string {
    return this.#table.namespace;
  }

  get isDone(): boolean {
    return this.#work.length === 0;
  }

  /** How many there are in all; without reading them where the bounds say it all. */
  count(): number {
    const { isExact, isPoint, index, parts } = this.plan;
    if (!isExact || isPoint || parts !== undefined || this.#seen !== undefined) return this.pull(Infinity).length;
    const entries = index?.entries ?? this.#table.primary;
    return this.plan.ranges.reduce((sum, { lo, hi }) => sum + entries.getKeysCount({ start: lo, end: hi }), 0);
  }

  /** Up to `max` further documents. */
  pull(max: number): Hit[] {
    const hits: Hit[] = [];
    while (hits.length < max) {
      const [next] = this.#work;
      if (next === undefined) break;
      this.#read(next, hits, max);
      if (hits.length < max) this.#work.shift();
    }
    this.returned += hits.length;
    return hits;
  }

  #read(work: { plan: Plan; range: Range; last?: Uint8Array }, hits: Hit[], max: number): void {
    const { plan, range, last } = work;
    const entries = plan.index?.entries ?? this.#table.primary;
    if (plan.isPoint) {
      if (last !== undefined) return;
      work.last = range.lo;
      this.keysExamined++;
      const value = entries.get(range.lo);
      if (value !== undefined) this.#take(plan, { key: range.lo, value }, hits);
      return;
    }
    const [start, end] = plan.reverse ? [range.hi, range.lo] : [range.lo, range.hi];
    const bounds = { start: last ?? start, end, exclusiveStart: plan.reverse || last !== undefined }; // `hi` is excluded
    for (const entry of entries.getRange({ ...bounds, reverse: plan.reverse, inclusiveEnd: plan.reverse })) {
      this.keysExamined++;
      work.last = entry.key;
      this.#take(plan, entry, hits);
      if (hits.length >= max) return;
    }
  }

  #take(plan: Plan, entry: { key: Uint8Array; value: Uint8Array }, hits: Hit[]): void {
    const key = plan.index === undefined ? entry.key : documentOf(plan.index, entry);
    const name = this.#seen === undefined ? '' : Buffer.from(key).toString('latin1');
    if (this.#seen?.has(name)) return;
    this.#seen?.add(name);
    const bytes = plan.index === undefined ? entry.value : this.#table.primary.get(key);
    if (bytes === undefined) return;
    this.docsExamined++;
    const doc = BSON.deserialize(bytes, this.#decode);
    if (this.#test?.(doc) ?? true) hits.push({ key, bytes, doc });
  }
}

function sortKey(doc: Doc, sort: Sort): Buffer {
  const parts = sort.map(([path, direction]) => {
    const keys = valuesAt(doc, path).values.map((value) => encodeKey([value], [direction]));
    return keys.reduce((a, b) => (Buffer.compare(a, b) <= 0 ? a : b)); // an array sorts by its least item, or its greatest
  });
  return Buffer.concat(parts);
}

/** In MongoDB's order across types, by the same bytes an index would use; equal ones stay as they were. */
export function sortHits(hits: Hit[], sort: Sort): Hit[] {
  const keyed = hits.map((hit) => ({ hit, by: sortKey(hit.doc, sort) }));
  return keyed.sort((a, b) => Buffer.compare(a.by, b.by)).map(({ hit }) => hit);
}

/** All that a query finds, sorted and cut, in one go: what a write reads inside its transaction. */
export function findNow(table: Table, query: Query): Hit[] {
  const scan = new Scan(table, query);
  const { sort = [], skip = 0, limit = 0 } = query;
  const wanted = limit > 0 ? skip + limit : Infinity;
  const found = scan.plan.isSorted ? scan.pull(wanted) : sortHits(scan.pull(Infinity), sort);
  return found.slice(skip, wanted);
}

/** `{ a: 1 }`, `[['a', -1]]`, `'a'`, a Map: as pairs. @throws MongoServerError BadValue for other directions */
export function toSort(sort: unknown, direction: unknown = 1): Sort {
  if (sort === undefined || sort === null) return [];
  if (typeof sort === 'string') return [[sort, toDirection(direction)]];
  let pairs: unknown[];
  if (sort instanceof Map) pairs = [...(sort as Map<string, unknown>)];
  else if (!Array.isArray(sort)) pairs = Object.entries(sort);
  else if (sort.length === 2 && typeof sort[0] === 'string' && !['string', 'object'].includes(typeof sort[1]))
    pairs = [sort];
  else pairs = (sort as unknown[]).map((part): unknown[] => (Array.isArray(part) ? part : [part, 1]));
  return pairs.map((pair) => [String((pair as unknown[])[0]), toDirection((pair as unknown[])[1])]);
}

function toDirection(direction: unknown): Direction {
  if (direction === 1 || direction === '1' || direction === 'asc' || direction === 'ascending') return 1;
  if (direction === -1 || direction === '-1' || direction === 'desc' || direction === 'descending') return -1;
  throw serverError('badValue', `Sort direction must be 1 or -1, not ${JSON.stringify(direction)}`);
}

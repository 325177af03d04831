import { Buffer } from 'node:buffer';
import { conditionsOf, isOperators, type Bounds } from './conditions.ts';
import { serverError } from './errors.ts';
import { encodeKey, MAX_KEY, typeTag, type Direction, type Doc } from './keys.ts';
import { matcher } from './mingo.ts';
import type { Index, Table } from './store.ts';

/*
 * How a query reads. Each index is tried: its leading fields that the filter pins to single values make the prefix of
 * the key, the next one may be a range, and what follows may give the order. The best one wins: most pinned fields,
 * then a range, then the order. What the bounds do not express exactly is tested on the document afterwards.
 */

/** Keys from `lo` (included) up to `hi` (excluded), as bytes. */
export interface Range {
  lo: Buffer;
  hi: Buffer;
}
export interface Plan {
  /** Undefined is the collection itself, in the order of `_id`. */
  index: Index | undefined;
  ranges: Range[];
  /** Every range is one whole key of a unique index. */
  isPoint: boolean;
  reverse: boolean;
  /** The documents come in the order that was asked for. */
  isSorted: boolean;
  /** The bounds say all the filter says: nothing is left to test. */
  isExact: boolean;
  /** Without bounds: every document is read. */
  isScan: boolean;
  /** The branches of an `$or`, each with a plan of its own. */
  parts?: Plan[];
}
export type Sort = [string, Direction][];

const MAX_POINTS = 200;
const AFTER = Buffer.of(0xff, 0xff); // two: a text may go on with 0xff where it is turned around
const EVERYTHING: Range = { lo: Buffer.of(0), hi: AFTER };

/** Whether every document the filter lets through is in the index. */
function contains(index: Index, fields: Map<string, Bounds>, filter: Doc): boolean {
  const isPresent = (path: string) => {
    const bounds = fields.get(path);
    if (bounds?.points !== undefined) return bounds.points.every((value) => value !== null && value !== undefined);
    return bounds?.lower !== undefined || bounds?.upper !== undefined || bounds?.prefix !== undefined;
  };
  if (index.sparse && !index.fields.some(isPresent)) return false;
  return Object.entries(index.partialFilterExpression ?? {}).every(([path, condition]) => {
    if (JSON.stringify(filter[path]) === JSON.stringify(condition)) return true;
    if (isOperators(condition) && condition['$exists'] === true && Object.keys(condition).length === 1)
      return isPresent(path);
    const points = fields.get(path)?.points;
    const test = matcher({ value: condition });
    return points !== undefined && points.length > 0 && points.every((value) => test?.({ value }) ?? true);
  });
}

/** A place between keys: before `at` and all that continues it, or after. */
interface Cut {
  at: Buffer;
  after: boolean;
}
const toKey = ({ at, after }: Cut): Buffer => (after ? Buffer.concat([at, AFTER]) : at);
/** The same place where the order is turned around. */
const turned = ({ at, after }: Cut): Cut => ({ at: Buffer.from(at.map((unit) => ~unit & 0xff)), after: !after });

function cutAt(value: unknown, after: boolean, wider: boolean): Cut {
  const at = encodeKey([value]);
  const short = at.subarray(0, MAX_KEY - 100);
  return { at: short, after: short.length < at.length ? wider : after }; // a cut value: rather too much than too little
}

function rangeOf(prefix: Buffer, bounds: Bounds, direction: Direction): Range | undefined {
  const { lower, upper } = bounds;
  const sample = lower?.value ?? upper?.value ?? bounds.prefix;
  if (sample === undefined) return undefined;
  const tag = typeTag(sample);
  let lo: Cut = { at: Buffer.of(tag - 1), after: true };
  let hi: Cut = { at: Buffer.of(tag + 1), after: false };
  if (lower !== undefined) lo = cutAt(lower.value, !lower.inclusive, false);
  if (upper !== undefined) hi = cutAt(upper.value, upper.inclusive, true);
  if (lower === undefined && upper === undefined) {
    const at = encodeKey([sample]).subarray(0, -2); // without the terminator: whatever goes on from here
    [lo, hi] = [
      { at, after: false },
      { at, after: true },
    ];
  }
  if (direction === -1) [lo, hi] = [turned(hi), turned(lo)];
  return { lo: Buffer.concat([prefix, toKey(lo)]), hi: Buffer.concat([prefix, toKey(hi)]) };
}

const pointRange = (key: Buffer): Range => ({ lo: key, hi: Buffer.concat([key, AFTER]) });

interface Query {
  filter: Doc;
  sort: Sort;
  fields: Map<string, Bounds>;
  isWhole: boolean;
}

/** What an index does for a query; `best` compares the scores. */
type Candidate = Plan & { score: number };

/** Whether reading from field `from` on (the ones before are fixed) gives the order, forwards or backwards. */
function orderFrom(
  { fields, directions, arrays }: Shape,
  from: number,
  sort: Sort,
): { isSorted: boolean; reverse: boolean } {
  const fixed = fields.slice(0, from).filter((path) => !arrays.includes(path));
  const wanted = sort.filter(([path]) => !fixed.includes(path));
  const reverse = wanted.length > 0 && directions[from] !== wanted[0]?.[1];
  const isSorted = wanted.every(([path, direction], i) => {
    if (fields[0] === '_id' && i > 0) return true; // nothing is left to order
    return fields[from + i] === path && !arrays.includes(path) && (directions[from + i] === direction) !== reverse;
  });
  return { isSorted, reverse: isSorted && reverse };
}

type Shape = Pick<Index, 'fields' | 'directions' | 'arrays' | 'unique'> & { entries?: Index['entries'] };
const PRIMARY: Shape = { fields: ['_id'], directions: [1], arrays: [], unique: true };

/** How far apart two values may be in number before it stops mattering which is read for. */
const ENOUGH = 256;

/** Which of the values, after `prefix`, has the fewest entries, counted up to a limit. */
function rarest({ entries }: Shape, at: { prefix: Buffer; direction: Direction }, values: unknown[]): unknown {
  if (entries === undefined || values.length === 1) return values[0];
  const counted = values.map((value) => {
    const { lo, hi } = pointRange(Buffer.concat([at.prefix, encodeKey([value], [at.direction])]));
    return { value, count: [...entries.getKeys({ start: lo, end: hi, limit: ENOUGH })].length };
  });
  return counted.reduce((a, b) => (b.count < a.count ? b : a)).value;
}

/** The leading fields pinned to values, as the keys they make; `single` of them to one value only. */
function pin(shape: Shape, query: Query): { keys: Buffer[]; pinned: number; single: number } {
  const { fields, directions } = shape;
  let keys: Buffer[] = [Buffer.alloc(0)];
  let pinned = 0;
  let single = 0;
  for (const path of fields) {
    const { points: given, all } = query.fields.get(path) ?? {};
    const [first] = keys;
    const points =
      all === undefined || first === undefined
        ? given
        : [rarest(shape, { prefix: first, direction: directions[pinned] ?? 1 }, all)];
    if (points === undefined || points.length * keys.length > MAX_POINTS) break;
    const parts = points.map((value) => encodeKey([value], [directions[pinned] ?? 1]));
    keys = keys.flatMap((key) => parts.map((part) => Buffer.concat([key, part])));
    if (single === pinned && points.length === 1) single++;
    pinned++;
  }
  const once = new Map(keys.map((key) => [key.toString('latin1'), key]));
  // A key that long cannot have been stored. In order, so that reading range after range keeps the order of the index.
  return {
    keys: [...once.values()].filter((key) => key.length <= MAX_KEY).sort((a, b) => Buffer.compare(a, b)),
    pinned,
    single,
  };
}

function candidate(index: Index | undefined, query: Query): Candidate {
  const shape = index ?? PRIMARY;
  const { keys, pinned, single } = pin(shape, query);
  const used = shape.fields.slice(0, pinned);
  let ranges = pinned === 0 ? [EVERYTHING] : keys.map(pointRange);
  const next = shape.fields[pinned];
  let bounds = next === undefined ? undefined : query.fields.get(next);
  // Different items of an array may fulfil the two ends: only one of them bounds.
  if (bounds?.lower !== undefined && next !== undefined && shape.arrays.includes(next))
    bounds = { isExact: false, lower: bounds.lower };
  if (next !== undefined && bounds !== undefined && bounds.points === undefined) {
    const { [pinned]: direction = 1 } = shape.directions;
    const narrowed = keys.map((key) => rangeOf(key, bounds, direction)).filter((range) => range !== undefined);
    if (narrowed.length > 0) {
      ranges = narrowed;
      used.push(next);
    }
  }
  const isExact =
    query.isWhole &&
    [...query.fields].every(
      ([path, { isExact: isCertainly }]) => isCertainly && used.includes(path) && !shape.arrays.includes(path),
    );
  const isPoint = pinned === shape.fields.length && shape.unique;
  const order = orderFrom(shape, single, query.sort);
  const isSorted = order.isSorted || (isPoint && keys.length <= 1);
  const helpsOrder = isSorted && query.sort.length > 0;
  const score = (isPoint ? 1000 : 0) + pinned * 10 + (used.length > pinned ? 5 : 0) + (helpsOrder ? 3 : 0);
  return { index, ranges, isPoint, isExact, isSorted, reverse: order.reverse, isScan: used.length === 0, score };
}

/** Whether `hint`, a name or a key pattern, means `index`. */
function isHinted(index: Index, hint: unknown): boolean {
  return typeof hint === 'string' ? hint === index.name : JSON.stringify(hint) === JSON.stringify(index.key);
}

/** The best way to read what `filter` asks for in the order of `sort`; `hint` chooses an index by name or pattern. */
export function planQuery(table: Table, filter: Doc, { sort, hint }: { sort: Sort; hint?: unknown }): Plan {
  const query = { filter, sort, ...conditionsOf(filter) };
  const indexes = table.indexes.filter((index) => index.isReadable && contains(index, query.fields, filter));
  const hinted = hint === undefined ? undefined : indexes.find((index) => isHinted(index, hint));
  if (hinted !== undefined) return candidate(hinted, query);
  if (hint !== undefined && hint !== '_id_' && JSON.stringify(hint) !== '{"_id":1}') {
    throw serverError('badValue', 'hint provided does not correspond to an existing index');
  }
  let best = candidate(undefined, query);
  for (const index of indexes) {
    const other = candidate(index, query);
    if (other.score > best.score) best = other;
  }
  return best.isScan ? (eitherWay(table, filter, sort) ?? best) : best;
}

/** For `$or`: each branch by its own index, if every one has one. */
function eitherWay(table: Table, filter: Doc, sort: Sort): Plan | undefined {
  const { $or: branches, ...rest } = filter;
  if (!Array.isArray(branches) || branches.length === 0) return undefined;
  const parts = (branches as Doc[]).map((branch) => planQuery(table, { $and: [rest, branch] }, { sort: [] }));
  if (parts.some((part) => part.isScan)) return undefined;
  return {
    index: undefined,
    ranges: [],
    parts,
    isPoint: false,
    isExact: false,
    isSorted: sort.length === 0,
    reverse: false,
    isScan: false,
  };
}

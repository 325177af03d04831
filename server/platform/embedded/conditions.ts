import mongoose from 'mongoose';
import { typeTag, type Doc } from './keys.ts';

/*
 * What a filter says that an index can answer: per field, values it must have or ends it must lie between. All the rest
 * of a filter is for mingo, on the documents the index brings up.
 */

/** What one field must fulfil, as far as an index can say it. Bounds are conjoined; `points` is a choice. */
export interface Bounds {
  points?: unknown[];
  /** All of these must be among the items; one of them is read for, the rarest. */
  all?: unknown[];
  lower?: { value: unknown; inclusive: boolean };
  upper?: { value: unknown; inclusive: boolean };
  prefix?: string;
  isExact: boolean;
}

function isScalar(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  if (value instanceof Date || value instanceof Uint8Array) return true;
  return '_bsontype' in value && !['Code', 'DBRef', 'BSONRegExp'].includes(String(value._bsontype));
}

/** Values that mingo and the key order treat alike: for them the bounds need no second look. */
function isCertain(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isNaN(value);
  if (value instanceof Date || value instanceof mongoose.mongo.ObjectId) return true;
  return typeof value === 'string' || typeof value === 'boolean';
}

/** `{ $gt: 1 }`, as opposed to a value. */
export function isOperators(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value)[0]?.startsWith('$') ?? false;
}

function literalStart(pattern: RegExp): string | undefined {
  if (pattern.flags !== '' || pattern.source.includes('|')) return undefined;
  const start = /^\^([\p{L}\p{N} _:/@-]+)(.?)/u.exec(pattern.source);
  if (start?.[1] === undefined) return undefined;
  return /[*?{]/.test(start[2] ?? '') ? start[1].replace(/.$/u, '') : start[1];
}

const SIDES: Record<string, 'lower' | 'upper'> = { $gt: 'lower', $gte: 'lower', $lt: 'upper', $lte: 'upper' };

/** Adds one condition; false if no index can help with it. */
function restrict(bounds: Bounds, operator: string, value: unknown): boolean {
  const isCompound = bounds.points !== undefined || bounds.lower !== undefined || bounds.upper !== undefined;
  if (operator === '$eq' || operator === '$in' || operator === '$all') {
    const values: unknown = operator === '$eq' ? [value] : value;
    if (!Array.isArray(values) || !values.every(isScalar) || bounds.points !== undefined) return false;
    bounds.points = values;
    bounds.isExact &&= !isCompound && operator !== '$all' && values.every(isCertain);
    if (operator !== '$all' || values.length === 0) return true; // `$all: []` finds nothing, like `$in: []`
    bounds.all = values;
    bounds.points = values.slice(0, 1);
    return true;
  }
  if (!isScalar(value) || value === null || value === undefined) return false;
  if (bounds.points !== undefined) bounds.isExact = false;
  const side = SIDES[operator];
  if (side === undefined || bounds[side] !== undefined) return false;
  const other = side === 'lower' ? bounds.upper : bounds.lower;
  if (other !== undefined && typeTag(other.value) !== typeTag(value)) return false;
  bounds[side] = { value, inclusive: operator.endsWith('e') };
  bounds.isExact &&= isCertain(value);
  return true;
}

function addCondition(fields: Map<string, Bounds>, path: string, condition: unknown): boolean {
  const bounds = fields.get(path) ?? { isExact: true };
  fields.set(path, bounds);
  if (condition instanceof RegExp) {
    const start = literalStart(condition);
    if (start !== undefined && bounds.prefix === undefined) bounds.prefix = start;
    return (bounds.isExact = false);
  }
  const operators = isOperators(condition) ? Object.entries(condition) : [['$eq', condition] as const];
  let all = true;
  for (const [operator, value] of operators) {
    if (!restrict(bounds, operator, value)) all = bounds.isExact = false;
  }
  return all;
}

/** The conditions of `filter` by field, through `$and`; `isWhole` if they are all it says. */
export function conditionsOf(
  filter: Doc,
  fields = new Map<string, Bounds>(),
): { fields: Map<string, Bounds>; isWhole: boolean } {
  let isWhole = true;
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(condition)) {
      for (const part of condition) isWhole = conditionsOf(part as Doc, fields).isWhole && isWhole;
    } else if (path.startsWith('$')) isWhole &&= path === '$comment';
    else isWhole = addCondition(fields, path, condition) && isWhole;
  }
  return { fields, isWhole };
}

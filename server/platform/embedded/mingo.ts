import { Buffer } from 'node:buffer';
import { Aggregator, Context, Query } from 'mingo';
import * as queryOperators from 'mingo/operators/query';
import { Query as BareQuery } from 'mingo/query';
import mongoose from 'mongoose';
import { serverError } from './errors.ts';
import type { Doc } from './keys.ts';

/*
 * The door to mingo: what a filter matches, what a projection or pipeline yields (update.ts: what an update changes).
 * Scripts are off and refused by name, because a filter that reached mingo with one would otherwise run it.
 */

const OPTIONS = { scriptEnabled: false };
/** Without expressions, since mingo copies its whole context for every query. */
const PLAIN = { scriptEnabled: false, context: Context.init().addQueryOps(queryOperators) };
const REFUSED = new Set(['$where', '$function', '$accumulator', '$jsonSchema', '$text', '$near', '$nearSphere']);
const { Binary, Decimal128, Double, Int32, Long, MongoServerError } = mongoose.mongo;

/** An object of fields, not an instance of anything. */
export function isPlain(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Throws on any operator that runs code or that this engine does not have. @throws MongoServerError BadValue */
export function refuseScripts(value: unknown): void {
  if (Array.isArray(value)) value.forEach(refuseScripts);
  else if (isPlain(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (REFUSED.has(key)) throw serverError('badValue', `${key} is not allowed in this store`);
      refuseScripts(inner);
    }
  }
}

/** What mingo throws, as the error MongoDB's server would have sent. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MongoServerError) throw error;
    throw serverError('badValue', error instanceof Error ? error.message : String(error));
  }
}

/** Bytes by their content: mingo compares foreign classes by `toString()`, which loses bytes that are not UTF-8. */
class Bytes {
  readonly hex: string;
  constructor(bytes: Uint8Array, subtype: number) {
    this.hex = `${subtype}:${Buffer.from(bytes).toString('hex')}`;
  }
  toString(): string {
    return this.hex;
  }
}

/** A value of a class mingo cannot compare, as one it can; undefined for all others. */
function softened(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Binary) return new Bytes(value.value(), value.sub_type);
  if (value instanceof Uint8Array) return new Bytes(value, 0);
  if (value instanceof Decimal128 || value instanceof Long) return Number(value.toString());
  return value instanceof Int32 || value instanceof Double ? value.valueOf() : undefined;
}

/** A copy whose values mingo compares by content. `onSoftened` is told when one had to be replaced. */
export function comparable(value: unknown, onSoftened?: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => comparable(item, onSoftened));
  if (value instanceof Map) return comparable(Object.fromEntries(value), onSoftened);
  if (isPlain(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner, onSoftened)]));
  }
  const soft = softened(value);
  if (soft !== undefined) onSoftened?.();
  return soft ?? value;
}

/** A test for one document, or undefined where the filter lets everything through. @throws MongoServerError BadValue */
export function matcher(filter: Doc): ((doc: Doc) => boolean) | undefined {
  refuseScripts(filter);
  let isExotic = false;
  const condition = comparable(filter, () => (isExotic = true)) as Doc;
  delete condition['$comment'];
  if (Object.keys(condition).length === 0) return undefined;
  const hasExpressions = JSON.stringify(Object.keys(condition)).includes('$');
  const query = guarded(() => (hasExpressions ? new Query(condition, OPTIONS) : new BareQuery(condition, PLAIN)));
  return (doc) => guarded(() => query.test(isExotic ? (comparable(doc) as Doc) : doc));
}

/** Runs `pipeline` over `source`; `resolve` gives the documents of another collection, for `$lookup`. */
export function runPipeline(source: Doc[], pipeline: Doc[], resolve: (name: string) => Doc[]): Doc[] {
  return guarded(() => new Aggregator(pipeline, { ...OPTIONS, collectionResolver: resolve }).run(source));
}

/** The documents as `projection` shows them; `filter` is what a `$` in it points into. */
export function project(docs: Doc[], projection: Doc, filter: Doc): Doc[] {
  const entries = Object.entries(projection);
  if (entries.length === 0) return docs;
  const isSimple = entries.every(([path, how]) => !path.includes('.') && !path.startsWith('$') && isFlag(how));
  if (!isSimple) {
    const condition = entries.some(([path]) => path.endsWith('.$')) ? filter : {};
    return guarded(() => new Query(condition, OPTIONS).find<Doc>(docs, projection).all());
  }
  const others = entries.filter(([path]) => path !== '_id');
  const isInclusion = others.length > 0 ? others.some(([, how]) => Boolean(how)) : Boolean(projection['_id']);
  if (others.some(([, how]) => Boolean(how) !== isInclusion)) {
    throw serverError('badValue', 'Cannot mix inclusion and exclusion in a projection');
  }
  const withId = Boolean(projection['_id'] ?? true);
  const isKept = (path: string) => (path === '_id' ? withId : path in projection === isInclusion);
  return docs.map((doc) => Object.fromEntries(Object.entries(doc).filter(([path]) => isKept(path))));
}

const isFlag = (how: unknown): boolean => typeof how === 'boolean' || typeof how === 'number';

import { Aggregator, Query, updateOne } from 'mingo';
import { isEqual } from 'mingo/util';
import mongoose from 'mongoose';
import { serverError } from './errors.ts';
import { valuesAt, type Doc } from './keys.ts';

/*
 * The only door to mingo: what a filter matches, what an update changes, what a projection or pipeline yields. Scripts
 * are off and refused by name, because a filter that reached here with one would otherwise run it.
 */

/** `idKey` names no field: mingo refuses any mention of `_id`, MongoDB only a change; write.ts checks for the change. */
const OPTIONS = { scriptEnabled: false, idKey: '\0' };
const REFUSED = new Set(['$where', '$function', '$accumulator', '$jsonSchema', '$text', '$near', '$nearSphere']);

function isPlain(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Throws on any operator that runs code or that this engine does not know. @throws MongoServerError BadValue */
export function refuseScripts(value: unknown): void {
  if (Array.isArray(value)) value.forEach(refuseScripts);
  else if (isPlain(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (REFUSED.has(key)) throw serverError('badValue', `${key} is not allowed in this store`);
      refuseScripts(inner);
    }
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof mongoose.mongo.MongoServerError) throw error;
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

let exotic = false;

/** Values mingo cannot compare by themselves, as ones it can; sets `exotic` if there were any. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === 'bigint') return (exotic = true) && Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, comparable(v)]));
  if (value instanceof Map) return comparable(Object.fromEntries(value));
  if (value instanceof mongoose.mongo.Binary) return (exotic = true) && new Bytes(value.value(), value.sub_type);
  if (value instanceof Uint8Array) return (exotic = true) && new Bytes(value, 0);
  if (value instanceof mongoose.mongo.Decimal128) return (exotic = true) && Number(value.toString());
  if (value instanceof mongoose.mongo.Long || value instanceof mongoose.mongo.Int32) return Number(value.toString());
  if (value instanceof mongoose.mongo.Double) return value.value;
  return value;
}

/** A test for one document, or undefined where the filter lets everything through. */
export function matcher(filter: Doc): ((doc: Doc) => boolean) | undefined {
  refuseScripts(filter);
  exotic = false;
  const condition = comparable(filter) as Doc;
  delete condition['$comment'];
  if (Object.keys(condition).length === 0) return undefined;
  const query = guarded(() => new Query(condition, OPTIONS));
  const walk = exotic;
  return (doc) => guarded(() => query.test(walk ? (comparable(doc) as Doc) : doc));
}

/** Runs `pipeline` over `source`; other collections by `resolve`. */
export function runPipeline(source: Iterable<Doc>, pipeline: Doc[], resolve: (name: string) => Doc[]): Doc[] {
  return guarded(() => new Aggregator(pipeline, { ...OPTIONS, collectionResolver: resolve }).run([...source]));
}

/** `doc` as `projection` shows it. The original `filter` is what `$` in a projection points into. */
export function project(doc: Doc, projection: Doc, filter: Doc): Doc {
  const entries = Object.entries(projection);
  const simple = entries.every(
    ([path, how]) => !path.includes('.') && (typeof how === 'boolean' || isFinite(Number(how))),
  );
  if (!simple) {
    const positional = entries.find(([path]) => path.endsWith('.$'));
    if (positional !== undefined)
      throw serverError('badValue', `positional projection ${positional[0]} is not offered`);
    return guarded(() => new Query({}, OPTIONS).find<Doc>([doc], projection).next()) ?? {};
  }
  void filter;
  const including = entries.some(([path, how]) => path !== '_id' && Boolean(how));
  const withId = '_id' in projection ? Boolean(projection['_id']) : true;
  const keep = (field: string) =>
    field === '_id'
      ? withId
      : including || (entries.length === 1 && projection['_id'] === 1)
        ? Boolean(projection[field])
        : !(field in projection);
  return Object.fromEntries(Object.entries(doc).filter(([field]) => keep(field)));
}

const NUMERIC = ['$inc', '$mul', '$min', '$max', '$bit'];

/** Refuses, as MongoDB does, what mingo would silently leave undone: a path through a scalar, adding to a text. */
function checkPaths(doc: Doc, update: Record<string, Doc>): void {
  for (const [operator, fields] of Object.entries(update)) {
    for (const path of Object.keys(fields)) {
      if (path.includes('$') || operator === '$unset' || operator === '$rename') continue;
      checkPath(doc, operator, path);
    }
  }
}

function checkPath(doc: Doc, operator: string, path: string): void {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at: unknown = doc;
  for (const part of parts) {
    at = (at as Doc)[part];
    if (at === undefined) return;
    if (typeof at !== 'object' || at === null || !(isPlain(at) || Array.isArray(at))) {
      throw serverError('pathNotViable', `Cannot create field '${last}' in element {${part}: ${JSON.stringify(at)}}`);
    }
  }
  const value = (at as Doc)[last];
  if (value === undefined) return;
  if (NUMERIC.includes(operator) && value instanceof mongoose.mongo.Long) (at as Doc)[last] = value.toNumber();
  else if ((operator === '$inc' || operator === '$mul') && typeof value !== 'number') {
    throw serverError('typeMismatch', `Cannot apply ${operator} to a value of non-numeric type: ${path}`);
  } else if (['$push', '$addToSet', '$pull', '$pullAll', '$pop'].includes(operator) && !Array.isArray(value)) {
    throw serverError('badValue', `The field '${path}' must be an array`);
  }
}

/** mingo drops what is new when the array already repeats itself, and ignores `$slice` where there is no array yet. */
function asPush(doc: Doc, update: Record<string, Doc>): Record<string, Doc> {
  const added = Object.entries(update['$addToSet'] ?? {}).filter(([path]) => !path.includes('$'));
  const push: Doc = { ...update['$push'] };
  for (const [path, what] of added) {
    const each = isPlain(what) && Array.isArray(what['$each']) ? (what['$each'] as unknown[]) : [what];
    const present = [...((valuesAt({ at: at(doc, path) ?? [] }, 'at').values as unknown[]) ?? [])];
    const fresh = each.filter((value) => {
      const known = present.some((other) => isEqual(comparable(other), comparable(value)));
      if (!known) present.push(value);
      return !known;
    });
    push[path] = { $each: fresh };
  }
  const others = Object.fromEntries(Object.entries(update).filter(([operator]) => operator !== '$addToSet'));
  const positional = Object.entries(update['$addToSet'] ?? {}).filter(([path]) => path.includes('$'));
  if (positional.length > 0) others['$addToSet'] = Object.fromEntries(positional);
  if (Object.keys(push).length > 0) others['$push'] = push;
  const absent = Object.keys(push).filter((path) => !path.includes('$') && at(doc, path) === undefined);
  if (absent.length > 0) apply(doc, { $set: Object.fromEntries(absent.map((path) => [path, []])) }, {});
  return others;
}

function at(doc: Doc, path: string): unknown {
  return path.split('.').reduce<unknown>((value, part) => (value as Doc | null | undefined)?.[part], doc);
}

interface UpdateContext {
  filter?: Doc | undefined;
  arrayFilters?: Doc[] | undefined;
}

function apply(doc: Doc, update: Doc, { filter = {}, arrayFilters = [] }: UpdateContext): void {
  const positional = Object.values(update).some((fields) =>
    Object.keys(fields as Doc).some((path) => /\.\$(\.|$)/.test(path)),
  );
  const config = { arrayFilters, cloneMode: 'deep' } as const;
  guarded(() => updateOne([doc], positional ? filter : {}, update, config, OPTIONS));
}

/**
 * Changes `doc` in place by update operators, or returns what an update pipeline makes of it. `$setOnInsert` counts only
 * when `inserting`. @throws MongoServerError for unknown operators and for what does not fit the document
 */
export function applyUpdate(doc: Doc, update: Doc | Doc[], context: UpdateContext & { inserting: boolean }): Doc {
  refuseScripts(update);
  if (Array.isArray(update)) return runPipeline([doc], update, () => [])[0] ?? doc;
  const { $setOnInsert, ...operators } = update as Record<string, Doc>;
  if (context.inserting && $setOnInsert !== undefined) operators['$set'] = { ...operators['$set'], ...$setOnInsert };
  const numeric = Object.fromEntries(
    Object.entries(operators).map(([name, fields]) => [
      name,
      NUMERIC.includes(name) ? (comparable(fields) as Doc) : fields,
    ]),
  );
  checkPaths(doc, numeric);
  const prepared = asPush(doc, numeric);
  apply(doc, prepared, context);
  return doc;
}

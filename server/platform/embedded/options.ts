import mongoose from 'mongoose';
import { serverError } from './errors.ts';
import type { Doc } from './keys.ts';
import { project } from './mingo.ts';
import { toSort, type Query } from './scan.ts';
import type { UpdateOptions, Written } from './write.ts';

const { MongoInvalidArgumentError } = mongoose.mongo;

/** Options as callers give them. Sessions, concerns, comments and time limits are accepted and mean nothing here. */
export type Options = Doc;

/** Refuses what would silently be something else here. @throws MongoServerError */
export function checked(options: Options = {}): Options {
  if (options['collation'] !== undefined) throw serverError('invalidOptions', 'This store offers no collation');
  const session = options['session'] as { inTransaction?: () => boolean } | null | undefined;
  if (session?.inTransaction?.() === true) throw serverError('illegalOperation', 'This store has no transactions');
  return options;
}

/** What `find` and its relatives are asked for. */
export function toQuery(filter: Doc | null | undefined, options: Options = {}): Query {
  const { sort, skip, limit, projection, fields, hint, promoteLongs, promoteValues, promoteBuffers, useBigInt64 } =
    checked(options);
  const decode = { promoteLongs, promoteValues, promoteBuffers, useBigInt64 };
  const given = Object.fromEntries(Object.entries(decode).filter(([, value]) => value !== undefined));
  return {
    filter: filter ?? {},
    sort: toSort(sort),
    skip: Number(skip ?? 0),
    limit: Number(limit ?? 0),
    ...((projection ?? fields) !== undefined && { projection: (projection ?? fields) as Doc }),
    ...(hint !== undefined && { hint }),
    decode: given,
  };
}

export function toUpdateOptions(options: Options = {}): UpdateOptions {
  const { upsert, sort, arrayFilters, hint } = checked(options);
  return { upsert: upsert === true, sort: toSort(sort), arrayFilters: arrayFilters as Doc[] | undefined, hint };
}

/** @throws MongoInvalidArgumentError as the driver does */
export function requireOperators(change: unknown): void {
  const keys = Array.isArray(change) ? ['$'] : Object.keys(change ?? {});
  if (keys.length > 0 && keys.every((key) => key.startsWith('$'))) return;
  throw new MongoInvalidArgumentError('Update document requires atomic operators');
}

/** @throws MongoInvalidArgumentError as the driver does */
export function refuseOperators(replacement: Doc): void {
  if (!Object.keys(replacement).some((key) => key.startsWith('$'))) return;
  throw new MongoInvalidArgumentError('Replacement document must not contain atomic operators');
}

/** As `updateOne` and its relatives answer. */
export function toUpdateResult({ matchedCount, modifiedCount, upsertedCount, upsertedId }: Written): Doc {
  return { acknowledged: true, matchedCount, modifiedCount, upsertedCount, upsertedId };
}

/** A found document through the projection of the options. */
export function shown(doc: Doc | null, options: Options = {}): Doc | null {
  const projection = (options['projection'] ?? options['fields']) as Doc | undefined;
  return doc === null || projection === undefined ? doc : (project([doc], projection, {})[0] ?? null);
}

/** As `findOneAndUpdate` and `findOneAndReplace` answer. */
export function toFound(written: Written, options: Options = {}): unknown {
  const { before, after, matchedCount, upsertedId } = written;
  const isAfter =
    options['returnDocument'] === 'after' || options['returnOriginal'] === false || options['new'] === true;
  const value = shown(isAfter ? after : before, options);
  if (options['includeResultMetadata'] !== true) return value;
  const n = matchedCount + written.upsertedCount;
  const lastErrorObject = {
    n,
    updatedExisting: matchedCount > 0,
    ...(upsertedId !== null && { upserted: upsertedId }),
  };
  return { value, lastErrorObject, ok: 1 };
}

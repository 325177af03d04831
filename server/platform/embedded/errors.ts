import mongoose from 'mongoose';

/** What MongoDB answers, by the number clients branch on. */
export const CODES = {
  badValue: 2,
  failedToParse: 9,
  typeMismatch: 14,
  illegalOperation: 20,
  namespaceNotFound: 26,
  indexNotFound: 27,
  pathNotViable: 28,
  namespaceExists: 48,
  commandNotFound: 59,
  conflictingUpdate: 40,
  immutableField: 66,
  cannotCreateIndex: 67,
  invalidOptions: 72,
  indexOptionsConflict: 85,
  indexKeySpecsConflict: 86,
  parallelArrays: 171,
  keyTooLong: 17_280,
  duplicateKey: 11_000,
  unknownStage: 40_324,
} as const;

const NAMES: Record<number, string> = {
  2: 'BadValue',
  9: 'FailedToParse',
  14: 'TypeMismatch',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  48: 'NamespaceExists',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  72: 'InvalidOptions',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  171: 'CannotIndexParallelArrays',
  17280: 'KeyTooLong',
  11000: 'DuplicateKey',
  40324: 'Location40324',
};

/**
 * A write whose outcome is not known, or a store that takes no more writes: a failed commit or sync, a full disk, a
 * store that stopped answering. What failed may be found present after reopening, so callers retry with the same id.
 */
export class StorageError extends Error {
  readonly code = 'storage';
  override readonly name = 'StorageError';
}

/** An error of MongoDB's own class, code and code name, as its server would have sent it. */
export function serverError(code: keyof typeof CODES, message: string, more: Record<string, unknown> = {}) {
  const number = CODES[code];
  return new mongoose.mongo.MongoServerError({
    ok: 0,
    code: number,
    codeName: NAMES[number] ?? 'UnknownError',
    message,
    errmsg: message,
    ...more,
  });
}

/** E11000 with the message, `keyPattern` and `keyValue` MongoDB gives. */
export function duplicateKey(
  namespace: string,
  index: { name: string; pattern: Record<string, number> },
  values: unknown[],
) {
  const keyValue: Record<string, unknown> = {};
  Object.keys(index.pattern).forEach((field, i) => (keyValue[field] = values[i] ?? null));
  const shown = Object.entries(keyValue).map(([field, value]) => `${field}: ${show(value)}`);
  const message = `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: { ${shown.join(', ')} }`;
  return serverError('duplicateKey', message, { keyPattern: index.pattern, keyValue, index: 0 });
}

function show(value: unknown): string {
  if (value instanceof mongoose.mongo.ObjectId) return `ObjectId('${value.toHexString()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  return JSON.stringify(value) || String(value);
}

import { AppError } from '#shared/wire/error.ts';

/**
 * Which unique index refused an insert: `id`, `seq`, `position`, `unnamed` where the server does not say (of what
 * speaks MongoDB's language not everything does), or undefined where it was no clash at all.
 */
export function clashedIndex(error: unknown): 'id' | 'seq' | 'position' | 'unnamed' | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error) || error.code !== 11000) return undefined;
  const pattern = 'keyPattern' in error ? Object.keys(error.keyPattern ?? {}) : [];
  if (pattern.length === 0) return 'unnamed';
  if (pattern.includes('id')) return 'id';
  return pattern.includes('_id') ? 'position' : 'seq';
}

/** Whether a write was refused because a unique key is taken (MongoDB's E11000). */
export const isDuplicate = (error: unknown): boolean => clashedIndex(error) !== undefined;

/** Names of what is thrown when nobody answers, or no majority: by the official driver, and by the embedded engine. */
const AWAY =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|PoolCleared|PoolClosed|ServerClosed|StalePrimary|WaitQueueTimeout|NotConnected|TopologyClosed|WriteConcern)|PoolClearedOnNetwork|MongooseServerSelection|Storage)Error$/;

/** Codes of a server that shuts down, steps down or is no primary any more (retryable reads, MongoDB's specification). */
const LEAVING: ReadonlySet<unknown> = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Whether an operation failed because the store is away, or about to be: it may succeed when it is tried again. */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return AWAY.test(error.name) || ('code' in error && LEAVING.has(error.code));
}

/**
 * A failed write as the client may hear it. Nothing was acknowledged; the client keeps what it has and tries again
 * under the same id.
 */
export function storageFailure(cause: unknown): AppError {
  const error = new AppError('storage', 'The store did not take this. Nothing was lost; please try again.', {
    retryAfter: 5,
  });
  error.cause = cause;
  return error;
}

/** Rejects with `storage` if `work` has not settled after `ms`: unknown to the caller, who retries with the same id. */
export async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(storageFailure(new Error(`the store did not answer within ${ms} ms`)));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

import { mkdir } from 'node:fs/promises';
import mongoose, { type Connection, type ConnectOptions, type Mongoose } from 'mongoose';
import { AppError } from '#shared/wire/error.ts';
import { driver } from './embedded/driver.ts';

/** An open store, as models are made from it. */
export type Store = Connection;

const START_WITHIN = 10_000; // ms until a MongoDB must have answered at start; an election is over by then

/**
 * How the hub speaks with MongoDB, whatever its URL says. What the promises rest on: an acknowledged write is in the
 * journal of a majority, and what is read will not be rolled back. `retryWrites` is the driver's: a write whose answer
 * an election swallowed is sent once more and done once.
 *
 * The times are what a person waits. A client asks again under the same id, so the hub need not sit out an election:
 * where no primary is known, an operation is refused after 2 s (commands to one stream wait in turn, each as long). One
 * that says nothing is found out by its heartbeat (3 s + 5 s), which also breaks off whatever waits for it.
 */
const MONGODB: ConnectOptions = {
  appName: 'linli',
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary', // a secondary is behind: a decision on it would clash for ever
  retryWrites: true,
  retryReads: true,
  bufferCommands: false, // while the store is away an operation fails; it does not pile up
  maxPoolSize: 50, // one event loop keeps no more busy; each costs the server a thread and up to 1 MB
  minPoolSize: 4, // so that the first after a quiet minute need not wait for a TLS handshake
  maxIdleTimeMS: 300_000,
  waitQueueTimeoutMS: 5_000, // ms for a free one of them: a full pool is an answer, not a queue without end
  serverSelectionTimeoutMS: 2_000,
  connectTimeoutMS: 5_000,
  heartbeatFrequencyMS: 3_000,
};

/** A store's URL as it may be shown: without who signs in, with what password, and without options. */
const shown = (url: string): string => url.replace(/\/\/.*@/, '//').replace(/\?.*$/, '');

const isAbsent = (error: unknown): boolean =>
  error instanceof mongoose.Error.MongooseServerSelectionError || error instanceof mongoose.mongo.MongoNetworkError;

/** MongoDB's zlib has handed its memory to strangers (CVE-2025-14847), and a URL is the only thing that turns it on. */
const compresses = (url: string): boolean => /[?&]compressors=(?!none(?:&|$))/i.test(url);

/** Why a store did not open, in one sentence without a secret in it. */
function unopened(url: string, error: unknown): AppError {
  const said = error instanceof Error ? error.message : String(error);
  const what = isAbsent(error) ? `did not answer within ${START_WITHIN / 1000} s` : 'cannot be used';
  const failure = new AppError('storage', `${shown(url)} ${what}: ${said}`);
  failure.cause = error;
  return failure;
}

/** Tries until somebody answers or the time is over; an answer that refuses ends it at once. */
async function openMongo(instance: Mongoose, url: string): Promise<Store> {
  if (compresses(url)) throw unopened(url, new Error('compressors must be none'));
  const until = performance.now() + START_WITHIN;
  for (;;) {
    try {
      const connection = instance.createConnection(url, MONGODB);
      return await connection.asPromise();
    } catch (error) {
      await Promise.all(instance.connections.map((connection) => connection.close(true)));
      if (!isAbsent(error) || performance.now() >= until) throw unopened(url, error);
    }
  }
}

/**
 * Opens the store behind a URL: `embedded:<folder>` is LMDB under Mongoose, `mongodb://…` the official driver with
 * acknowledgement by a journalled majority. Nothing above this line knows which one it is. `readOnly` opens a folder beside
 * the process that owns it. Throws `storage` with a
 * sentence for the operator where a MongoDB does not answer within 10 s or does not let the hub in; one that goes away
 * later is waited for by each operation (2 s), and used again as soon as it is back.
 */
export async function openStore(url: string, { readOnly = false } = {}): Promise<Store> {
  const instance = new mongoose.Mongoose();
  instance.set('autoCreate', false);
  instance.set('autoIndex', false);
  instance.set('strictQuery', true);
  instance.set('sanitizeFilter', true); // nobody's input is a query (security #39)
  if (!url.startsWith('embedded:')) return openMongo(instance, url);
  if (!readOnly) await mkdir(url.slice('embedded:'.length), { recursive: true, mode: 0o700 });
  instance.setDriver(driver);
  return instance.createConnection(url, { readOnly } as object).asPromise();
}

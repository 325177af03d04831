import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import mongoose from 'mongoose';
import { expect, onTestFinished } from 'vitest';
import { driver } from '#server/platform/embedded/driver.ts';
import { server } from './store-url.ts';

/** Whether it is the embedded engine: a folder of its own for each test. */
export const isEmbedded = server === undefined;

export type Doc = Record<string, unknown>;
interface Documents extends AsyncIterable<Doc> {
  readonly closed: boolean;
  sort: (sort: unknown) => Documents;
  skip: (count: number) => Documents;
  limit: (count: number) => Documents;
  project: (projection: Doc) => Documents;
  hint: (hint: unknown) => Documents;
  batchSize: (size: number) => Documents;
  hasNext: () => Promise<boolean>;
  next: () => Promise<Doc | null>;
  forEach: (visit: (doc: Doc) => void) => Promise<void>;
  toArray: () => Promise<Doc[]>;
  explain: (verbosity?: string) => Promise<unknown>;
}
type Write = (filter: Doc, change: Doc | Doc[], options?: Doc) => Promise<Doc>;
type Find = (filter: Doc, options?: Doc) => Promise<Doc | null>;
/** The driver's collection without its types: what is tested is what it does with any document. */
export interface Documented {
  insertOne: (doc: Doc, options?: Doc) => Promise<Doc>;
  insertMany: (docs: Doc[], options?: Doc) => Promise<Doc>;
  bulkWrite: (operations: Doc[], options?: Doc) => Promise<Doc>;
  find: (filter: Doc, options?: Doc) => Documents;
  findOne: Find;
  findOneAndUpdate: (filter: Doc, change: Doc, options?: Doc) => Promise<Doc | null>;
  findOneAndReplace: (filter: Doc, change: Doc, options?: Doc) => Promise<Doc | null>;
  findOneAndDelete: Find;
  updateOne: Write;
  updateMany: Write;
  replaceOne: Write;
  deleteOne: (filter: Doc) => Promise<Doc>;
  deleteMany: (filter: Doc) => Promise<Doc>;
  countDocuments: (filter: Doc, options?: Doc) => Promise<number>;
  estimatedDocumentCount: () => Promise<number>;
  distinct: (path: string, filter?: Doc) => Promise<unknown[]>;
  aggregate: (pipeline: Doc[]) => { toArray: () => Promise<Doc[]> };
  createIndex: (key: Doc, options?: Doc) => Promise<string>;
  indexes: () => Promise<Doc[]>;
  dropIndex: (name: string) => Promise<unknown>;
  drop: () => Promise<boolean>;
  watch: () => unknown;
}
export interface TestStore {
  url: string;
  mongoose: mongoose.Mongoose;
  /** The collection below Mongoose, as the driver offers it. */
  collection: (name: string) => Documented;
  /** Closes the connection and opens the same store again. */
  reopen: () => Promise<void>;
  close: () => Promise<void>;
}

async function connect(url: string, dbName: string): Promise<mongoose.Mongoose> {
  const instance = new mongoose.Mongoose();
  if (server === undefined) instance.setDriver(driver);
  return instance.connect(url, { dbName });
}

/** A temporary folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'linli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty store for one test; closed and removed when the test ends. */
export async function openStore(at?: string): Promise<TestStore> {
  const url = server ?? `embedded:${at ?? (await temporaryFolder())}`;
  const dbName = server === undefined ? 'linli' : `linli_${Math.random().toString(36).slice(2)}`;
  const store: TestStore = {
    url,
    mongoose: await connect(url, dbName),
    collection: (name) => {
      const { db } = store.mongoose.connection;
      if (db === undefined) throw new Error('not connected');
      return db.collection(name) as unknown as Documented;
    },
    reopen: async () => {
      await store.close();
      store.mongoose = await connect(url, dbName);
    },
    close: () => store.mongoose.disconnect(),
  };
  onTestFinished(async () => {
    if (server !== undefined) await store.mongoose.connection.db?.dropDatabase();
    await store.close();
  });
  return store;
}

/** The error a promise must end with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: unknown }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

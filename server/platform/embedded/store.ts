import { Buffer } from 'node:buffer';
import { open, type Database, type RootDatabase } from 'lmdb';
import mongoose from 'mongoose';
import { serverError, StorageError } from './errors.ts';
import { takeFolder, type Hold } from './hold.ts';
import type { Direction, Doc } from './keys.ts';
import { matcher } from './mingo.ts';

/*
 * One folder, one LMDB environment, one owner. Life: `openStore` (shared by all connections of this process that name
 * the folder) → writes in groups → `release` by each → the last one flushes, closes and gives up the folder. A failed
 * or hanging commit ends it early: from then on it only reads, because nobody knows which writes are on the disk.
 */

export type Bytes = Database<Uint8Array, Uint8Array>;

export interface IndexSpec {
  name: string;
  key: Record<string, Direction>;
  unique: boolean;
  sparse: boolean;
  partialFilterExpression?: Doc;
  expireAfterSeconds?: number;
  /** Fields that held an array in some document: ranges on them cannot be intersected, nor give an order. */
  arrays: string[];
}
export interface Index extends IndexSpec {
  fields: string[];
  directions: Direction[];
  entries: Bytes;
  /** Whether a document belongs in a partial index. */
  matches: ((doc: Doc) => boolean) | undefined;
}
/** A collection as stored: `primary` maps the key of `_id` to BSON, each index its key to the key of `_id`. */
export interface Table {
  namespace: string;
  name: string;
  primary: Bytes;
  indexes: Index[];
  /** Written down in the catalog; a collection is, with its first document or index. */
  isSaved: boolean;
  /** Writes it down as it is now. Only inside a transaction. */
  save: () => void;
}

const { BSON } = mongoose.mongo;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
/** Named databases in one folder: collections and indexes together. */
const MAX_DATABASES = 1000;
/** Operations in one transaction: above, the wait of the first would grow for nothing. */
const MAX_GROUP = 2000;
/** How long a commit and its sync may take, in seconds of a running event loop, before the outcome counts as unknown. */
const DEADLINE = 5;

interface Pending {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}
type Outcome = { pending: Pending; value: unknown } | { pending: Pending; error: unknown };

const stores = new Map<string, Store>();
const closing = new Map<string, Promise<void>>();

/** Somebody who only reads needs no leave: LMDB shows any number of processes what is committed. */
const READER: Hold = { confirm: () => undefined, release: () => undefined };

/**
 * Opens `folder` (created if missing), or shares it if this process has it open. For reading only it may belong to
 * another process, a running hub for one. @throws StorageError if another process has it
 */
export async function openStore(folder: string, { readOnly = false } = {}): Promise<Store> {
  const name = readOnly ? `${folder} for reading` : folder;
  await closing.get(name);
  const store = stores.get(name) ?? new Store(folder, name, readOnly ? READER : takeFolder(folder));
  stores.set(name, store);
  store.users++;
  return store;
}

export class Store {
  users = 0;
  /** Under which this process shares it. */
  readonly #name: string;
  readonly tables = new Map<string, Table>();
  readonly #env: RootDatabase<Uint8Array, Uint8Array>;
  readonly #catalog: Bytes;
  readonly #hold: Hold;
  #queue: Pending[] = [];
  #draining = false;
  #unsettled = new Set<Promise<unknown>>();
  #failure: StorageError | undefined;

  constructor(folder: string, name: string, hold: Hold) {
    this.#name = name;
    this.#hold = hold;
    const readOnly = hold === READER;
    if (readOnly) this.#failure = new StorageError(`${folder} is open for reading only`);
    // safeRestore: after a crash take the last *synced* state even on the same boot, never a merely committed one.
    const options = { ...BINARY, noSubdir: false, maxDbs: MAX_DATABASES, safeRestore: true, readOnly };
    try {
      this.#env = open<Uint8Array, Uint8Array>(folder, options);
      this.#catalog = this.#env.openDB<Uint8Array, Uint8Array>('catalog', BINARY);
      hold.confirm();
    } catch (error) {
      hold.release();
      throw error;
    }
    // All of it first: opening a database ends the reading of another.
    for (const { value } of [...this.#catalog.getRange({})]) {
      const { namespace, indexes } = BSON.deserialize(value) as { namespace: string; indexes: IndexSpec[] };
      this.#open(namespace, indexes, true);
    }
  }

  #open(namespace: string, specs: IndexSpec[], isSaved: boolean): Table {
    const table: Table = {
      namespace,
      name: namespace.slice(namespace.indexOf('.') + 1),
      primary: this.#env.openDB<Uint8Array, Uint8Array>(namespace, BINARY),
      indexes: specs.map((spec) => this.openIndex(namespace, spec)),
      isSaved,
      save: () => {
        this.#save(table);
      },
    };
    this.tables.set(namespace, table);
    return table;
  }

  /** The database behind an index. Opening is itself a transaction, so never from inside one. */
  openIndex(namespace: string, spec: IndexSpec): Index {
    return {
      ...spec,
      fields: Object.keys(spec.key),
      directions: Object.values(spec.key),
      matches: spec.partialFilterExpression && matcher(spec.partialFilterExpression),
      entries: this.#env.openDB<Uint8Array, Uint8Array>(`${namespace}#${spec.name}`, BINARY),
    };
  }

  /** The collection, created with the next commit if it is not there. @throws where it is not and nothing may be made */
  table(namespace: string): Table {
    const table = this.tables.get(namespace);
    if (table === undefined && this.#hold === READER)
      throw serverError('namespaceNotFound', `There is no collection ${namespace}`);
    return table ?? this.#open(namespace, [], false);
  }

  /** A copy of everything committed, as of one moment, while others write; compact, and synced by `backupFolder`. */
  copyTo(folder: string): Promise<void> {
    return this.#env.backup(folder, true);
  }

  #save(table: Table): void {
    const { namespace, indexes } = table;
    const specs = indexes.map(({ name, key, unique, sparse, partialFilterExpression, expireAfterSeconds, arrays }) => {
      return { name, key, unique, sparse, partialFilterExpression, expireAfterSeconds, arrays };
    });
    const bytes = BSON.serialize({ namespace, indexes: specs }, { ignoreUndefined: true });
    void this.#catalog.put(Buffer.from(namespace), bytes);
    table.isSaved = true;
  }

  /** Empties and forgets a collection. Only inside a transaction. Its databases stay, for the next of that name. */
  dropTable(table: Table): void {
    for (const { entries } of [...table.indexes, { entries: table.primary }]) void entries.clearAsync();
    void this.#catalog.remove(Buffer.from(table.namespace));
    table.indexes = [];
    table.isSaved = false;
  }

  /**
   * Runs `work` inside LMDB's write transaction, alone, and resolves with its result once that is on the disk. `work`
   * reads and checks first and puts last: if it throws, only this operation fails, the others of its group go on.
   * @throws StorageError if the commit or its sync failed (outcome unknown) or the store has become read-only
   */
  write<T>(work: () => T): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ work, resolve, reject });
      if (!this.#draining) void this.#drain();
    });
  }

  /*
   * Group commit. Whoever comes while a transaction waits for its turn joins it; whoever comes while it commits waits
   * for the next. The next one starts when this one is *committed*; its operations are answered when it is *synced*.
   */
  async #drain(): Promise<void> {
    this.#draining = true;
    while (this.#queue.length > 0) {
      let outcomes: Outcome[] = [];
      const committed = this.#env.transaction(() => {
        // lmdb keeps a second promise for this commit, awaited by nobody: rejected unhandled, it would end the process.
        void this.#env.committed.then(ignore, ignore);
        outcomes = this.#queue.splice(0, MAX_GROUP).map(perform);
      });
      if (!(await this.#kept(committed, () => outcomes))) break;
      const synced = this.#env.flushed.then(() => true); // asked now: after the next transaction it would mean that one
      const settled = this.#kept(synced, () => outcomes).then((kept) => {
        if (kept) outcomes.forEach(settle);
        this.#unsettled.delete(settled);
      });
      this.#unsettled.add(settled);
    }
    this.#draining = false;
  }

  /** Waits for LMDB's promise. If it fails or hangs, everybody concerned is told and no write is taken any more. */
  async #kept(promise: Promise<unknown>, concerned: () => Outcome[]): Promise<boolean> {
    try {
      await within(DEADLINE, promise);
      return true;
    } catch (error) {
      // The reason comes as one more promise, which must not stay unhandled either.
      const { commitError } = error as { commitError?: Promise<unknown> };
      const cause: unknown = (await commitError?.catch((reason: unknown) => reason)) ?? error;
      const why = cause instanceof Error ? cause.message : String(cause);
      const failure = new StorageError(`The store could not write and takes no more writes: ${why}`, { cause });
      this.#failure ??= failure;
      for (const { pending } of concerned()) pending.reject(failure);
      for (const pending of this.#queue.splice(0)) pending.reject(failure);
      return false;
    }
  }

  /** Gives the store back; the last user's call waits for all writes, closes the environment and frees the folder. */
  async release(): Promise<void> {
    if (--this.users > 0) return;
    while (this.#draining || this.#unsettled.size > 0) {
      await Promise.all(this.#unsettled);
      if (this.#draining) await new Promise(setImmediate);
    }
    if (this.users > 0) return; // opened again while this waited
    stores.delete(this.#name);
    // After a failed commit lmdb's close waits for a sync that never comes: this process keeps the folder until it ends.
    if (this.#failure !== undefined && this.#hold !== READER) return;
    this.#failure = new StorageError('The store is closed');
    const closed = this.#env.close().then(() => {
      this.#hold.release();
      closing.delete(this.#name);
    });
    closing.set(this.#name, closed);
    await closed;
  }
}

const ignore = (): void => undefined;

function perform(pending: Pending): Outcome {
  try {
    return { pending, value: pending.work() };
  } catch (error) {
    return { pending, error };
  }
}

function settle(outcome: Outcome): void {
  if ('error' in outcome) outcome.pending.reject(outcome.error);
  else outcome.pending.resolve(outcome.value as never);
}

/** Rejects after `seconds` ticks: ticks, not a time, so that a stalled event loop is not taken for a stalled disk. */
async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (--seconds <= 0) reject(new Error(`no answer from the disk within ${DEADLINE} s`));
    }, 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearInterval(timer);
  }
}

import { Buffer } from 'node:buffer';
import { open, type Database, type RootDatabase } from 'lmdb';
import mongoose from 'mongoose';
import { serverError, StorageError } from './errors.ts';
import { NoAnswer, perform, reasonOf, settle, within, type Outcome, type Pending } from './group.ts';
import { takeFolder, type Hold } from './hold.ts';
import type { Direction, Doc } from './keys.ts';
import { matcher } from './mingo.ts';

/*
 * One folder, one LMDB environment, one owner. Life: `openStore` (shared by all connections of this process that name
 * the folder) → writes in groups → `release` by each → the last one flushes, closes and gives up the folder. A failed
 * commit ends it early: from then on it only reads, because nobody knows which writes are on the disk; a hanging one ends
 * the reading too.
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
  /** Its entries are on the disk. Until then writes keep it, and reads, which see the state before, go without. */
  isReadable: boolean;
}
/** A collection as stored: `primary` maps the key of `_id` to BSON; what its indexes hold says `entries.ts`. */
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
/** LMDB's number for more than that: no failure of the disk. */
const DATABASES_FULL = -30_791;
/** Operations in one transaction: above, the wait of the first would grow for nothing. */
const MAX_GROUP = 2000;

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
  readonly #databases = new Map<string, Bytes>();
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
    this.#readCatalog();
  }

  /** Makes the tables what the catalog says. A failed commit took back what its operations had changed in memory. */
  #readCatalog(): void {
    for (const table of this.tables.values()) Object.assign(table, { indexes: [], isSaved: false });
    // All of it first: opening a database ends the reading of another.
    for (const { value } of [...this.#catalog.getRange({})]) {
      const { namespace, indexes } = BSON.deserialize(value) as { namespace: string; indexes: IndexSpec[] };
      const table = this.tables.get(namespace) ?? this.#open(namespace);
      table.indexes = indexes.map((spec) => ({ ...this.openIndex(namespace, spec), isReadable: true }));
      table.isSaved = true;
    }
  }

  #open(namespace: string): Table {
    const table: Table = {
      namespace,
      name: namespace.slice(namespace.indexOf('.') + 1),
      primary: this.#database(namespace),
      indexes: [],
      isSaved: false,
      save: () => {
        this.#save(table);
      },
    };
    this.tables.set(namespace, table);
    return table;
  }

  /**
   * Opened once. Opening makes it where it is missing, in a transaction of its own: never from inside one, and not after
   * a failure, when it would wait for ever. One that a crash leaves behind is empty, and found by the next of that name.
   */
  #database(name: string): Bytes {
    const known = this.#databases.get(name);
    if (known !== undefined) return known;
    if (this.#failure !== undefined && this.#hold !== READER) throw this.#failure;
    try {
      const database = this.#env.openDB<Uint8Array, Uint8Array>(name, BINARY);
      this.#databases.set(name, database);
      return database;
    } catch (error) {
      throw (error as { code?: unknown }).code === DATABASES_FULL ? error : this.#fail(error);
    }
  }

  /** An index without entries yet. @throws StorageError if it is new and the store takes no more writes */
  openIndex(namespace: string, spec: IndexSpec): Index {
    return {
      ...spec,
      fields: Object.keys(spec.key),
      directions: Object.values(spec.key),
      matches: spec.partialFilterExpression && matcher(spec.partialFilterExpression),
      entries: this.#database(`${namespace}#${spec.name}`),
      isReadable: false,
    };
  }

  /** The collection, created with the next commit if it is not there. @throws where it is not and nothing may be made */
  table(namespace: string): Table {
    const table = this.tables.get(namespace);
    if (table === undefined && this.#hold === READER)
      throw serverError('namespaceNotFound', `There is no collection ${namespace}`);
    return table ?? this.#open(namespace);
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
      await within(promise);
      if (this.#failure !== undefined) throw this.#failure; // a sync makes nothing good of one that failed before it
      return true;
    } catch (error) {
      const cause = await reasonOf(error);
      const failure = this.#failure ?? this.#fail(cause);
      try {
        if (cause instanceof NoAnswer) throw cause;
        this.#readCatalog();
      } catch {
        this.#shut(failure); // LMDB does not answer, or does not read either: a page that says what is committed failed
      }
      for (const { pending } of concerned()) pending.reject(failure);
      for (const pending of this.#queue.splice(0)) pending.reject(failure);
      return false;
    }
  }

  /** From here on it only reads. */
  #fail(cause: unknown): StorageError {
    const why = cause instanceof Error ? cause.message : String(cause);
    const failure = new StorageError(`The store could not write and takes no more writes: ${why}`, { cause });
    this.#failure ??= failure;
    return failure;
  }

  /** Refuses to read as well. LMDB may hold its own lock for ever, and a read would wait for it with the whole process. */
  #shut(failure: StorageError): void {
    const shut = new Proxy({} as Bytes, {
      get: () => {
        throw failure;
      },
    });
    for (const table of this.tables.values()) {
      table.primary = shut;
      for (const index of table.indexes) index.entries = shut;
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

import { EventEmitter } from 'node:events';
import { realpathSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import mongoose from 'mongoose';
import { EmbeddedCollection } from './collection.ts';
import { ListCursor } from './cursor.ts';
import { serverError } from './errors.ts';
import { deleteExpired } from './indexes.ts';
import type { Doc } from './keys.ts';
import { openStore, type Store } from './store.ts';

/*
 * Mongoose on a folder: `new mongoose.Mongoose().setDriver(driver)` and then `connect('embedded:/a/folder')`. Mongoose's
 * own connection and collection do all they do for MongoDB; only the client under them is ours. `{ readOnly: true }`
 * opens the folder beside the process that owns it.
 */

/** Database name where the connection names none. */
const DEFAULT_NAME = 'linli';
/** How often expired documents are looked for, in milliseconds: as often as MongoDB does. */
const SWEEP = 60_000;

/** Accepted wherever MongoDB takes one; it has no effect, and no transactions. */
class Session extends EventEmitter {
  readonly id = {};
  hasEnded = false;
  inTransaction(): boolean {
    return false;
  }
  startTransaction(): never {
    throw serverError(
      'illegalOperation',
      'This store has no transactions: write one document, or one event, at a time',
    );
  }
  withTransaction(): Promise<never> {
    return Promise.reject(serverError('illegalOperation', 'This store has no transactions'));
  }
  endSession(): Promise<void> {
    this.hasEnded = true;
    return Promise.resolve();
  }
}

/** The official driver's `Db`, as far as Mongoose calls it. */
class EmbeddedDb {
  readonly databaseName: string;
  readonly #store: Store;

  constructor(store: Store, databaseName: string) {
    this.#store = store;
    this.databaseName = databaseName;
  }

  #qualify = (name: string): string => `${this.databaseName}.${name}`;

  collection(name: string): EmbeddedCollection {
    return new EmbeddedCollection(this.#store, name, this.#qualify);
  }

  async createCollection(name: string, options: Doc = {}): Promise<EmbeddedCollection> {
    for (const refused of ['capped', 'timeseries', 'viewOn', 'validator', 'collation', 'clusteredIndex']) {
      if (options[refused] !== undefined)
        throw serverError('invalidOptions', `This store has no ${refused} collections`);
    }
    const table = this.#store.table(this.#qualify(name));
    await this.#store.write(() => {
      if (!table.isSaved) table.save();
    });
    return this.collection(name);
  }

  listCollections(filter: Doc = {}): ListCursor {
    const tables = () =>
      [...this.#store.tables.values()].filter(
        (table) => table.isSaved && table.namespace === this.#qualify(table.name),
      );
    return new ListCursor(() =>
      tables()
        .map(({ name }) => ({ name, type: 'collection', options: {}, info: { readOnly: false } }))
        .filter(({ name }) => filter['name'] === undefined || filter['name'] === name),
    );
  }

  async collections(): Promise<EmbeddedCollection[]> {
    return (await this.listCollections().toArray()).map((listed) => this.collection((listed as { name: string }).name));
  }

  dropCollection(name: string): Promise<boolean> {
    return this.collection(name).drop();
  }

  async dropDatabase(): Promise<boolean> {
    for (const collection of await this.collections()) await collection.drop();
    return true;
  }

  command(command: Doc): Promise<Doc> {
    if ('ping' in command) return Promise.resolve({ ok: 1 });
    return Promise.reject(serverError('commandNotFound', `This store has no command ${Object.keys(command)[0] ?? ''}`));
  }

  admin() {
    const listDatabases = () => Promise.resolve({ databases: [{ name: this.databaseName }], ok: 1 });
    return { listDatabases, ping: () => this.command({ ping: 1 }), command: (command: Doc) => this.command(command) };
  }

  watch(): never {
    throw serverError('illegalOperation', 'This store has no change streams');
  }

  aggregate(): never {
    throw serverError('illegalOperation', 'This store aggregates collections, not databases');
  }
}

/** The official driver's `MongoClient`, as far as Mongoose calls it. */
class EmbeddedClient extends EventEmitter {
  readonly #folder: string;
  readonly #readOnly: boolean;
  #store: Store | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(folder: string, readOnly: boolean) {
    super();
    this.#folder = folder;
    this.#readOnly = readOnly;
  }

  async connect(): Promise<this> {
    const store = await openStore(this.#folder, { readOnly: this.#readOnly });
    this.#store = store;
    if (this.#readOnly) return this;
    this.#sweep = setInterval(() => {
      for (const table of store.tables.values()) {
        deleteExpired(store, table).catch((error: unknown) => this.emit('sweepFailed', error)); // the next one tries again
      }
    }, SWEEP).unref();
    return this;
  }

  db(name = DEFAULT_NAME): EmbeddedDb {
    if (this.#store === undefined) throw serverError('illegalOperation', 'The store is not open');
    return new EmbeddedDb(this.#store, name);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const store = this.#store;
    this.#store = undefined;
    await store?.release();
  }

  startSession(): Session {
    return new Session();
  }

  withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return work(this.startSession());
  }

  bulkWrite(): Promise<never> {
    return Promise.reject(serverError('illegalOperation', 'This store writes in bulk to one collection at a time'));
  }
}

/** What Mongoose's connection has and its types do not show. */
interface NativeConnection {
  base: unknown;
  config: Doc;
  client: unknown;
  db: unknown;
  name: string;
  host: string;
  readyState: number;
  otherDbs: NativeConnection[];
  collections: Record<string, { onOpen: () => void }>;
  $dbName?: string;
  _connectionString: string;
  _connectionOptions: Doc;
  _lastHeartbeatAt: number | null;
  _destroyCalled?: boolean;
  onOpen: () => void;
}

const native = (mongoose as unknown as { driver: { get: () => Record<string, unknown> } }).driver.get();
const NativeConnection = native['Connection'] as new (base?: unknown) => NativeConnection;

/** Options Mongoose keeps for itself instead of handing them to the client. */
const OWN = ['autoIndex', 'autoCreate', 'sanitizeFilter', 'bufferTimeoutMS', 'bufferCommands'];

function toFolder(uri: string, readOnly: boolean): string {
  if (!uri.startsWith('embedded:')) throw new Error(`Not an embedded store: ${uri.split(':')[0] ?? ''}`);
  const folder = path.resolve(uri.slice('embedded:'.length));
  if (!readOnly) mkdirSync(folder, { recursive: true });
  return realpathSync(folder); // one name per folder: it is the key under which this process shares it
}

class EmbeddedConnection extends NativeConnection {
  async createClient(uri: string, options: Doc = {}): Promise<this> {
    if (this._destroyCalled === true) throw new Error('The connection was destroyed and cannot be opened again');
    for (const name of OWN) if (options[name] !== undefined) this.config[name] = options[name];
    const dbName = options['dbName'] as string | undefined;
    if (dbName !== undefined) this.$dbName = dbName;
    this._connectionOptions = options;
    this._connectionString = uri;
    this.readyState = 2; // connecting
    const readOnly = options['readOnly'] === true;
    const client = new EmbeddedClient(toFolder(uri, readOnly), readOnly);
    this.client = await client.connect();
    for (const connection of [this, ...this.otherDbs]) {
      const db = client.db(connection === this ? dbName : connection.name);
      Object.assign(connection, { client, db, name: db.databaseName, host: 'embedded', _lastHeartbeatAt: null });
      connection.onOpen();
      for (const collection of Object.values(connection.collections)) collection.onOpen();
    }
    return this;
  }
}

/** For `mongoose.setDriver()`. */
export const driver = { ...native, Connection: EmbeddedConnection };

import mongoose from 'mongoose';
import { aggregate, distinctValues } from './aggregate.ts';
import { runBulk, type BulkOperation } from './bulk.ts';
import { FindCursor, ListCursor } from './cursor.ts';
import { serverError } from './errors.ts';
import { createIndex, dropIndex, toIndexSpec, toListed } from './indexes.ts';
import type { Doc } from './keys.ts';
import {
  checked,
  refuseOperators,
  requireOperators,
  shown,
  toFound,
  toQuery,
  toUpdateOptions,
  toUpdateResult,
  type Options,
} from './options.ts';
import { Scan, toSort } from './scan.ts';
import type { Store, Table } from './store.ts';
import { deleteAll, deleteFirst, insert, prepare, update, type Written } from './write.ts';

const { ObjectId, MongoInvalidArgumentError } = mongoose.mongo;

/** The official driver's `Collection`, as far as Mongoose and this house call it. Every write resolves after its sync. */
export class EmbeddedCollection {
  readonly collectionName: string;
  readonly namespace: string;
  readonly #store: Store;
  readonly #name: (name: string) => string;

  /** `qualify` puts the database's name before a collection's. */
  constructor(store: Store, collectionName: string, qualify: (name: string) => string) {
    this.#store = store;
    this.#name = qualify;
    this.collectionName = collectionName;
    this.namespace = qualify(collectionName);
  }

  get #table(): Table {
    return this.#store.table(this.namespace);
  }

  #write<T>(work: (table: Table) => T): Promise<T> {
    const table = this.#table; // before the transaction: opening a collection's database is one itself
    return this.#store.write(() => work(table));
  }

  async insertOne(doc: Doc, options?: Options): Promise<Doc> {
    const prepared = this.#prepare(doc, options);
    await this.#write((table) => {
      insert(table, prepared);
    });
    return { acknowledged: true, insertedId: prepared.doc['_id'] };
  }

  /** Gives the document its `_id` as the driver does: in the caller's object. */
  #prepare(doc: Doc, options?: Options) {
    doc['_id'] ??= new ObjectId();
    return prepare(doc, checked(options)['ignoreUndefined'] === true);
  }

  async insertMany(docs: Doc[], options?: Options): Promise<Doc> {
    if (!Array.isArray(docs)) throw new MongoInvalidArgumentError('Argument "docs" must be an array of documents');
    const result = await this.bulkWrite(
      docs.map((document) => ({ insertOne: { document } })),
      options,
    );
    return { acknowledged: true, insertedCount: result.insertedCount, insertedIds: result.insertedIds };
  }

  async bulkWrite(operations: BulkOperation[], options?: Options) {
    if (!Array.isArray(operations))
      throw new MongoInvalidArgumentError('Argument "operations" must be an array of documents');
    const { ordered, ignoreUndefined } = checked(options);
    const flags = { ordered: ordered !== false, ignoreUndefined: ignoreUndefined === true };
    return runBulk((work) => this.#write(work), { operations, ...flags });
  }

  find(filter?: Doc | null, options?: Options): FindCursor {
    return new FindCursor(this.#table, toQuery(filter, options));
  }

  async findOne(filter?: Doc | null, options?: Options): Promise<unknown> {
    return this.find(filter, { ...options, limit: 1 }).next();
  }

  async #update(filter: Doc, change: Doc | Doc[], options: Options & { multi?: boolean }): Promise<Written> {
    const { multi = false, ...rest } = options;
    const how = { ...toUpdateOptions(rest), filter, change, multi };
    return this.#write((table) => update(table, how));
  }

  async updateOne(filter: Doc, change: Doc | Doc[], options?: Options): Promise<Doc> {
    requireOperators(change);
    return toUpdateResult(await this.#update(filter, change, { ...options }));
  }

  async updateMany(filter: Doc, change: Doc | Doc[], options?: Options): Promise<Doc> {
    requireOperators(change);
    return toUpdateResult(await this.#update(filter, change, { ...options, multi: true }));
  }

  async replaceOne(filter: Doc, replacement: Doc, options?: Options): Promise<Doc> {
    refuseOperators(replacement);
    return toUpdateResult(await this.#update(filter, replacement, { ...options }));
  }

  async deleteOne(filter: Doc = {}, options?: Options): Promise<Doc> {
    const { hint } = checked(options);
    const deleted = await this.#write((table) => deleteFirst(table, filter, { hint }));
    return { acknowledged: true, deletedCount: deleted === null ? 0 : 1 };
  }

  async deleteMany(filter: Doc = {}, options?: Options): Promise<Doc> {
    const { hint } = checked(options);
    const deletedCount = await this.#write((table) => deleteAll(table, filter, hint));
    return { acknowledged: true, deletedCount };
  }

  async findOneAndUpdate(filter: Doc, change: Doc | Doc[], options?: Options): Promise<unknown> {
    requireOperators(change);
    return toFound(await this.#update(filter, change, { ...options }), options);
  }

  async findOneAndReplace(filter: Doc, replacement: Doc, options?: Options): Promise<unknown> {
    refuseOperators(replacement);
    return toFound(await this.#update(filter, replacement, { ...options }), options);
  }

  async findOneAndDelete(filter: Doc, options?: Options): Promise<unknown> {
    const { sort, hint } = checked(options);
    const before = await this.#write((table) => deleteFirst(table, filter, { sort: toSort(sort), hint }));
    const value = shown(before, options);
    if (options?.['includeResultMetadata'] !== true) return value;
    return { value, lastErrorObject: { n: before === null ? 0 : 1 }, ok: 1 };
  }

  async countDocuments(filter: Doc = {}, options?: Options): Promise<number> {
    const { skip = 0, limit = 0, ...query } = toQuery(filter, options);
    const scan = new Scan(this.#table, { ...query, sort: [] });
    const found = limit > 0 ? scan.pull(skip + limit).length : scan.count();
    return Promise.resolve(Math.max(0, found - skip));
  }

  estimatedDocumentCount(): Promise<number> {
    return Promise.resolve((this.#table.primary.getStats() as { entryCount: number }).entryCount);
  }

  distinct(path: string, filter: Doc = {}, options?: Options): Promise<unknown[]> {
    checked(options);
    return Promise.resolve(distinctValues(this.#table, path, filter));
  }

  aggregate(pipeline: Doc[] = [], options?: Options): ListCursor {
    checked(options);
    const other = (name: string) => this.#store.table(this.#name(name));
    return new ListCursor(() => aggregate(this.#table, pipeline, other));
  }

  async createIndex(keys: unknown, options?: Options): Promise<string> {
    return createIndex(this.#store, this.#table, toIndexSpec(keys, options));
  }

  ensureIndex(keys: unknown, options?: Options): Promise<string> {
    return this.createIndex(keys, options);
  }

  async createIndexes(descriptions: Doc[]): Promise<string[]> {
    const names: string[] = [];
    for (const { key, ...options } of descriptions) names.push(await this.createIndex(key, options));
    return names;
  }

  listIndexes(): ListCursor {
    return new ListCursor(() => this.#listed());
  }

  async indexes(): Promise<Doc[]> {
    return Promise.resolve(this.#listed());
  }

  #listed(): Doc[] {
    if (!this.#table.isSaved) throw serverError('namespaceNotFound', `ns does not exist: ${this.namespace}`);
    const primary = toListed({ name: '_id_', key: { _id: 1 }, unique: false, sparse: false });
    return [primary, ...this.#table.indexes.map(toListed)];
  }

  async indexInformation(): Promise<Doc> {
    return Object.fromEntries(
      (await this.indexes()).map(({ name, key }) => [name as string, Object.entries(key as Doc)] as const),
    );
  }

  async indexExists(names: string | string[]): Promise<boolean> {
    const present = new Set((await this.indexes()).map(({ name }) => name));
    return [names].flat().every((name) => present.has(name));
  }

  async dropIndex(which: unknown): Promise<Doc> {
    await dropIndex(this.#store, this.#table, which);
    return { ok: 1 };
  }

  async dropIndexes(): Promise<boolean> {
    await dropIndex(this.#store, this.#table, '*');
    return true;
  }

  async drop(): Promise<boolean> {
    await this.#write((table) => {
      this.#store.dropTable(table);
    });
    return true;
  }

  async isCapped(): Promise<boolean> {
    return Promise.resolve(false);
  }

  watch(): never {
    throw serverError('illegalOperation', 'This store has no change streams');
  }
}

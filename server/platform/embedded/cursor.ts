import { Readable } from 'node:stream';
import { serverError } from './errors.ts';
import type { Doc } from './keys.ts';
import { project } from './mingo.ts';
import type { Plan } from './plan.ts';
import { Scan, sortHits, toSort, type Hit, type Query } from './scan.ts';
import type { Table } from './store.ts';

/** Documents read in one turn of the event loop; the next turn goes on where this one stopped. */
const BATCH = 500;

/** What `aggregate()`, `listIndexes()` and `find()` return: documents one by one, read when asked for. */
abstract class Cursor {
  #buffer: Doc[] = [];
  #transform: ((doc: Doc) => unknown) | undefined;
  #isClosed = false;
  protected isStarted = false;

  /** The next documents; none means the end. */
  protected abstract fetch(): Promise<Doc[]> | Doc[];

  get closed(): boolean {
    return this.#isClosed;
  }
  get killed(): boolean {
    return this.#isClosed;
  }

  map(transform: (doc: Doc) => unknown): this {
    const before = this.#transform;
    this.#transform = before === undefined ? transform : (doc) => transform(before(doc) as Doc);
    return this;
  }

  async hasNext(): Promise<boolean> {
    this.isStarted = true;
    if (this.#buffer.length === 0 && !this.#isClosed) this.#buffer = (await this.fetch()).toReversed();
    if (this.#buffer.length === 0) this.#isClosed = true;
    return this.#buffer.length > 0;
  }

  async next(): Promise<unknown> {
    if (!(await this.hasNext())) return null;
    const doc = this.#buffer.pop() as Doc;
    return this.#transform === undefined ? doc : this.#transform(doc);
  }

  tryNext(): Promise<unknown> {
    return this.next();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void> {
    try {
      while (await this.hasNext()) yield await this.next();
    } finally {
      await this.close();
    }
  }

  async toArray(): Promise<unknown[]> {
    const all: unknown[] = [];
    while (await this.hasNext()) {
      for (const doc of this.#buffer.toReversed()) all.push(this.#transform === undefined ? doc : this.#transform(doc));
      this.#buffer = [];
    }
    await this.close();
    return all;
  }

  /** Calls `visit` for each document until it returns false. */
  async forEach(visit: (doc: unknown) => unknown): Promise<void> {
    for await (const doc of this) if (visit(doc) === false) return;
  }

  stream(): Readable {
    return Readable.from(this);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#buffer = [];
    return Promise.resolve();
  }

  rewind(): void {
    this.#isClosed = false;
    this.#buffer = [];
  }

  addCursorFlag(): this {
    return this;
  }
  maxTimeMS(): this {
    return this;
  }
  comment(): this {
    return this;
  }
  batchSize(): this {
    return this;
  }
}

/** Documents that were made in one go: what a pipeline yields, or the list of indexes. */
export class ListCursor extends Cursor {
  #make: (() => Doc[] | Promise<Doc[]>) | undefined;
  readonly #again: () => Doc[] | Promise<Doc[]>;

  constructor(make: () => Doc[] | Promise<Doc[]>) {
    super();
    this.#make = this.#again = make;
  }

  protected override fetch(): Doc[] | Promise<Doc[]> {
    const make = this.#make;
    this.#make = undefined;
    return make?.() ?? [];
  }

  override rewind(): void {
    super.rewind();
    this.#make = this.#again;
  }
}

/** What `find()` returns. Options can be set until the first document is read. */
export class FindCursor extends Cursor {
  readonly #table: Table;
  readonly #query: Query;
  #scan: Scan | undefined;
  #sorted: Hit[] | undefined;
  #left = 0;
  #toSkip = 0;

  constructor(table: Table, query: Query) {
    super();
    this.#table = table;
    this.#query = { ...query };
  }

  #set(options: Partial<Query>): this {
    if (this.isStarted) throw serverError('illegalOperation', 'The cursor has already been read from');
    Object.assign(this.#query, options);
    return this;
  }
  filter(filter: Doc): this {
    return this.#set({ filter });
  }
  sort(sort: unknown, direction?: unknown): this {
    return this.#set({ sort: toSort(sort, direction) });
  }
  skip(skip: number): this {
    return this.#set({ skip });
  }
  limit(limit: number): this {
    return this.#set({ limit });
  }
  project(projection: Doc): this {
    return this.#set({ projection });
  }
  hint(hint: unknown): this {
    return this.#set({ hint });
  }
  collation(): never {
    throw serverError('invalidOptions', 'This store offers no collation');
  }

  #start(): Scan {
    const { skip = 0, limit = 0 } = this.#query;
    this.#toSkip = skip;
    this.#left = limit === 0 ? Infinity : Math.abs(limit);
    return (this.#scan = new Scan(this.#table, this.#query));
  }

  #pull(scan: Scan): Hit[] {
    if (scan.plan.isSorted) {
      this.#toSkip -= scan.pull(this.#toSkip).length;
      if (scan.isDone) this.#toSkip = 0;
      return scan.pull(Math.min(this.#left, BATCH));
    }
    this.#sorted ??= sortHits(scan.pull(Infinity), this.#query.sort ?? []).slice(this.#toSkip);
    return this.#sorted.splice(0, Math.min(this.#left, BATCH));
  }

  protected override async fetch(): Promise<Doc[]> {
    if (this.#scan !== undefined) await new Promise(setImmediate); // others take their turn between two batches
    const hits = this.#pull(this.#scan ?? this.#start());
    this.#left -= hits.length;
    const { projection = {}, filter } = this.#query;
    return project(
      hits.map(({ doc }) => doc),
      projection,
      filter,
    );
  }

  override rewind(): void {
    super.rewind();
    this.#scan = this.#sorted = undefined;
    this.isStarted = false;
  }

  clone(): FindCursor {
    return new FindCursor(this.#table, this.#query);
  }

  /** How many the filter finds, without skip and limit. */
  count(): Promise<number> {
    const scan = new Scan(this.#table, { filter: this.#query.filter });
    return Promise.resolve(scan.pull(Infinity).length);
  }

  /** Runs the query and tells how: MongoDB's stages, with the keys and documents it had to look at. */
  explain(): Promise<Doc> {
    const scan = this.#start();
    let nReturned = 0;
    for (let hits = this.#pull(scan); hits.length > 0; hits = this.#pull(scan)) {
      nReturned += hits.length;
      this.#left -= hits.length;
    }
    const winningPlan = describe(scan.plan, this.#query.filter);
    const { keysExamined, docsExamined } = scan;
    return Promise.resolve({
      queryPlanner: { namespace: this.#table.namespace, winningPlan },
      executionStats: {
        executionSuccess: true,
        nReturned,
        totalKeysExamined: scan.plan.isScan && scan.plan.index === undefined ? 0 : keysExamined,
        totalDocsExamined: docsExamined,
      },
      ok: 1,
    });
  }
}

function describe(plan: Plan, filter: Doc): Doc {
  let stage: Doc = { stage: 'COLLSCAN', direction: plan.reverse ? 'backward' : 'forward' };
  if (plan.parts !== undefined) stage = { stage: 'OR', inputStages: plan.parts.map((part) => describe(part, {})) };
  else if (!plan.isScan || plan.index !== undefined || plan.reverse) {
    const { name = '_id_', key = { _id: 1 }, unique = true, arrays = [] } = plan.index ?? {};
    const isMultiKey = arrays.length > 0;
    const direction = plan.reverse ? 'backward' : 'forward';
    stage = { stage: 'IXSCAN', indexName: name, keyPattern: key, isMultiKey, isUnique: unique, direction };
    stage = { stage: 'FETCH', ...(plan.isExact ? {} : { filter }), inputStage: stage };
  }
  return plan.isSorted ? stage : { stage: 'SORT', inputStage: stage };
}

import { AppError } from '#shared/wire/error.ts';

/* What one person keeps on this device. `idb.ts` keeps it for real; the one here forgets with the page. */

/** `events`: [stream, seq] · `tails`: [stream] · `outbox`: [id] · `drafts`, `kv`: [name]. */
export const STORES = ['outbox', 'events', 'tails', 'drafts', 'kv'] as const;
export type Store = (typeof STORES)[number];
export type Key = readonly (string | number)[];

/** Inclusive; `newest` lists from the end, `limit` at most. A prefix reaches everything below it. */
export interface Span {
  from?: Key;
  to?: Key;
  limit?: number;
  newest?: boolean;
}

/** A value of `undefined` removes the key; with `to`, everything from `key` to `to`. */
export interface Change {
  store: Store;
  key: Key;
  value?: unknown;
  to?: Key;
}

export interface Row {
  key: Key;
  value: unknown;
}

export interface Db {
  /** False where the browser keeps nothing for us (private mode, storage full or forbidden): then say so. */
  readonly durable: boolean;
  /** Resolves once it is known whether this device keeps things. */
  readonly ready: Promise<void>;
  get: (store: Store, key: Key) => Promise<unknown>;
  list: (store: Store, span?: Span) => Promise<Row[]>;
  /** All of it or nothing. */
  change: (changes: readonly Change[]) => Promise<void>;
  clear: (stores: readonly Store[]) => Promise<void>;
  close: () => void;
}

/** Keys in the order IndexedDB gives them: part by part, numbers before strings, the shorter first. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x === y) continue;
    if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** A db that lasts as long as the page. Values are copied in and out, as the real one does. */
export function createMemoryDb(): Db {
  const stores = new Map<Store, Row[]>(STORES.map((store) => [store, []]));
  const rowsOf = (store: Store): Row[] => stores.get(store) ?? [];
  const within = (key: Key, span: Span): boolean =>
    (span.from === undefined || compareKeys(key, span.from) >= 0) &&
    (span.to === undefined || compareKeys(key, span.to) <= 0);

  function put({ store, key, value, to }: Change): void {
    const rows = rowsOf(store).filter((row) => !within(row.key, { from: key, to: to ?? key }));
    if (value !== undefined) rows.push({ key, value: structuredClone(value) });
    stores.set(
      store,
      rows.sort((a, b) => compareKeys(a.key, b.key)),
    );
  }

  const list = (store: Store, span: Span = {}): Row[] => {
    const rows = rowsOf(store).filter((row) => within(row.key, span));
    if (span.newest === true) rows.reverse();
    return rows.slice(0, span.limit).map(({ key, value }) => ({ key, value: structuredClone(value) }));
  };

  return {
    durable: false,
    ready: Promise.resolve(),
    get: (store, key) => Promise.resolve(list(store, { from: key, to: key })[0]?.value),
    list: (store, span) => Promise.resolve(list(store, span)),
    change: (changes) => {
      for (const change of changes) put(change);
      return Promise.resolve();
    },
    clear: (cleared) => {
      for (const store of cleared) stores.set(store, []);
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

/** What a db throws when the browser refuses to keep something. */
export const notKept = (cause: unknown): AppError => new AppError('not_kept', String(cause));

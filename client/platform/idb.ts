import { createSubscriber } from 'svelte/reactivity';
import {
  createMemoryDb,
  notKept,
  STORES,
  type Change,
  type Db,
  type Key,
  type Row,
  type Span,
  type Store,
} from './db.ts';

/*
 * IndexedDB, one database a person, so that people sharing a PC never meet each other's things. It is opened at
 * once and used through promises; where the browser has none, or does not answer in time, everything goes to memory
 * and `durable` says so.
 */

const VERSION = 1;
/** Opening can wait for ever, e.g. behind another tab's upgrade: then this page does without. In ms. */
const OPENING = 3000;

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(notKept(request.error));
    };
  });

/** Done means written: a request can succeed in a transaction that fails. */
const written = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = transaction.onerror = () => {
      reject(notKept(transaction.error));
    };
  });

const rangeOf = (from: Key | undefined, to: Key | undefined): IDBKeyRange | undefined => {
  if (from !== undefined && to !== undefined) return IDBKeyRange.bound([...from], [...to]);
  if (from !== undefined) return IDBKeyRange.lowerBound([...from]);
  return to === undefined ? undefined : IDBKeyRange.upperBound([...to]);
};

function openIdb(name: string, factory: IDBFactory): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(notKept('slow'));
    }, OPENING);
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      // A newer page wants to change the layout: make way. What this one writes from here on fails.
      request.result.onversionchange = () => {
        request.result.close();
      };
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(notKept(request.error));
    };
  });
}

function onIdb(db: IDBDatabase): Omit<Db, 'ready' | 'durable'> {
  const store = (name: Store, mode: IDBTransactionMode): IDBObjectStore => db.transaction(name, mode).objectStore(name);

  async function list(name: Store, span: Span = {}): Promise<Row[]> {
    const rows: Row[] = [];
    const direction = span.newest === true ? 'prev' : 'next';
    const request = store(name, 'readonly').openCursor(rangeOf(span.from, span.to), direction);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor === null || rows.length === span.limit) {
          resolve(rows);
          return;
        }
        rows.push({ key: cursor.key as (string | number)[], value: cursor.value as unknown });
        cursor.continue();
      };
      request.onerror = () => {
        reject(notKept(request.error));
      };
    });
  }

  async function change(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    const transaction = db.transaction([...new Set(changes.map((c) => c.store))], 'readwrite');
    for (const { store: name, key, value, to } of changes) {
      const target = transaction.objectStore(name);
      if (value === undefined) target.delete(IDBKeyRange.bound([...key], [...(to ?? key)]));
      else target.put(value, [...key]);
    }
    await written(transaction);
  }

  return {
    list,
    change,
    get: (name, key) => answer<unknown>(store(name, 'readonly').get([...key])),
    clear: async (names) => {
      const transaction = db.transaction([...names], 'readwrite');
      for (const name of names) transaction.objectStore(name).clear();
      await written(transaction);
    },
    close: () => {
      db.close();
    },
  };
}

/** The db of one person on this device. Usable at once: calls wait until it is open. */
export function openDb(person: string, factory: IDBFactory | undefined): Db {
  let durable = true;
  let update: (() => void) | undefined;
  const track = createSubscriber((changed) => {
    update = changed;
    return () => (update = undefined);
  });
  const opening = (async (): Promise<Omit<Db, 'ready' | 'durable'>> => {
    try {
      if (factory === undefined) throw notKept('no IndexedDB');
      return onIdb(await openIdb(`linli:${person}`, factory));
    } catch {
      // Private mode, storage forbidden or full: the page works, but keeps nothing, and `durable` tells.
      durable = false;
      update?.();
      return createMemoryDb();
    }
  })();
  return {
    get durable() {
      track();
      return durable;
    },
    ready: opening.then(() => undefined),
    get: async (store, key) => (await opening).get(store, key),
    list: async (store, span) => (await opening).list(store, span),
    change: async (changes) => {
      try {
        await (await opening).change(changes);
      } catch (error) {
        // Full, or cleared under our feet: from here on this device cannot be relied on, and the page says so.
        durable = false;
        update?.();
        throw error;
      }
    },
    clear: async (stores) => (await opening).clear(stores),
    close: () =>
      void opening.then((db) => {
        db.close();
      }),
  };
}

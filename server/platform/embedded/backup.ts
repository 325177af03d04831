import { mkdir, open, readdir } from 'node:fs/promises';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { checkIndexes } from './check.ts';
import { openStore, type Store } from './store.ts';

/** The one file of a store that holds data; the others belong to who has it open. */
export const DATA = 'data.mdb';

async function reading<T>(folder: string, work: (store: Store) => T | Promise<T>): Promise<T> {
  const store = await openStore(realpathSync(folder), { readOnly: true });
  try {
    return await work(store);
  } finally {
    await store.release();
  }
}

/**
 * Copies a store to an empty folder, as of one moment and on the disk, while the process that owns it goes on writing.
 * LMDB shows another process what is committed: everything acknowledged before the call is in the copy.
 */
export async function copyStore(folder: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o700 });
  await reading(folder, (store) => store.copyTo(target));
  await syncAll(target);
}

/** What of a store's documents and indexes does not agree, in words. */
export const checkStore = (folder: string): Promise<string[]> => reading(folder, checkIndexes);

/** Files are found again after a power loss if they and their folder were synced. */
export async function syncAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => path.join(folder, name));
  // A folder cannot be opened on Windows, nor need it be.
  for (const at of process.platform === 'win32' ? files : [...files, folder]) {
    const handle = await open(at, 'r');
    await handle.sync();
    await handle.close();
  }
}

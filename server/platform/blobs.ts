import { mkdir, mkdtemp, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** Bytes from `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A blob and when it was last given (ms). */
export interface Kept {
  hash: string;
  at: number;
}

/**
 * Where the bytes of files live, by their SHA-256: the same bytes are there once. One caller at a time for each hash;
 * `createFiles` sees to that.
 */
export interface Blobs {
  /** A folder on this machine where a file is put together before it is kept. */
  scratch: string;
  /** Takes over a file of the scratch folder; it is durable when this resolves. */
  keep: (from: string, hash: string) => Promise<void>;
  /** Undefined where there is none. */
  open: (hash: string, range?: ByteRange) => Promise<Readable | undefined>;
  /** Nothing to take away is no failure. */
  drop: (hash: string) => Promise<void>;
  all: () => AsyncIterable<Kept>;
  close: () => Promise<void>;
}

const HASH = /^[0-9a-f]{64}$/;
const INCOMING = 'incoming';

/** What a copy of a folder of blobs takes along: not what is still on its way in. */
export const isBlobPath = (at: string): boolean => path.basename(at) !== INCOMING;

async function sync(at: string): Promise<void> {
  if (process.platform === 'win32' && (await stat(at)).isDirectory()) return; // a folder cannot be opened there
  const handle = await open(at, 'r');
  await handle.sync().finally(() => handle.close());
}

/** A scratch folder of this process, for blobs that do not live in a folder. */
export const temporaryScratch = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'linli-files-'));

/** Blobs in a folder: `ab/abcdef…`, each put together beside it, synced, then renamed: it is there whole or not at all. */
export async function folderBlobs(folder: string): Promise<Blobs> {
  const scratch = path.join(folder, INCOMING);
  await rm(scratch, { recursive: true, force: true }); // what a process that was ended left behind
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const at = (hash: string): string => path.join(folder, hash.slice(0, 2), hash);

  return {
    scratch,
    keep: async (from, hash) => {
      const to = at(hash);
      await sync(from);
      if ((await mkdir(path.dirname(to), { recursive: true, mode: 0o700 })) !== undefined) await sync(folder);
      await rename(from, to); // over the same bytes, if they are there
      const now = new Date();
      await utimes(to, now, now);
      await sync(path.dirname(to));
    },
    open: async (hash, range) => {
      const handle = await open(at(hash), 'r').catch(absent);
      return handle?.createReadStream(range ?? {});
    },
    drop: (hash) => rm(at(hash), { force: true }),
    all: async function* () {
      for (const shard of await readdir(folder)) {
        if (shard.length !== 2) continue;
        for (const hash of await readdir(path.join(folder, shard))) {
          if (!HASH.test(hash)) continue;
          const found = await stat(at(hash)).catch(absent);
          if (found !== undefined) yield { hash, at: found.mtimeMs };
        }
      }
    },
    close: () => rm(scratch, { recursive: true, force: true }),
  };
}

/** Nothing there is an answer; a disk that fails is not. */
function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

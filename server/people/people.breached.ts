import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';

/*
 * Passwords that were found in breaches, in the file an operator brings: a line for each, its SHA-1 and how often it was
 * seen, in the order of the hashes (“Pwned Passwords, ordered by hash”). It may have 40 GB, so a password is looked for
 * in the file itself, by halves. SHA-1 is how that file names them: what protects passwords here is Argon2id.
 */

const LINE = /^([0-9A-F]{40}):\d{1,15}\r?$/;
const LONGEST = 64; // bytes: more than a line and its end have
const LOOKS = 256; // at the start: a file in another order is found out by far fewer
const NEWLINE = 0x0a;

interface Line {
  hash: string;
  /** Where it begins, and the next one. */
  start: number;
  next: number;
}

export interface Breached {
  /** Whether it stands in the list, exactly as typed. Throws where that cannot be read: nobody chooses meanwhile. */
  has: (password: string) => Promise<boolean>;
  close: () => Promise<void>;
}

/** The list cannot be used; why, and at which byte. */
export class BreachedFileError extends Error {}

const noLine = (at: number): BreachedFileError =>
  new BreachedFileError(`has no line of a SHA-1 in capitals, a colon and a count at byte ${at}`);

/** Two lines' worth of bytes from a place on, or those up to the end. */
async function bytesFrom(file: FileHandle, size: number, at: number): Promise<Buffer> {
  const wanted = Math.min(2 * LONGEST, size - at);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, at);
  if (bytesRead < wanted) throw new BreachedFileError(`ends at byte ${at + bytesRead}, before it did`);
  return buffer;
}

/** The first line that begins at a byte or after it; undefined: none does. */
async function lineFrom(file: FileHandle, size: number, at: number): Promise<Line | undefined> {
  const from = Math.max(0, at - 1);
  const bytes = await bytesFrom(file, size, from);
  const skipped = at === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
  if (at > 0 && (skipped === 0 || skipped > LONGEST)) {
    if (size - from > LONGEST) throw noLine(from);
    return undefined; // within the last line, which need not end with one
  }
  if (from + skipped === size) return undefined;
  const end = bytes.indexOf(NEWLINE, skipped);
  const isWhole = end !== -1 || from + bytes.length === size;
  const [, hash] = (isWhole && LINE.exec(bytes.toString('latin1', skipped, end === -1 ? bytes.length : end))) || [];
  if (hash === undefined) throw noLine(from + skipped);
  return { hash, start: from + skipped, next: end === -1 ? size : from + end + 1 };
}

async function holds(file: FileHandle, size: number, hash: string): Promise<boolean> {
  // Before `low` every hash is less; from `high` on none is, nor equal. `low` is always where a line begins.
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const line = await lineFrom(file, size, middle);
    if (line?.hash === hash) return true;
    if (line === undefined || line.hash > hash) high = middle;
    else low = line.next;
  }
  return false;
}

/** Reads here and there, and at both ends: lines, in order. */
async function check(file: FileHandle, size: number): Promise<void> {
  const places = Array.from({ length: LOOKS }, (_, look) => Math.floor((size / LOOKS) * look));
  let before: Line | undefined;
  for (const at of [...places, Math.max(0, size - LONGEST)]) {
    const line = await lineFrom(file, size, at);
    if (line === undefined) continue; // within the last line, which is looked at from further back
    if (before !== undefined && line.start > before.start && line.hash <= before.hash)
      throw new BreachedFileError(`is not ordered by hash at byte ${line.start}`);
    if (before === undefined || line.start > before.start) before = line;
  }
  if (before === undefined) throw noLine(0);
  if (before.next !== size) throw noLine(before.next);
}

async function openAt(path: string): Promise<{ file: FileHandle; size: number }> {
  try {
    if (!(await stat(path)).isFile()) throw new BreachedFileError('is no file'); // to open a pipe would wait for ever
    const file = await open(path, 'r');
    return { file, size: (await file.stat()).size };
  } catch (error) {
    if (error instanceof BreachedFileError) throw error;
    throw new BreachedFileError(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

/** No list: nothing stands in it. */
const NONE: Breached = { has: () => Promise.resolve(false), close: () => Promise.resolve() };

/**
 * Opens the list and keeps it open, so that one that is put in its place counts from the next start on. Throws
 * BreachedFileError where it cannot be read or is something else.
 */
export async function openBreached(path: string | undefined): Promise<Breached> {
  if (path === undefined) return NONE;
  const { file, size } = await openAt(path);
  try {
    await check(file, size);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    has: (password) => holds(file, size, createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase()),
    close: () => file.close(),
  };
}

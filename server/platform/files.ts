import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform, Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#shared/wire/error.ts';
import { isPicture, MAX_FILE_BYTES } from '#shared/wire/files.limits.ts';
import { FILE_ERRORS, type FileFacts, type FileType } from '#shared/wire/files.ts';
import type { Blobs, ByteRange } from './blobs.ts';
import type { Clock } from './clock.ts';
import { newId } from './crypto.ts';
import type { FileRow, FilesModel } from './files.model.ts';
import { typeOf } from './files.type.ts';
import { UPLOADED_A_DAY } from './limits.ts';
import type { Pictures } from './pictures.ts';
import { isDuplicate } from './store-errors.ts';
import { createTurns } from './turns.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const SWEEP = 500; // rows in one sweep of what nothing names

/** A file on its way in. `length` is what its sender says it has, in bytes. */
export interface Given {
  id: string;
  owner: string;
  name: string | undefined;
  length: number;
  bytes: Readable;
}

interface Deps {
  model: FilesModel;
  blobs: Blobs;
  pictures: Pictures;
  clock: Clock;
  /** Whether people have a day's allowance. */
  limited: boolean;
}

export type Files = ReturnType<typeof createFiles>;

/** What a reader of an event needs to show a file. */
export function toFacts({ _id: id, name, type, size, width, height }: FileRow): FileFacts {
  const measured = width !== null && height !== null ? { width, height } : {};
  return { id, ...(name !== null && { name }), type, size, ...measured };
}

/** Counts and hashes what passes; more than was announced ends it. */
function createMeter(length: number) {
  const hash = createHash('sha256');
  let seen = 0;
  const meter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      seen += chunk.length;
      hash.update(chunk);
      if (seen > length) done(new AppError('too_large'));
      else done(null, chunk);
    },
  });
  return { meter, sum: () => hash.digest('hex'), seen: () => seen };
}

const refused = (code: keyof typeof FILE_ERRORS, details?: object): AppError =>
  new AppError(code, FILE_ERRORS[code], { ...details });

/** Bytes each person has on their way in: two uploads at once do not both take the last of a day's allowance. */
function createAllowance({ model, clock }: Pick<Deps, 'model' | 'clock'>) {
  const coming = new Map<string, number>();
  return async <T>({ owner, length }: Given, work: () => Promise<T>): Promise<T> => {
    const before = coming.get(owner) ?? 0;
    coming.set(owner, before + length);
    try {
      const sent = await model.sentSince(owner, clock.now().getTime() - DAY);
      if (sent + (coming.get(owner) ?? 0) > UPLOADED_A_DAY) throw refused('files.quota', { retryAfter: HOUR / 1000 });
      return await work();
    } finally {
      const left = (coming.get(owner) ?? 0) - length;
      if (left > 0) coming.set(owner, left);
      else coming.delete(owner);
    }
  };
}

/** Takes what comes and keeps none of it. */
const nowhere = (): Writable =>
  new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });

/** What a file has become: its own bytes, or a picture made anew and perhaps a smaller copy. */
interface Made {
  type: FileType;
  at: string;
  small: string | undefined;
  width: number | null;
  height: number | null;
}

interface Blob {
  at: string;
  sha256: string;
  size: number;
}

/** Read as a whole: at most 20 MiB, and what a picture became is about as large as what was sent. */
async function blobOf(at: string): Promise<Blob> {
  const { size } = await stat(at);
  const sha256 = createHash('sha256')
    .update(await readFile(at))
    .digest('hex');
  return { at, sha256, size };
}

/**
 * Uploaded files: bytes come in once, are looked at, made safe and kept; what is known of them is a row. Who may have
 * one is asked elsewhere, by the streams a row names.
 */
export function createFiles(deps: Deps) {
  const { model, blobs, pictures, clock } = deps;
  const inTurn = createTurns();
  const within = deps.limited ? createAllowance(deps) : <T>(_: Given, work: () => Promise<T>): Promise<T> => work();

  /** The bytes go to the disk as they come; nothing of them stays if they end early. */
  async function receive({ bytes, length }: Given, to: Writable): Promise<string> {
    const { meter, sum, seen } = createMeter(length);
    await pipeline(bytes, meter, to);
    if (seen() !== length) throw new AppError('bad_input', 'The file ended early.');
    return sum();
  }

  /** A repeat of the upload that made this row is answered like the first; anything else under its id is refused. */
  async function again(row: FileRow, given: Given): Promise<FileRow> {
    const sent = await receive(given, nowhere());
    if (row.owner !== given.owner || row.sent !== sent) throw new AppError('id_reused');
    return row;
  }

  async function make(at: string, length: number): Promise<Made> {
    const type = await typeOf(at, length);
    if (type === undefined) throw refused('files.type');
    if (!isPicture({ type })) return { type, at, small: undefined, width: null, height: null };
    const copies = { to: `${at}.to`, small: `${at}.small` };
    const { width, height, small } = await pictures(at, type, copies);
    return { type, at: copies.to, small: small ? copies.small : undefined, width, height };
  }

  /** Bytes first, then the row: a row always has its bytes. In turn with the sweep, which looks for bytes without one. */
  async function keep(row: FileRow, whole: Blob, small: Blob | undefined): Promise<void> {
    await inTurn(whole.sha256, async () => {
      await blobs.keep(whole.at, whole.sha256);
      if (small === undefined) await model.insert(row);
      else
        await inTurn(small.sha256, async () => {
          await blobs.keep(small.at, small.sha256);
          await model.insert(row);
        });
    });
  }

  async function take(given: Given, at: string): Promise<FileRow> {
    const { id, owner, name = null, length } = given;
    const sent = await receive(given, createWriteStream(at, { mode: 0o600 }));
    const { type, width, height, ...made } = await make(at, length);
    const whole = await blobOf(made.at);
    const small = made.small === undefined ? undefined : await blobOf(made.small);
    const row: FileRow = {
      ...{ _id: id, owner, name, type, size: whole.size, bytes: length, width, height, sha256: whole.sha256, sent },
      small: small === undefined ? null : { sha256: small.sha256, size: small.size },
      blobs: [whole.sha256, ...(small === undefined ? [] : [small.sha256])],
      ...{ at: clock.now().getTime(), named: false, streams: [] },
    };
    await keep(row, whole, small);
    return row;
  }

  async function put(given: Given): Promise<FileRow> {
    const { id, length } = given;
    if (length > MAX_FILE_BYTES) throw new AppError('too_large', 'At most 20 MiB.');
    const before = await model.find(id);
    if (before !== undefined) return again(before, given);
    const at = path.join(blobs.scratch, `${newId()}.part`);
    try {
      return await within(given, () => take(given, at));
    } catch (error) {
      const first = isDuplicate(error) ? await model.find(id) : undefined; // two at once under one id
      if (first === undefined || first.owner !== given.owner) throw error;
      return first;
    } finally {
      await Promise.all([at, `${at}.to`, `${at}.small`].map((part) => rm(part, { force: true })));
    }
  }

  return {
    /**
     * Takes a file. The same bytes under the same id are answered alike, other bytes with `id_reused`.
     * @throws files.type, files.broken, files.too_many_pixels, files.quota; too_large; bad_input where it ends early
     */
    put,

    find: (id: string): Promise<FileRow | undefined> => model.find(id),

    /** What somebody sent. */
    sentBy: (owner: string): Promise<FileRow[]> => model.ofOwner(owner),

    /** Takes away what somebody sent and no event names; the next sweep takes the bytes. */
    forget: async (owner: string): Promise<void> => {
      for (const { _id } of await model.ofOwner(owner)) await model.dropUnnamed(_id);
    },

    /** The bytes of a file, or of its smaller copy where there is one; undefined if they are gone. */
    open: (row: FileRow, small: boolean, range?: ByteRange): Promise<Readable | undefined> =>
      blobs.open((small ? row.small?.sha256 : undefined) ?? row.sha256, range),

    /** What an event of this person may name; undefined if one of them is not there or not theirs. */
    facts: async (owner: string, ids: readonly string[]): Promise<FileFacts[] | undefined> => {
      if (ids.length === 0) return [];
      const rows = new Map((await model.some(ids)).map((row) => [row._id, row]));
      const own = [...new Set(ids)].map((id) => rows.get(id)).filter((row) => row?.owner === owner);
      const found = own.filter((row) => row !== undefined);
      return found.length === new Set(ids).size ? found.map(toFacts) : undefined;
    },

    /**
     * Holds files for an event that is about to name them on a stream: no sweep takes them from then on. Before the
     * event, so that none names what is gone. False: one of them was swept meanwhile.
     */
    claim: async (owner: string, ids: readonly string[], stream: string): Promise<boolean> => {
      const claimed = await Promise.all(ids.map((id) => model.name(id, owner, stream)));
      return claimed.every((one) => one);
    },

    /** Takes away what nothing named within a day, then bytes without a row that are older than an hour. */
    sweep: async (): Promise<void> => {
      const now = clock.now().getTime();
      for (const { _id } of await model.unnamed(now - DAY, SWEEP)) await model.dropUnnamed(_id);
      for await (const { hash, at } of blobs.all()) {
        if (at > now - HOUR) continue; // its row may be on the way
        await inTurn(hash, async () => {
          if (!(await model.stands(hash))) await blobs.drop(hash);
        });
      }
    },

    close: (): Promise<void> => blobs.close(),
  };
}

import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as v from 'valibot';
import { toHex } from '#shared/wire/ids.ts';
import { canonical } from '#shared/wire/stream.ts';
import type { Clock } from './clock.ts';
import { newId, sha256 } from './crypto.ts';
import type { Signer } from './signing.ts';
import type { Head } from './streams.model.ts';
import type { Streams } from './streams.ts';

/*
 * A chain shows what was changed within a stream, not that its end was cut off, that it was written anew from some
 * event on, or that the whole of it is gone. An anchor does: the heads of all streams, and over them a Merkle root
 * (RFC 6962 §2.1) signed with the hub's key. It stands on `anchor:hub` and, with its heads, in a file that can be carried
 * where nobody of this machine can reach it.
 *
 * All heads are read once a day. In between an anchor names the streams that moved since the one before: it costs what
 * was written meanwhile, and is proven like any other.
 */

/** The stream anchors stand on, each with the head of the one before among its own. */
export const ANCHORS = 'anchor:hub';

/** Whether a path within a folder of anchors is that folder or an anchor that is finished. */
export const isAnchorPath = (at: string): boolean => !path.basename(at).startsWith('.');

/** The name of an anchor's file, by when it was made. */
export const anchorFile = ({ at, since }: { at: string; since?: string | undefined }): string =>
  `${at.replaceAll(':', '-')}${since === undefined ? '' : PART}.jsonl`;

const STALE = 3600_000; // ms for which nobody wrote to an unfinished anchor: whoever began it is gone
const UNFINISHED = /^\.[0-9a-f-]{36}$/;

const PAGE = 50; // heads between two writes to the file, at which everybody else gets a turn
const EVENTS = 200; // read in one turn
const DAY = 24 * 3600_000;
const LOOKED_AT = 200; // anchors; one of all streams is among them, with one every quarter of an hour and some restarts
/** ms the clocks of several processes may differ, and a write may be under way, for what is read again. */
const OVERLAP = 60_000;
const LAST = '~'; // above every name of a stream
const PART = '.part'; // in the name of a file that does not name all streams

/**
 * What is signed, and what says so. `at` is when the first head was read. With `since`, which is not signed because
 * nothing is proven by it, it names the streams that moved from then on; without it, all.
 */
export const Seal = v.object({
  at: v.string(),
  since: v.optional(v.string()),
  streams: v.number(),
  root: v.string(),
  keyId: v.string(),
  signature: v.string(),
});
export type Seal = v.InferOutput<typeof Seal>;

const HeadLine = v.object({ stream: v.string(), seq: v.number(), hash: v.string() });

/** The words before it keep a signature over an anchor from being one over anything else. */
export const sealed = ({ at, streams, root }: Pick<Seal, 'at' | 'streams' | 'root'>): string =>
  canonical(['linli anchor 1', at, streams, root]);

const leafOf = ({ stream, seq, hash }: Head): Uint8Array => sha256(Uint8Array.of(0), canonical([stream, seq, hash]));
const nodeOf = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Uint8Array.of(1), left, right);

/** A Merkle root that is made as the heads come, in memory that grows with the logarithm of their number. */
export function createRoot() {
  const whole: { hash: Uint8Array; size: number }[] = [];
  return {
    add: (head: Head): void => {
      let last = { hash: leafOf(head), size: 1 };
      for (let left = whole.at(-1); left?.size === last.size; left = whole.at(-1)) {
        whole.pop();
        last = { hash: nodeOf(left.hash, last.hash), size: 2 * last.size };
      }
      whole.push(last);
    },
    root: (): string => {
      const hashes = whole.map(({ hash }) => hash);
      return toHex(hashes.length === 0 ? sha256() : hashes.reduceRight((right, left) => nodeOf(left, right)));
    },
  };
}

export interface Anchored {
  streams: number;
  /** Milliseconds it took. */
  took: number;
}

interface Deps {
  streams: Streams;
  signer: Signer;
  clock: Clock;
  folder: string;
}

interface How {
  /** Only what moved since then. */
  since?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Makes anchors. */
export function createAnchors({ streams, signer, clock, folder }: Deps) {
  /** Of all streams, the last by name first, with one read for each. */
  async function* allHeads(): AsyncGenerator<Head> {
    for (let head = await streams.headBefore(LAST); head !== undefined; head = await streams.headBefore(head.stream))
      yield head;
  }

  /** Of what moved since then. Positions are microseconds of the clock and never less. */
  async function* movedHeads(since: string): AsyncGenerator<Head> {
    const heads = new Map<string, Head>();
    for (let after = (Date.parse(since) - OVERLAP) * 1000; ;) {
      const found = await streams.since(after, EVENTS);
      for (const { event } of found) {
        const { stream, seq, hash } = event;
        if ((heads.get(stream)?.seq ?? 0) < seq) heads.set(stream, { stream, seq, hash });
      }
      if (found.length < EVENTS) break;
      after = found.at(-1)?.position ?? after;
      await nextTurn();
    }
    yield* heads.values();
  }

  async function writeHeads(file: FileHandle, at: string, { since, signal }: How): Promise<Seal> {
    const tree = createRoot();
    let count = 0;
    let lines = '';
    for await (const head of since === undefined ? allHeads() : movedHeads(since)) {
      signal?.throwIfAborted();
      tree.add(head);
      lines += `${JSON.stringify(head)}\n`;
      if (++count % PAGE === 0) {
        await file.write(lines); // a turn for everybody: what the embedded store answers costs none
        lines = '';
      }
    }
    const facts = { at, ...(since === undefined ? {} : { since }), streams: count, root: tree.root() };
    const seal: Seal = { ...facts, keyId: signer.keyId, signature: signer.sign(sealed(facts)) };
    await file.write(`${lines}${JSON.stringify(seal)}\n`);
    await file.sync();
    return seal;
  }

  /** Whether anything has been written since the last anchor. */
  async function isNew(): Promise<boolean> {
    const position = await streams.lastPosition();
    const [last] = await streams.since(position - 1, 1);
    return position > 0 && last?.event.stream !== ANCHORS;
  }

  /** Of the last anchors: when the newest was made, and the newest of all streams. */
  async function lately(): Promise<{ any: string | undefined; whole: string | undefined }> {
    const { seq } = await streams.head(ANCHORS);
    const events = await streams.read(ANCHORS, Math.max(1, seq - LOOKED_AT + 1), seq, LOOKED_AT);
    const seals = events.flatMap(({ data }) => (v.is(Seal, data) ? [data] : []));
    return { any: seals.at(-1)?.at, whole: seals.findLast(({ since }) => since === undefined)?.at };
  }

  /**
   * Makes one of all streams, or of those that moved `since` then, unless nothing was written since the last. Resolves
   * when it is on the record and in its file; rejects before it is on the record where the signal says so first.
   */
  async function make({ since, signal }: How = {}): Promise<Anchored | undefined> {
    const began = performance.now();
    if (!(await isNew())) return undefined;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const at = clock.now().toISOString();
    const aside = path.join(folder, `.${newId()}`);
    const file = await open(aside, 'wx', 0o600);
    try {
      const seal = await writeHeads(file, at, { since, signal }).finally(() => file.close());
      // A head may have been readable before it was durable. Once this is, all that was there before it is too.
      await streams.add(ANCHORS, { id: newId(), type: 'anchored', actor: 'system', data: seal });
      // Named last: a file without its place on the record would be an alarm, a place without its file is none.
      await rename(aside, path.join(folder, anchorFile({ at, since })));
      return { streams: seal.streams, took: Math.round(performance.now() - began) };
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }

  return {
    /** Removes what was begun by whoever ended before it was finished. */
    sweep: async (): Promise<void> => {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => UNFINISHED.test(one))) {
        const aside = path.join(folder, name);
        const touched = await stat(aside).then(
          ({ mtimeMs }) => mtimeMs,
          () => Infinity, // finished or removed meanwhile
        );
        if (Date.now() - touched > STALE) await rm(aside, { force: true });
      }
    },

    /** One of all streams, whenever the last of those was made. */
    make: (signal?: AbortSignal): Promise<Anchored | undefined> => make({ signal }),

    /** One of what moved since the last, or of all streams when the last of those is a day old. */
    makeNext: async (signal?: AbortSignal): Promise<Anchored | undefined> => {
      const { any, whole } = await lately();
      const isDue = whole === undefined || clock.now().getTime() - Date.parse(whole) >= DAY;
      return make({ since: isDue ? undefined : any, signal });
    },
  };
}

/** An anchor out of its file. `seal` is undefined where there is none at its end or it does not fit the heads. */
export async function readAnchor(file: string, see: (head: Head) => void): Promise<Seal | undefined> {
  const tree = createRoot();
  let count = 0;
  let seal: Seal | undefined;
  const input = createReadStream(file);
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    const said = parsed(line);
    if (seal !== undefined) return undefined; // nothing comes after it
    if (v.is(Seal, said)) seal = said;
    else if (v.is(HeadLine, said)) {
      tree.add(said);
      see(said);
      count++;
    } else return undefined;
  }
  return seal?.streams === count && seal.root === tree.root() ? seal : undefined;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

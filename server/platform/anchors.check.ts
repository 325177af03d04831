import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { anchorFile, ANCHORS, readAnchor, Seal, sealed } from './anchors.ts';
import type { Verifier } from './signing.ts';
import type { EventRow, Head } from './streams.model.ts';

/** An anchored place on a stream. */
interface Place {
  hash: string;
  /** When the anchor was made that names it, the last of them. */
  at: string;
}

interface Deps {
  /** Keys whose signatures count. */
  keys: readonly Verifier[];
  /** Streams that are dropped whole once their keeping time is over: that they are gone is no alarm. */
  isOver: (stream: string) => boolean;
}

/**
 * Holds a record against anchors: read the files with `load`, show every row in order with `see`, then ask for the
 * `faults`. Keeps one line for each head that any of the anchors names, once.
 */
export function createAnchorCheck({ keys, isOver }: Deps) {
  const wanted = new Map<string, Map<number, Place>>();
  const ends = new Map<string, number>();
  const onRecord = new Set<string>();
  const strangers = new Set<string>();
  const files: Seal[] = [];
  const faults: string[] = [];
  let newest: Pick<Seal, 'at' | 'keyId'> | undefined;
  let isLate = false;

  const isSigned = (seal: Seal): boolean =>
    keys.some(({ keyId, verify }) => keyId === seal.keyId && verify(sealed(seal), seal.signature));

  function want({ stream, seq, hash }: Head, at: string): void {
    const places = wanted.get(stream) ?? new Map<number, Place>();
    const known = places.get(seq);
    if (known !== undefined && known.hash !== hash)
      faults.push(`${stream} ${seq}: the anchors of ${known.at} and ${at} name different events`);
    places.set(seq, { hash, at });
    wanted.set(stream, places);
  }

  async function loadFile(file: string): Promise<void> {
    const heads: Head[] = [];
    const seal = await readAnchor(file, (head) => heads.push(head));
    const name = path.basename(file);
    if (seal === undefined) faults.push(`anchor ${name}: its heads are not those that were signed`);
    else if (!isSigned(seal)) faults.push(`anchor ${name}: not signed with a key known here (${seal.keyId})`);
    else {
      files.push(seal);
      for (const head of heads) want(head, seal.at);
    }
  }

  /** An anchor on the record may be signed with a key of an earlier place: that is told, a wrong signature is a fault. */
  function seeAnchor(row: EventRow): void {
    if (row.type !== 'anchored' || !v.is(Seal, row.data)) return;
    const { at, keyId, signature } = row.data;
    newest = { at, keyId };
    onRecord.add(signature);
    if (!keys.some((key) => key.keyId === keyId)) strangers.add(keyId);
    else if (!isSigned(row.data)) faults.push(`${ANCHORS} ${row.seq}: its signature is not over what it says`);
  }

  /** The highest place of each stream that was not found. */
  function* missing(): Generator<string> {
    for (const [stream, places] of wanted) {
      const seq = Math.max(...places.keys());
      const at = places.get(seq)?.at ?? '';
      const end = ends.get(stream);
      if (end === undefined && !isOver(stream)) yield `${stream}: is gone; the anchor of ${at} has it up to ${seq}`;
      else if (end !== undefined && end < seq)
        yield `${stream}: ends at ${end}; the anchor of ${at} has it up to ${seq}`;
    }
  }

  return {
    /** Takes in every anchor of a folder; none is fine. */
    load: async (folder: string): Promise<void> => {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => one.endsWith('.jsonl')).sort()) await loadFile(path.join(folder, name));
    },

    see: (row: EventRow): void => {
      if (row.stream === ANCHORS) seeAnchor(row);
      const places = wanted.get(row.stream);
      if (places === undefined) return;
      ends.set(row.stream, row.seq);
      const place = places.get(row.seq);
      if (place !== undefined && place.hash !== row.hash)
        faults.push(`${row.stream} ${row.seq}: is not what the anchor of ${place.at} names`);
    },

    /** One that was made while the record was read: its file is there by now, and says the same. */
    lookAgain: async (folder: string): Promise<void> => {
      if (newest === undefined) return;
      const seal = await readAnchor(path.join(folder, anchorFile(newest)), () => undefined).catch(() => undefined);
      isLate = seal !== undefined && onRecord.has(seal.signature);
    },

    /** What is wrong, in words, once every row was seen. */
    faults: (): string[] => [
      ...faults,
      ...missing(),
      ...files
        .filter(({ signature }) => !onRecord.has(signature))
        .map(({ at }) => `the anchor of ${at} is not on the record: it was cut off, or this store is an older one`),
    ],

    /**
     * How many anchors were held against it; when the newest on record was made, if its file is not among them, and
     * whether it should be: one that was signed elsewhere has its file there. Keys that signed anchors on the record and
     * are not known here.
     */
    told: (): { held: number; without: { at: string; isOurs: boolean } | undefined; strangers: string[] } => {
      const last = newest;
      const isThere = last === undefined || isLate || files.some(({ at }) => at === last.at);
      return {
        held: files.length,
        without: isThere ? undefined : { at: last.at, isOurs: !strangers.has(last.keyId) },
        strangers: [...strangers],
      };
    },
  };
}

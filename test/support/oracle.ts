import * as Y from 'yjs';
import { sha256 } from '#server/platform/crypto.ts';
import { dataHash, eventHash, isWhole, ZERO_HASH, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';

/*
 * What a hub promised, held against what it holds. Every function answers the faults it finds, in words; an empty list
 * is an acquittal. test/faults/planted.test.ts shows that each of them can convict.
 */

/** What a writer was told about one message. */
export interface Promised {
  stream: string;
  seq: number;
  text: string;
}

/** Streams as they are read back after a fault, by name. */
export type Held = ReadonlyMap<string, readonly WireEvent[]>;

/** Streams are dense, their chains unbroken, and every whole event's hash covers what it says. */
export function chainFaults(held: Held): string[] {
  return [...held].flatMap(([stream, events]) => {
    let prev = ZERO_HASH;
    return events.flatMap((event, i) => {
      const faults: string[] = [];
      if (event.seq !== i + 1) faults.push(`${stream} has seq ${event.seq} at place ${i + 1}`);
      if (event.prev !== prev) faults.push(`${stream}#${event.seq} does not follow the one before it`);
      if (isWhole(event) && hashOf(event) !== event.hash) faults.push(`${stream}#${event.seq} is not what was hashed`);
      prev = event.hash;
      return faults;
    });
  });
}

const hashOf = (event: StreamEvent): string => eventHash(sha256, { ...event, dataHash: dataHash(sha256, event.data) });

/** Every acknowledged command is there, once, at the seq and with the words that were acknowledged. */
export function promiseFaults(held: Held, acked: ReadonlyMap<string, Promised>): string[] {
  const byId = new Map<string, StreamEvent[]>();
  for (const event of [...held.values()].flat()) {
    if (isWhole(event)) byId.set(event.id, [...(byId.get(event.id) ?? []), event]);
  }
  return [...acked].flatMap(([id, { stream, seq, text }]) => {
    const found = byId.get(id) ?? [];
    const [first] = found;
    if (first === undefined) return [`lost: ${stream}#${seq} was acknowledged`];
    if (found.length > 1) return [`doubled: ${stream}#${seq} is there ${found.length} times`];
    const same = first.stream === stream && first.seq === seq && (first.data as { text?: unknown }).text === text;
    return same ? [] : [`moved: ${stream}#${seq} is now ${first.stream}#${first.seq}`];
  });
}

/** Every command is there at most once, acknowledged or not. */
export function repeatFaults(held: Held): string[] {
  return [...held].flatMap(([stream, events]) => {
    const seen = new Set<string>();
    return events.filter(isWhole).flatMap(({ id, seq }) => {
      if (seen.has(id)) return [`doubled: ${stream}#${seq} repeats a command`];
      seen.add(id);
      return [];
    });
  });
}

/** What anybody was shown live is still there, at the same place and with the same hash. */
export function shownFaults(held: Held, shown: readonly WireEvent[]): string[] {
  return shown.flatMap(({ stream, seq, hash }) => {
    const kept = held.get(stream)?.[seq - 1];
    if (kept === undefined) return [`ghost: ${stream}#${seq} was shown and is gone`];
    return kept.hash === hash ? [] : [`ghost: ${stream}#${seq} was shown as something else`];
  });
}

/** Everything that was shown of a document, structs and deletions alike, is in the document that is there now. */
export function documentFaults(now: Y.Doc, shown: Y.Doc): string[] {
  const known = Y.decodeStateVector(Y.encodeStateVector(now));
  const structs = [...Y.decodeStateVector(Y.encodeStateVector(shown))].flatMap(([client, clock]) => {
    const kept = known.get(client) ?? 0;
    return kept < clock ? [`ghost: ${clock - kept} places of client ${client} were shown and are gone`] : [];
  });
  if (structs.length > 0) return structs;
  return Y.snapshotContainsUpdate(Y.snapshot(now), Y.encodeStateAsUpdate(shown))
    ? []
    : ['ghost: a deletion was shown and is gone'];
}

/** What a writer was told is saved, as clock by client id, is in the document. */
export function savedFaults(now: Y.Doc, saved: ReadonlyMap<number, number>): string[] {
  const known = Y.decodeStateVector(Y.encodeStateVector(now));
  return [...saved].flatMap(([client, clock]) => {
    const kept = known.get(client) ?? 0;
    return kept < clock ? [`lost: ${clock - kept} places of client ${client} were said to be saved`] : [];
  });
}

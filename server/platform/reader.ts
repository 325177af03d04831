import type { Actor } from '#shared/people/people.rules.ts';
import { dataHash, isWhole, type ErasedEvent, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import { sha256 } from './crypto.ts';

/** One person's right to one stream, as it stood at one access version. */
export interface Reader {
  /** The lowest seq this reader can get. */
  floor: number;
  /** The reader's view of an event: whole (the same object), withheld, or erased. */
  view: (event: StreamEvent) => WireEvent;
}

/**
 * A feature's answer to "may this person open `<kind>:<id>`?": undefined means no and not there alike. Asked again
 * for every answer, and before every delivery after anybody's access may have changed.
 */
export type OpenReader = (actor: Actor, id: string) => Promise<Reader | undefined>;

const places = new WeakMap<StreamEvent, WireEvent>();

/** Keeps an event's place for somebody who may not read it. The same object for everybody: it is encoded once. */
export function withheld(event: StreamEvent): WireEvent {
  const { stream, seq, prev, hash } = event;
  const place = places.get(event) ?? { stream, seq, prev, hash, withheld: true };
  places.set(event, place);
  return place;
}

/** An event without its data, whether that is still in the store or was erased there: for its reader it is the same. */
export function erased(event: StreamEvent): ErasedEvent {
  if (!isWhole(event)) return event;
  const { stream, seq, id, type, actor, at, data, prev, hash } = event;
  return { stream, seq, id, type, actor, at, prev, hash, dataHash: dataHash(sha256, data) };
}

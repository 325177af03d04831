import type { Actor } from '#shared/people/people.rules.ts';
import type { StreamEvent, WireEvent } from '#shared/wire/stream.ts';

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

/** Keeps an event's place for somebody who may not read it. */
export const withheld = ({ stream, seq, prev, hash }: StreamEvent): WireEvent => ({
  stream,
  seq,
  prev,
  hash,
  withheld: true,
});

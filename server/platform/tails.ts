import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';

/*
 * Where streams end, as far as that is durable. While an append is under way, and for as long as nobody knows how it
 * ended, a stream is in doubt: its durable head stays where it was, whatever can be read above it. A row can be
 * readable and yet be gone after a crash. The doubt ends when the place is taken, by this row or by another.
 */

export interface Tail {
  seq: number;
  hash: string;
}

interface Doubt {
  durable: Tail;
  /** Of every try to take the place after it; one of them may be on the disk. */
  positions: Set<number>;
}

const EMPTY: Tail = { seq: 0, hash: ZERO_HASH };
const MAX_TAILS = 50_000; // ~150 bytes each; more live streams than a city's evening needs

export type Tails = ReturnType<typeof createTails>;

/** The durable heads this process knows; `last` asks the store for one it does not know. */
export function createTails(last: (stream: string) => Promise<StreamEvent | undefined>) {
  const tails = new Map<string, Tail>();
  const doubts = new Map<string, Doubt>();
  const open = new Set<number>(); // rising, as positions are given: the first is the lowest

  function remember(stream: string, tail: Tail): void {
    tails.delete(stream); // re-inserted at the end: the map is in order of last use
    tails.set(stream, tail);
    if (tails.size > MAX_TAILS) {
      for (const oldest of tails.keys()) {
        tails.delete(oldest);
        break;
      }
    }
  }

  const known = (stream: string): Tail | undefined => doubts.get(stream)?.durable ?? tails.get(stream);

  return {
    /** The durable head. Reads that raced with an append take the append's answer: a row may be readable too early. */
    of: async (stream: string): Promise<Tail> => {
      const before = known(stream);
      if (before !== undefined) return before;
      const found = await last(stream);
      const meanwhile = known(stream);
      if (meanwhile !== undefined) return meanwhile;
      const tail = found === undefined ? EMPTY : { seq: found.seq, hash: found.hash };
      remember(stream, tail);
      return tail;
    },

    /** A row is on its way to the place after `durable`. */
    begin: (stream: string, durable: Tail, position: number): void => {
      const doubt = doubts.get(stream) ?? { durable, positions: new Set() };
      doubts.set(stream, doubt);
      doubt.positions.add(position);
      open.add(position);
    },

    /** The store said that this row is not there. Answers whether an earlier try may still be. */
    refused: (stream: string, position: number): boolean => {
      const positions = doubts.get(stream)?.positions;
      open.delete(position);
      positions?.delete(position);
      if (positions?.size === 0) doubts.delete(stream);
      return doubts.has(stream);
    },

    /** An event is durable: the head rises, and every try to take its place has its outcome. */
    raise: ({ stream, seq, hash }: StreamEvent): void => {
      for (const position of doubts.get(stream)?.positions ?? []) open.delete(position);
      doubts.delete(stream);
      remember(stream, { seq, hash });
    },

    /** What is known without asking. */
    known,

    /** Asks the store next time, unless the stream is in doubt: then only an append can tell. */
    forget: (stream: string): void => {
      tails.delete(stream);
    },

    /** The same for all of them. */
    forgetAll: (): void => {
      tails.clear();
    },

    /** The last position, of those up to `last`, below all that are in doubt. */
    settled: (last: number): number => {
      for (const lowest of open) return lowest - 1;
      return last;
    },
  };
}

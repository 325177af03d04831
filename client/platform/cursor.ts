import { place, ZERO_HASH, type WireEvent } from '#shared/wire/stream.ts';

/*
 * Where a reader stands on one stream, and what follows from what arrives. Pure: `streams.svelte.ts` does what is
 * said here. The table is forum.md §4.3; `have` moves only over contiguous seqs (security.md C7).
 */

export interface Cursor {
  /** Highest contiguous seq applied. */
  have: number;
  /** Hash at `have`; undefined where it is not known. */
  hash: string | undefined;
  /** Lowest seq held; `have + 1` while nothing is. */
  low: number;
  /** Highest seq known to be committed. */
  head: number;
  /** Lowest seq this reader can get. */
  floor: number;
  /** Beyond `have + 1`, by seq. */
  buffer: ReadonlyMap<number, WireEvent>;
  /** The question under way, if any. */
  asked: { kind: 'open' | 'range'; have: number } | undefined;
  /** A `due` was ordered and has not come yet. */
  waiting: boolean;
  /** Answers in a row that brought nothing although something is missing. */
  misses: number;
  /** How often the cache was thrown away: a server that keeps contradicting itself must not be asked in a loop. */
  discards: number;
  /** How the reader follows: `page` newest events only, or everything from where it began. */
  page: number | undefined;
}

export type Incoming =
  | { kind: 'event'; event: WireEvent }
  | { kind: 'opened'; head: number; floor: number; events: readonly WireEvent[]; more: boolean }
  | { kind: 'ranged'; events: readonly WireEvent[] }
  /** `after`: the server said when to come back, in ms. */
  | { kind: 'failed'; after?: number }
  | { kind: 'head'; head: number }
  | { kind: 'due' }
  | { kind: 'online' }
  | { kind: 'lost' };

export type Action =
  | { do: 'apply'; event: WireEvent }
  /** Everything held goes, the reader stands at `have`. `gap`: it was far behind, what it missed is there on demand. */
  | { do: 'restart'; have: number; gap: boolean }
  | { do: 'open'; have: number }
  | { do: 'range'; from: number; to: number }
  /** Send `due` after so many milliseconds. */
  | { do: 'wait'; ms: number };

/** Two nodes may announce 5 and 6 swapped: so long a gap may close by itself, in ms. */
export const GAP_WAIT = 150;
const LONGEST_WAIT = 30_000;
/** Farther behind than this, a reader of the newest page does not catch up: it begins again near the head. */
export const FAR_BEHIND = 1000;
export const RESTART_BEFORE_HEAD = 50;
/** Events held beyond a gap; the rest comes by range anyway. */
const BUFFER = 1000;
/** A question no answer of which can hold an event: how a reader of the newest page learns the head. */
export const HEAD_ONLY = Number.MAX_SAFE_INTEGER;

/** A cursor at `have`, about to be opened. `held` is how many events up to `have` the reader already shows. */
export function cursorAt(
  have: number,
  hash: string | undefined,
  given: { page?: number | undefined; held?: number },
): Cursor {
  return {
    have,
    hash: have === 0 ? ZERO_HASH : hash,
    low: have + 1 - (given.held ?? 0),
    head: have,
    floor: 1,
    buffer: new Map(),
    asked: undefined,
    waiting: false,
    misses: 0,
    discards: 0,
    page: given.page,
  };
}

/** What to do about something that came in. The cursor given is left as it is. */
export function step(given: Cursor, incoming: Incoming): { cursor: Cursor; actions: Action[] } {
  const run = new Run(given);
  run.take(incoming);
  return { cursor: run.c, actions: run.actions };
}

class Run {
  readonly c: Cursor;
  readonly actions: Action[] = [];
  readonly #buffer: Map<number, WireEvent>;

  constructor(given: Cursor) {
    this.#buffer = new Map(given.buffer);
    this.c = { ...given, buffer: this.#buffer };
  }

  take(incoming: Incoming): void {
    switch (incoming.kind) {
      case 'event':
        this.c.head = Math.max(this.c.head, incoming.event.seq);
        if (this.#put(incoming.event)) this.#mind();
        return;
      case 'opened':
        this.#opened(incoming);
        return;
      case 'ranged':
        this.#answered(incoming.events);
        return;
      case 'failed':
        this.c.asked = undefined;
        this.c.misses += 1;
        this.#wait(Math.max(this.#patience, incoming.after ?? 0));
        return;
      case 'head':
        this.#head(incoming.head);
        return;
      case 'due':
        this.c.waiting = false;
        if (this.c.misses > 0) this.#open();
        else this.#mind(true);
        return;
      case 'online':
        // What was heard on another connection may be of another life of the server: a restored backup.
        this.#buffer.clear();
        this.c.head = this.c.have;
        this.c.asked = undefined;
        this.#open();
        return;
      case 'lost':
        // What is under way will not be answered; reconnecting opens again.
        this.c.asked = undefined;
        return;
    }
  }

  /** A reader of the newest page that holds nothing asks for the head alone, and then for the page below it. */
  #open(): void {
    if (this.c.asked !== undefined) return;
    const have = this.c.page !== undefined && this.c.have === 0 ? HEAD_ONLY : this.c.have;
    this.c.asked = { kind: 'open', have };
    this.actions.push({ do: 'open', have });
  }

  get #patience(): number {
    return Math.min(LONGEST_WAIT, GAP_WAIT * 2 ** this.c.misses);
  }

  #wait(ms = this.#patience): void {
    if (this.c.waiting) return;
    this.c.waiting = true;
    this.actions.push({ do: 'wait', ms });
  }

  /** Applies what is next, keeps what is beyond. False where everything had to be thrown away. */
  #put(event: WireEvent): boolean {
    const where = place(this.c.have, event);
    if (where === 'gap' && this.#buffer.size < BUFFER) this.#buffer.set(event.seq, event);
    if (where !== 'next') return true;
    let next: WireEvent | undefined = event;
    while (next !== undefined) {
      if (this.c.hash !== undefined && next.prev !== this.c.hash) {
        this.#discard();
        return false;
      }
      this.c.have = next.seq;
      this.c.hash = next.hash;
      this.actions.push({ do: 'apply', event: next });
      this.#buffer.delete(next.seq);
      next = this.#buffer.get(next.seq + 1);
    }
    return true;
  }

  /** Something is missing: wait a moment, or ask. `now`: the moment is over, or will bring nothing. */
  #mind(now = false): void {
    this.c.head = Math.max(this.c.head, this.c.have);
    if (this.c.head === this.c.have || this.c.asked !== undefined) return;
    if (!now) {
      this.#wait();
      return;
    }
    const beyond = Math.min(...this.#buffer.keys(), this.c.head + 1);
    this.c.asked = { kind: 'range', have: this.c.have };
    this.actions.push({ do: 'range', from: this.c.have + 1, to: beyond - 1 });
  }

  #opened({ head, floor, events, more }: Extract<Incoming, { kind: 'opened' }>): void {
    const asked = this.c.asked?.have ?? this.c.have;
    this.c.asked = undefined;
    this.c.floor = Math.max(1, floor);
    if (asked === HEAD_ONLY) {
      this.c.head = head;
      this.#restart(head - (this.c.page ?? head), false);
      this.#mind(true);
      return;
    }
    if (head < asked) {
      this.#discard(); // the server knows less than this page: a restored backup
      return;
    }
    if (this.c.page !== undefined && head - asked > FAR_BEHIND) {
      this.c.head = head;
      this.#restart(head - RESTART_BEFORE_HEAD, true);
      this.#open();
      return;
    }
    this.c.head = Math.max(this.c.head, head);
    // Retention raised the floor over `have`: what lies between can never be had.
    if (floor > this.c.have + 1) this.#restart(floor - 1, false);
    this.#answered(events, more);
  }

  #restart(have: number, gap: boolean): void {
    const start = Math.max(have, this.c.floor - 1, 0);
    this.c.have = start;
    this.c.hash = start === 0 ? ZERO_HASH : undefined;
    this.c.low = start + 1;
    for (const seq of this.#buffer.keys()) if (seq <= start) this.#buffer.delete(seq);
    this.actions.push({ do: 'restart', have: start, gap });
  }

  #answered(events: readonly WireEvent[], more = false): void {
    const before = this.c.have;
    this.c.asked = undefined;
    for (const event of events) {
      this.c.head = Math.max(this.c.head, event.seq);
      if (!this.#put(event)) return;
    }
    if (this.c.have > before) this.c.misses = 0;
    this.c.head = Math.max(this.c.head, this.c.have);
    if (this.c.head === this.c.have) {
      this.c.misses = 0;
      return;
    }
    if (this.c.have > before || more) {
      this.#mind(true);
    } else {
      this.c.misses += 1;
      this.#wait();
    }
  }

  #head(head: number): void {
    if (head > this.c.have) {
      this.c.head = Math.max(this.c.head, head);
      if (this.c.misses === 0) this.#mind(true);
    } else if (head < this.c.have) {
      // Perhaps only counted before the last event arrived: ask the stream itself.
      this.#open();
    }
  }

  /** What this page holds and what the server has are not the same stream any more: begin again. */
  #discard(): void {
    this.#buffer.clear();
    this.c.head = 0;
    this.c.floor = 1;
    this.c.asked = undefined;
    this.#restart(0, false);
    this.c.discards += 1;
    if (this.c.discards === 1) {
      this.#open();
      return;
    }
    this.c.misses = this.c.discards;
    this.#wait(Math.min(LONGEST_WAIT, 1000 * 2 ** this.c.discards));
  }
}

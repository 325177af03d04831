import type { WireEvent } from '#shared/wire/stream.ts';
import type { Change, Db } from './db.ts';

/* The newest events of each followed stream on this device, without holes: what is shown before the network answers. */

/** What is kept of one stream: `low` to `have`, contiguous. */
export interface Tail {
  low: number;
  have: number;
  floor: number;
  /** When it was last read, in ms: the streams read least recently go first. Orders nothing else. */
  used: number;
}

/** Events kept a stream, and streams kept: about 20 MB at worst. */
const EVENTS = 500;
const STREAMS = 60;
const LAST = Number.MAX_SAFE_INTEGER;

const wipe = (stream: string): Change[] => [
  { store: 'events', key: [stream, 0], to: [stream, LAST] },
  { store: 'tails', key: [stream] },
];

/** The tail of a stream with its newest events, `page` at most, ascending. Nothing where the device keeps none. */
async function readTail(
  db: Db,
  stream: string,
  page: number | undefined,
): Promise<{ tail: Tail; events: WireEvent[] } | undefined> {
  const tail = (await db.get('tails', [stream])) as Tail | undefined;
  if (tail === undefined) return undefined;
  const rows = await db.list('events', {
    from: [stream, tail.low],
    to: [stream, tail.have],
    newest: true,
    ...(page !== undefined && { limit: page }),
  });
  const events = rows.map((row) => row.value as WireEvent).reverse();
  return events.at(-1)?.seq === tail.have ? { tail, events } : undefined;
}

/** Events `from` to `to` if the device has every one of them. */
export async function readKept(db: Db, stream: string, [from, to]: [number, number]): Promise<WireEvent[] | undefined> {
  const rows = await db.list('events', { from: [stream, from], to: [stream, to] });
  return rows.length === to - from + 1 ? rows.map((row) => row.value as WireEvent) : undefined;
}

/** Forgets a stream, e.g. one this person may no longer see. */
const forgetTail = (db: Db, stream: string): Promise<void> => db.change(wipe(stream));

/**
 * Puts `events` behind the tail. `before` is the tail they follow, undefined to begin a new one. Returns the tail as
 * it now stands.
 */
async function keepTail(
  db: Db,
  before: Tail | undefined,
  { stream, events, floor }: { stream: string; events: readonly WireEvent[]; floor: number },
): Promise<Tail | undefined> {
  const first = events[0]?.seq;
  const have = events.at(-1)?.seq;
  if (first === undefined || have === undefined) return before;
  const low = Math.max(before?.low ?? first, have - EVENTS + 1);
  const tail: Tail = { low, have, floor, used: Date.now() };
  await db.change([
    ...(before === undefined ? wipe(stream) : []),
    ...events.map((event) => ({ store: 'events' as const, key: [stream, event.seq], value: event })),
    { store: 'events', key: [stream, 0], to: [stream, low - 1] },
    { store: 'tails', key: [stream], value: tail },
  ]);
  if (before === undefined) await evict(db);
  return tail;
}

/** Removes what an event said from this device, e.g. once it is retracted; its place in the stream stays. */
export async function blank(db: Db, stream: string, seq: number): Promise<void> {
  const kept = (await db.get('events', [stream, seq])) as WireEvent | undefined;
  if (kept === undefined || !('data' in kept)) return;
  const { data, ...rest } = kept;
  if (data === undefined) return;
  await db.change([{ store: 'events', key: [stream, seq], value: { ...rest, dataHash: '' } }]);
}

async function evict(db: Db): Promise<void> {
  const tails = (await db.list('tails')).map(({ key, value }) => ({
    stream: String(key[0]),
    used: (value as Tail).used,
  }));
  const oldest = tails.sort((a, b) => b.used - a.used).slice(STREAMS);
  await db.change(oldest.flatMap(({ stream }) => wipe(stream)));
}

/** Applied events are written together, after so many ms. */
const KEEPING = 50;

/** Keeps one stream's tail while it is followed. */
export class Keeper {
  readonly #db: Db;
  readonly #stream: string;
  #on = false;
  #tail: Tail | undefined;
  #unkept: WireEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #written: Promise<unknown> = Promise.resolve();

  constructor(db: Db, stream: string) {
    this.#db = db;
    this.#stream = stream;
  }

  /** The newest `page` events, or all of them; whoever wants all has no use for an end alone. Keeps from here on. */
  async load(page: number | undefined): Promise<{ tail: Tail; events: WireEvent[] } | undefined> {
    this.#on = true;
    const kept = await readTail(this.#db, this.#stream, page).catch(() => undefined);
    return page === undefined && kept !== undefined && kept.tail.low > kept.tail.floor ? undefined : kept;
  }

  /** What is kept from here on follows `tail`; without one, the old tail goes when the first event comes. */
  from(tail: Tail | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unkept = [];
    this.#tail = tail;
  }

  keep(events: readonly WireEvent[], floor: number): void {
    if (!this.#on || events.length === 0) return;
    this.#unkept.push(...events);
    this.#timer ??= setTimeout(() => void this.flush(floor), KEEPING);
  }

  /** Resolves when everything is on the device. */
  async flush(floor: number): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#unkept.splice(0);
    if (events.length > 0) this.#written = this.#written.then(() => this.#write(events, floor));
    await this.#written;
  }

  /** Removes everything kept of this stream. */
  forget(): void {
    this.from(undefined);
    this.#written = this.#written.then(() => forgetTail(this.#db, this.#stream)).catch(() => undefined);
  }

  async #write(events: readonly WireEvent[], floor: number): Promise<void> {
    try {
      const before = this.#tail?.have === (events[0]?.seq ?? 0) - 1 ? this.#tail : undefined;
      this.#tail = await keepTail(this.#db, before, { stream: this.#stream, events, floor });
    } catch {
      // Full or gone: a tail with a hole is worse than none, so this stream is no longer kept here.
      this.#on = false;
      await forgetTail(this.#db, this.#stream).catch(() => undefined);
    }
  }
}

import { AppError } from '#shared/wire/error.ts';
import { dataHash, eventHash, ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';
import type { Clock } from './clock.ts';
import { sha256 } from './crypto.ts';
import { clashedIndex, storageFailure, withDeadline } from './store-errors.ts';
import type { EventsModel } from './streams.model.ts';
import { createTurns } from './turns.ts';

/*
 * The one primitive: an event is inserted at head+1 under the unique indexes (stream, seq) and (stream, id).
 *
 * A clash on (stream, seq) means another process wrote first: the caller reads what is missing, decides again and
 * tries again. A clash on (stream, id) means this command has been here before. There is no counter that could leave
 * a hole, no lock and no transaction, so the same code holds on one embedded file and on a sharded MongoDB.
 *
 * A row can be readable before it is durable. `insert` resolves when it is durable, and only then does a stream's
 * durable head (its entry in `tails`) rise; whatever leaves this module (heads, ranges, commit notices) stops there.
 */

export interface NewEvent {
  id: string;
  type: string;
  actor: string;
  data: unknown;
  /** Fingerprint of the command; an event the server makes by itself needs none. */
  print?: string;
}

export interface Tail {
  seq: number;
  hash: string;
}

/** Raised by `append` when another process wrote at the same place; the caller catches up and decides again. */
export class SeqClash extends Error {}

type CommitListener = (event: StreamEvent, position: number) => void;

export type Streams = ReturnType<typeof createStreams>;

const EMPTY: Tail = { seq: 0, hash: ZERO_HASH };
const MAX_TAILS = 50_000; // ~150 bytes each; more live streams than a city's evening needs
const STORE_DEADLINE = 5_000; // ms; security §3.3: a store that never answers is an unknown outcome, not a wait

/** Appends to and reads from streams. One per process; `start` must resolve before the first append. */
export function createStreams({ model, clock }: { model: EventsModel; clock: Clock }) {
  const tails = new Map<string, Tail>();
  const listeners: CommitListener[] = [];
  const flying = new Set<number>();
  const inTurn = createTurns();
  let position = 0;

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

  /** The durable tail. Reads that raced with an append take the append's answer: a row may be readable too early. */
  async function tailOf(stream: string): Promise<Tail> {
    const known = tails.get(stream);
    if (known !== undefined) return known;
    const last = await model.last(stream);
    const meanwhile = tails.get(stream);
    if (meanwhile !== undefined) return meanwhile;
    const tail = last === undefined ? EMPTY : { seq: last.seq, hash: last.hash };
    remember(stream, tail);
    return tail;
  }

  function nextPosition(): number {
    position = Math.max(position + 1, clock.now().getTime() * 1000);
    return position;
  }

  /** Inserts one row under a position of its own. */
  async function insert(event: StreamEvent, print: string): Promise<number> {
    for (;;) {
      const at = nextPosition();
      flying.add(at);
      try {
        await withDeadline(model.insert({ _id: at, ...event, print }), STORE_DEADLINE);
        return at;
      } catch (error) {
        const index = clashedIndex(error);
        if (index === 'position') {
          position += Math.floor(Math.random() * 1000); // another process with the same clock: step out of its way
          continue;
        }
        tails.delete(event.stream); // the outcome may be unknown: ask the store next time
        if (index === 'id') throw new AppError('id_reused');
        throw index === 'seq' ? new SeqClash() : storageFailure(error);
      } finally {
        flying.delete(at);
      }
    }
  }

  /**
   * Inserts at head+1 and resolves when durable. Must be called inside `inTurn(stream)`. Throws SeqClash when
   * somebody else wrote there, AppError `id_reused` when the id is taken, `storage` when the outcome is unknown.
   */
  async function append(stream: string, event: NewEvent): Promise<StreamEvent> {
    const tail = await tailOf(stream);
    const { id, type, actor, data } = event;
    const head = { stream, seq: tail.seq + 1, id, type, actor, at: clock.now().toISOString(), prev: tail.hash };
    const hash = eventHash(sha256, { ...head, dataHash: dataHash(sha256, data) });
    const whole: StreamEvent = { ...head, data, hash };
    const at = await insert(whole, event.print ?? '');
    remember(stream, { seq: whole.seq, hash });
    for (const listener of listeners) listener(whole, at);
    return whole;
  }

  return {
    /** Must resolve before the first append: positions have to rise above everything stored. */
    start: async (): Promise<void> => {
      await model.init();
      position = await model.lastPosition();
    },

    inTurn,
    append,

    /** The durable head: its seq is 0 for a stream that does not exist. */
    head: tailOf,

    /** Ascending, both ends included, at most `limit`, never above the durable head. */
    read: async (stream: string, from: number, to: number, limit = 200): Promise<StreamEvent[]> => {
      const { seq } = await tailOf(stream);
      const end = Math.min(to, seq);
      return from > end ? [] : model.range(stream, from, end, limit);
    },

    /** An event by the id of its command, for repeats. */
    find: (stream: string, id: string) => model.byId(stream, id),

    /** Forgets what is known of a stream after a SeqClash, so that the next read asks the store. */
    forget: (stream: string): void => {
      tails.delete(stream);
    },

    /** Called once for each event, after it is durable, in order of seq within a stream. */
    onCommitted: (listener: CommitListener): void => {
      listeners.push(listener);
    },

    /** The lowest position still under way, or the last one given: everything up to it has its outcome. */
    settledPosition: (): number => (flying.size === 0 ? position : Math.min(...flying) - 1),

    since: (after: number, limit: number) => model.since(after, limit),
    names: () => model.streams(),
  };
}

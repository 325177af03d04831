import { AppError } from '#shared/wire/error.ts';
import { dataHash, eventHash, isWhole, type StreamEvent } from '#shared/wire/stream.ts';
import type { Clock } from './clock.ts';
import { sha256 } from './crypto.ts';
import { clashedIndex, storageFailure, withDeadline } from './store-errors.ts';
import type { EventsModel } from './streams.model.ts';
import { createTails, type Tail } from './tails.ts';
import { createTurns } from './turns.ts';

/*
 * The one primitive: an event is inserted at head+1 under the unique indexes (stream, seq) and (stream, id).
 *
 * A clash on (stream, seq) means another process wrote first: the caller reads what is missing, decides again and
 * tries again. A clash on (stream, id) means this command has been here before. There is no counter that could leave
 * a hole, no lock and no transaction, so the same code holds on one embedded file and on a sharded MongoDB.
 *
 * A row can be readable before it is durable. `insert` resolves when it is durable, and only then does a stream's
 * durable head (tails.ts) rise; whatever leaves this module (heads, ranges, repeats, commit notices) stops there.
 *
 * Nobody waits for the store for ever, but the stream does: after a deadline the caller is told that the outcome is
 * unknown, and the stream's next turn waits for it. A late success has its effect like any other, in its place.
 */

export interface NewEvent {
  id: string;
  type: string;
  actor: string;
  data: unknown;
  /** Fingerprint of the command; an event the server makes by itself needs none. */
  print?: string;
}

/** Raised by `append` when another process wrote at the same place; the caller catches up and decides again. */
export class SeqClash extends Error {}

type CommitListener = (event: StreamEvent, position: number) => void;

export type Streams = ReturnType<typeof createStreams>;

const STORE_DEADLINE = 5_000; // ms; security §3.3: a store that never answers is an unknown outcome, not a wait
const PAGE = 200; // rows

/** An insert under way, and how long the turns behind it wait for it together. */
interface UnderWay {
  outcome: Promise<unknown>;
  wait?: Promise<unknown>;
}

/** Appends to and reads from streams. One per process; `start` must resolve before the first append. */
export function createStreams({ model, clock }: { model: EventsModel; clock: Clock }) {
  const tails = createTails(model.last);
  const listeners: CommitListener[] = [];
  const underWay = new Map<string, UnderWay>();
  const turns = createTurns();
  let position = 0;

  /** In the stream's turn, which begins when the outcome of the one before is known. Throws `storage` if it is not. */
  const inTurn = <T>(key: string, work: () => Promise<T>): Promise<T> =>
    turns(key, async () => {
      const before = underWay.get(key);
      if (before !== undefined) await (before.wait ??= withDeadline(before.outcome, STORE_DEADLINE));
      return work();
    });

  function nextPosition(): number {
    position = Math.max(position + 1, clock.now().getTime() * 1000);
    return position;
  }

  /** Which key was taken; where the store does not name it, what is there says it. */
  async function takenBy(event: StreamEvent, error: unknown): Promise<ReturnType<typeof clashedIndex>> {
    const index = clashedIndex(error);
    if (index !== 'unnamed') return index;
    if ((await model.byId(event.stream, event.id)) !== undefined) return 'id';
    const there = await model.range(event.stream, event.seq, event.seq, 1);
    return there.length === 0 ? 'position' : 'seq';
  }

  /** A durable event: the head rises and everybody hears of it, with nothing in between. */
  function settle(event: StreamEvent, at: number): void {
    tails.raise(event);
    for (const listener of listeners) listener(event, at);
  }

  /** Somebody has the place: another process, or an earlier try whose answer got lost. What is new here is heard now. */
  async function takeIn(stream: string, known: Tail): Promise<void> {
    for (let seq = known.seq; ;) {
      const found = await model.above(stream, seq, PAGE);
      for (const row of found) settle(row.event, row.position);
      if (found.length < PAGE) return;
      seq += found.length;
    }
  }

  /** Inserts one row after `tail` under a position of its own, and settles it whenever that is. */
  async function insert(event: StreamEvent, tail: Tail, print: string): Promise<void> {
    const { stream } = event;
    for (;;) {
      const at = nextPosition();
      tails.begin(stream, tail, at);
      try {
        await model.insert({ _id: at, ...event, print });
      } catch (error) {
        const index = await takenBy(event, error).catch(() => undefined);
        if (index === undefined) throw storageFailure(error); // it may be there or not: the stream stays in doubt
        const isInDoubt = tails.refused(stream, at);
        if (index === 'position') {
          position += Math.floor(Math.random() * 1000); // another process with the same clock: step out of its way
          continue;
        }
        if (index === 'id' && !isInDoubt) {
          tails.forget(stream);
          throw new AppError('id_reused');
        }
        await takeIn(stream, tail);
        throw new SeqClash();
      }
      settle(event, at);
      return;
    }
  }

  /**
   * Inserts at head+1 and resolves when durable. Must be called inside `inTurn(stream)`. Throws SeqClash when
   * somebody else wrote there, AppError `id_reused` when the id is taken, `storage` when the outcome is unknown.
   */
  async function append(stream: string, event: NewEvent): Promise<StreamEvent> {
    const tail = await tails.of(stream);
    const { id, type, actor, data } = event;
    const head = { stream, seq: tail.seq + 1, id, type, actor, at: clock.now().toISOString(), prev: tail.hash };
    const hash = eventHash(sha256, { ...head, dataHash: dataHash(sha256, data) });
    const whole: StreamEvent = { ...head, data, hash };
    const inserted = insert(whole, tail, event.print ?? '').finally(() => underWay.delete(stream));
    underWay.set(stream, { outcome: inserted.catch(() => undefined) });
    await withDeadline(inserted, STORE_DEADLINE);
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
    head: tails.of,

    /** Ascending, both ends included, at most `limit`, never above the durable head. */
    read: async (stream: string, from: number, to: number, limit = 200): Promise<StreamEvent[]> => {
      const { seq } = await tails.of(stream);
      const end = Math.min(to, seq);
      return from > end ? [] : model.range(stream, from, end, limit);
    },

    /** A durable event by the id of its command, for repeats: one that may yet be lost is acknowledged to nobody. */
    find: async (stream: string, id: string) => {
      const found = await model.byId(stream, id);
      return found !== undefined && found.event.seq <= (await tails.of(stream)).seq ? found : undefined;
    },

    /** Forgets what is known of a stream, so that the next read asks the store what others have written. */
    forget: tails.forget,

    /** Called once for each event, after it is durable, in order of seq within a stream. */
    onCommitted: (listener: CommitListener): void => {
      listeners.push(listener);
    },

    /** The last position below all that are still in doubt: everything up to it has its outcome. */
    settledPosition: (): number => (tails.lowestOpen() ?? position + 1) - 1,

    since: (after: number, limit: number) => model.since(after, limit),
    /** The first stream by name after one name and before another. */
    next: (after: string, before: string) => model.nextStream(after, before),

    /** The head of the last stream by name before a name; it may not be durable yet. */
    headBefore: model.headBefore,

    /**
     * Takes the data of these events out of the store, for good; their hashes stay, and the chain with them. Whoever
     * does this has said so before, on the same stream: an event whose data has `erases`, the seqs (chains.ts).
     */
    erase: async (stream: string, seqs: readonly number[]): Promise<void> => {
      for (const seq of seqs) {
        const [event] = await model.range(stream, seq, seq, 1);
        if (event !== undefined && isWhole(event)) await model.erase(stream, seq, dataHash(sha256, event.data));
      }
    },

    /** Removes a whole stream, for good: what was kept for a time alone. Everything else is kept. */
    drop: (stream: string): Promise<void> =>
      inTurn(stream, async () => {
        await model.drop(stream);
        tails.forget(stream);
      }),
  };
}

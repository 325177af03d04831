import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '#shared/wire/error.ts';
import { dataHash, eventHash, isWhole, type StreamEvent } from '#shared/wire/stream.ts';
import { createAccessLog } from './access.ts';
import type { Bus } from './bus.ts';
import type { Clock } from './clock.ts';
import { sha256 } from './crypto.ts';
import { createFeed } from './feed.ts';
import { createInsert, SeqClash } from './insert.ts';
import { createOutcomes } from './outcomes.ts';
import { createPositions } from './positions.ts';
import type { EventsModel } from './streams.model.ts';
import { createTails, type Tails } from './tails.ts';

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

type CommitListener = (event: StreamEvent, position: number) => void;

export type Streams = ReturnType<typeof createStreams>;

const CLASH_PAUSE = 4; // ms at most, so that two in step part
const STORE_DEADLINE = 5_000; // ms; security §3.3: a store that never answers is an unknown outcome, not a wait

/** What a process must know where others write to the same store. */
export interface Others {
  bus: Bus;
  /** Types of the events that every process must know before it goes on, once they were acknowledged. */
  pointed: ReadonlySet<string>;
}

interface Deps {
  model: EventsModel;
  clock: Clock;
  /** Undefined where this process alone writes. */
  others?: Others | undefined;
}

/** Appends to and reads from streams. One per process; `start` must resolve before the first append. */
export function createStreams({ model, clock, others }: Deps) {
  const isShared = others !== undefined;
  const tails = createTails((stream) => feed.lastOf(stream));
  const listeners: CommitListener[] = [];
  const { inTurn, ...outcomes } = createOutcomes(STORE_DEADLINE);
  const positions = createPositions(clock, isShared);

  /** A durable event: the head rises and everybody hears of it, with nothing in between. */
  function settle(event: StreamEvent, at: number): void {
    const known = tails.known(event.stream);
    // Told already: by a look at the store, while its word to us was on the way. Or not what comes next: then later.
    if (isShared && known !== undefined && event.seq !== known.seq + 1) return;
    positions.rise(at);
    tails.raise(event);
    for (const listener of listeners) listener(event, at);
  }

  const feed = createFeed({ model, tails, settle, bus: others?.bus });
  const insert = createInsert({ model, tails, positions, isShared, settle, takeIn: feed.takeIn });
  const access = others && createAccessLog({ add, feed, tails, model, pointed: others.pointed });

  /**
   * Inserts at head+1 and resolves when durable. Must be called inside `inTurn(stream)`. Throws SeqClash when
   * somebody else wrote there, AppError `id_reused` when the id is taken, `storage` when the outcome is unknown.
   *
   * `after`: the seq up to which its caller has read what it decides on. What another process wrote may have been heard
   * of since, in the middle of the turn: then it is a clash like any other.
   */
  async function append(stream: string, event: NewEvent, after?: number): Promise<StreamEvent> {
    const tail = await tails.of(stream);
    if (after !== undefined && tail.seq !== after) throw new SeqClash();
    const { id, type, actor, data } = event;
    const head = { stream, seq: tail.seq + 1, id, type, actor, at: clock.now().toISOString(), prev: tail.hash };
    const hash = eventHash(sha256, { ...head, dataHash: dataHash(sha256, data) });
    const whole: StreamEvent = { ...head, data, hash };
    await outcomes.await(stream, insert(whole, tail, event.print ?? ''));
    others?.bus.say('written', { stream, seq: whole.seq });
    await access?.note(whole);
    return whole;
  }

  function add(stream: string, event: NewEvent): Promise<StreamEvent> {
    return inTurn(stream, () => untilPlaced(() => append(stream, event), { model, stream, id: event.id }));
  }

  return {
    /** Must resolve before the first append: positions have to rise above everything stored. */
    start: async (): Promise<void> => {
      await model.init();
      positions.rise(await model.lastPosition());
      feed.from(positions.last());
      await access?.start();
    },

    /** Where others write: tells what they wrote, again and again until what it resolves with is called. */
    follow: access && ((failed: (error: unknown) => void) => feed.follow({ between: access.current, failed })),

    /**
     * Where others write: resolves when every change of anybody's rights that was acknowledged before the call is
     * known here (access.ts).
     */
    current: access?.current,

    /** Where others write: asks the store where a stream ends, and answers it. */
    hear: async (stream: string): Promise<number> => {
      if (isShared) await feed.hear(stream);
      return (await tails.of(stream)).seq;
    },
    reach: feed.reach,
    inTurn,
    append,
    /** In a turn of its own, after whatever others write meanwhile: for what holds wherever it stands. */
    add,

    /** The durable head: its seq is 0 for a stream that does not exist. */
    head: tails.of,
    ...questions(model, tails),

    /** A durable event by the id of its command, for repeats: one that may yet be lost is acknowledged to nobody. */
    find: async (stream: string, id: string) => {
      const found = await model.byId(stream, id);
      if (found === undefined) return undefined;
      await feed.reach(stream, found.event.seq);
      if (found.event.seq > (await tails.of(stream)).seq) return undefined;
      await access?.note(found.event);
      return found;
    },

    /** Forgets what is known of a stream, so that the next read asks the store. Where others write they are heard. */
    forget: (stream: string): void => {
      if (!isShared) tails.forget(stream);
    },

    /**
     * Called once for each event, after it is durable, in order of seq within a stream. Where others write, and 50,000
     * other streams were asked for since, what came in the last two minutes is told again.
     */
    onCommitted: (listener: CommitListener): void => {
      listeners.push(listener);
    },

    /** The last position below all that are still in doubt: everything up to it has its outcome. */
    settledPosition: (): number => (isShared ? feed.settledPosition() : tails.settled(positions.last())),

    /** The last position that can be read now, whoever gave it. */
    lastPosition: async (): Promise<number> => (isShared ? model.lastPosition() : tails.settled(positions.last())),

    /** Removes a whole stream, for good: what was kept for a time alone. Everything else is kept. */
    drop: (stream: string): Promise<void> =>
      inTurn(stream, async () => {
        await model.drop(stream);
        tails.forget(stream);
      }),
  };
}

/** What is asked of the store. */
function questions(model: EventsModel, tails: Tails) {
  return {
    /** Ascending, both ends included, at most `limit`, never above the durable head. */
    read: async (stream: string, from: number, to: number, limit = 200): Promise<StreamEvent[]> => {
      const { seq } = await tails.of(stream);
      const end = Math.min(to, seq);
      return from > end ? [] : model.range(stream, from, end, limit);
    },

    since: (after: number, limit: number) => model.since(after, limit),
    /** The first stream by name after one name and before another. */
    next: (after: string, before: string) => model.nextStream(after, before),

    /** The head of the last stream by name before a name; it may not be durable yet. */
    headBefore: model.headBefore,

    /**
     * Takes the data of these events out of the store, for good; their hashes stay, and the chain with them. Whoever
     * does this has said so before, on the same stream: an event whose data has `erases`, the seqs (chains.ts).
     */
    erase: (stream: string, seqs: readonly number[]): Promise<void> => eraseData(model, stream, seqs),
  };
}

/** Tries until nobody else takes the place. Throws `id_reused` where the event is there. */
async function untilPlaced(
  append: () => Promise<StreamEvent>,
  { model, stream, id }: { model: EventsModel; stream: string; id: string },
): Promise<StreamEvent> {
  for (;;) {
    try {
      return await append();
    } catch (error) {
      if (!(error instanceof SeqClash)) throw error;
      if ((await model.byId(stream, id)) !== undefined) throw new AppError('id_reused');
      await wait(Math.random() * CLASH_PAUSE);
    }
  }
}

async function eraseData(model: EventsModel, stream: string, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) {
    const [event] = await model.range(stream, seq, seq, 1);
    if (event !== undefined && isWhole(event)) await model.erase(stream, seq, dataHash(sha256, event.data));
  }
}

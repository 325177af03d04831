import { setTimeout as wait } from 'node:timers/promises';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { CheckpointsModel } from './consume.model.ts';
import type { Log } from './log.ts';
import type { Streams } from './streams.ts';

/*
 * Consumers follow all streams of some kinds: projections write read models, app.ts makes one feature's event have
 * its effect in another. At least once, in order within a stream: the effect comes first and is idempotent, the
 * checkpoint after it. A checkpoint never passes an append that is still under way, so a crash between an event and
 * its effect is repeated at the next start.
 *
 * Life: add → start (reads from the checkpoint) → live (fed by commits) → stop (writes the checkpoint).
 */

export interface Consumer {
  /** Stable: its checkpoint is kept under this name. */
  name: string;
  kinds: readonly string[];
  /** A batch in order of commit, at most 200. Must be idempotent by (stream, seq). */
  handle: (events: readonly StreamEvent[]) => Promise<void>;
}

interface Waiting {
  event: StreamEvent;
  position: number;
}

interface Running extends Consumer {
  queue: Waiting[];
  /** The batch being handled. */
  batch: readonly Waiting[];
  busy: boolean;
  position: number;
  /** Commits seen since the last checkpoint, wanted or not. */
  since: number;
  /** Events taken in and events done with, ever: who waits, waits for a number. */
  taken: number;
  done: number;
  waiting: { until: number; resolve: () => void }[];
  /** How often in a row its batch has failed. */
  failed: number;
}

const BATCH = 200;
const SAVE_EVERY = 500; // events between two checkpoints: what a restart repeats at most, per consumer
const RETRY_MS = 1_000;
const STUCK_AFTER = 3; // failures in a row, from which on nobody waits for this consumer
const LAST_WORK = 5_000; // ms a consumer has to finish when the hub stops

export function createConsumers(deps: { streams: Streams; checkpoints: CheckpointsModel; log: Log }) {
  const { streams, checkpoints, log } = deps;
  const all: Running[] = [];
  let live = false;
  let stopped = false;

  const isStuck = (consumer: Running): boolean => consumer.failed >= STUCK_AFTER;

  /** False where a batch has not had its effect: the hub stops, or starts and must not wait for ever. */
  async function handle(consumer: Running, batch: readonly Waiting[]): Promise<boolean> {
    const events = batch.map((item) => item.event);
    for (;;) {
      try {
        if (streams.current !== undefined) await streams.current(); // an effect may rest on somebody's right
        await consumer.handle(events);
        consumer.failed = 0;
        return true;
      } catch (error) {
        consumer.failed++;
        // An effect that fails is tried again; what comes after it waits, because order within a stream is promised.
        const { name, failed } = consumer;
        log.error({ error, consumer: name, stream: events[0]?.stream, failed }, 'consumer failed, trying again');
        if (stopped || (!live && isStuck(consumer))) return false;
        if (isStuck(consumer)) giveUpWaiting(consumer);
        await wait(RETRY_MS);
      }
    }
  }

  function giveUpWaiting(consumer: Running): void {
    for (const { resolve } of consumer.waiting.splice(0)) resolve();
  }

  /** Everything up to here has had its effect: nothing below is waiting, being handled, or still being written. */
  function safePosition(consumer: Running): number {
    const open = [...consumer.batch, ...consumer.queue].map((item) => item.position - 1);
    return Math.min(streams.settledPosition(), ...open);
  }

  async function save(consumer: Running): Promise<void> {
    consumer.since = 0;
    try {
      await checkpoints.save(consumer.name, safePosition(consumer));
    } catch (error) {
      log.error({ error, consumer: consumer.name }, 'checkpoint not saved');
    }
  }

  function wake(consumer: Running): void {
    const reached = consumer.waiting.filter(({ until }) => until <= consumer.done);
    consumer.waiting = consumer.waiting.filter(({ until }) => until > consumer.done);
    for (const { resolve } of reached) resolve();
  }

  const reach = (consumer: Running): Promise<void> =>
    consumer.done >= consumer.taken || isStuck(consumer)
      ? Promise.resolve()
      : new Promise((resolve) => consumer.waiting.push({ until: consumer.taken, resolve }));

  async function drain(consumer: Running): Promise<void> {
    if (consumer.busy || !live) return;
    consumer.busy = true;
    while (consumer.queue.length > 0 && !stopped) {
      consumer.batch = consumer.queue.splice(0, BATCH);
      if (!(await handle(consumer, consumer.batch))) break; // the batch stays: the checkpoint must not pass it
      consumer.done += consumer.batch.length;
      consumer.batch = [];
      wake(consumer);
      if (consumer.since >= SAVE_EVERY) await save(consumer);
    }
    consumer.busy = false;
  }

  const wants = (consumer: Consumer, event: StreamEvent): boolean =>
    consumer.kinds.includes(parseStream(event.stream)?.kind ?? '');

  function committed(event: StreamEvent, position: number): void {
    for (const consumer of all) {
      consumer.since++;
      if (wants(consumer, event))
        consumer.taken = consumer.done + consumer.batch.length + consumer.queue.push({ event, position });
      if (consumer.queue.length > 0) void drain(consumer);
      else if (consumer.since >= SAVE_EVERY && live && !consumer.busy) void save(consumer);
    }
  }

  /**
   * One pass over the store serves every consumer, from the one that is furthest behind. It ends at the position at
   * which commits began to be heard: each event comes to a consumer by one of the two ways, and by this one first,
   * though effects of what is caught up on are committed meanwhile.
   */
  async function catchUp(heardFrom: number): Promise<void> {
    const behind = new Map<Running, Waiting[]>(all.map((consumer) => [consumer, []]));
    for (let from = Math.min(...all.map(({ position }) => position)); from < heardFrom;) {
      const found = (await streams.since(from, BATCH)).filter(({ position }) => position <= heardFrom);
      for (const [consumer, kept] of behind) {
        const mine = found.filter((item) => item.position > consumer.position && wants(consumer, item.event));
        // One that cannot go on keeps its place in line; the hub serves what it can and is not ready.
        if (kept.length > 0 || (mine.length > 0 && !(await handle(consumer, mine)))) kept.push(...mine);
      }
      from = found.at(-1)?.position ?? heardFrom;
    }
    for (const [consumer, kept] of behind) {
      consumer.queue.unshift(...kept); // before what was heard meanwhile; `drain` tries again
      consumer.taken = consumer.done + consumer.queue.length;
    }
  }

  return {
    add: (consumer: Consumer): void => {
      all.push({
        ...consumer,
        queue: [],
        batch: [],
        busy: false,
        position: 0,
        since: 0,
        taken: 0,
        done: 0,
        waiting: [],
        failed: 0,
      });
    },

    /**
     * Resolves when every consumer has applied what was in the store; from then on it follows commits. One that fails
     * again and again goes on trying beside the others: `stuck` names it. Call it before anybody can append.
     */
    start: async (): Promise<void> => {
      // Registered here and not before: whoever keeps the rights has registered first and hears of an event first.
      streams.onCommitted(committed);
      const heardFrom = streams.settledPosition(); // above it is heard, up to it everything can be read
      for (const consumer of all) {
        consumer.position = await checkpoints.load(consumer.name);
      }
      await catchUp(heardFrom);
      live = true;
      for (const consumer of all) void drain(consumer);
    },

    /** Consumers that cannot get past an event: until somebody has looked, the hub is not ready. */
    stuck: (): string[] => all.filter(isStuck).map(({ name }) => name),

    /**
     * Resolves when everything committed before this call has had its effect: what a query waits for. For a consumer
     * that is stuck nobody waits: an answer a little behind is better than none.
     */
    settled: async (): Promise<void> => {
      await Promise.all(all.map(reach));
    },

    /**
     * Resolves when nothing is being handled any more, after five seconds at the latest; the checkpoints then say how
     * far everybody came, and the next start repeats the rest.
     */
    stop: async (): Promise<void> => {
      const late = new AbortController();
      const deadline = wait(LAST_WORK, undefined, { signal: late.signal }).catch(() => undefined);
      await Promise.race([Promise.all(all.map(reach)), deadline]);
      late.abort();
      stopped = true;
      for (const consumer of all) await save(consumer);
    },
  };
}

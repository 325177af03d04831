import { setTimeout as wait } from 'node:timers/promises';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { Bus } from './bus.ts';
import type { EventsModel, Placed } from './streams.model.ts';
import type { Tails } from './tails.ts';

/*
 * What other processes wrote to the same store. A bus may say where something was written (bus.ts); nobody has to:
 * each process looks at the positions that were given lately and hears every stream whose end it does not know, in
 * order of seq. A position is given before its insert, by a clock of its own, so positions become visible out of
 * order: each look goes back a little, and now and then a long way.
 *
 * What is known of a stream's end here is what was told here: no end is learnt without telling what leads to it.
 */

const LOOK_EVERY = { told: 2_000, untold: 400 }; // ms; a bus that works makes looking a second thought
const BACK = 3_000_000; // µs a look goes back
const FAR_EVERY = 20_000; // ms
const FAR_BACK = 120_000_000; // µs: clocks may differ by so much, and an insert take as long
const PAGE = 200; // rows
const PLACES = 2_000; // rows without their data

interface Deps {
  model: EventsModel;
  tails: Tails;
  settle: (event: StreamEvent, position: number) => void;
  /** By which others tell what they write; undefined where nobody else writes. */
  bus: Bus | undefined;
}

interface Following {
  /** Is done where a look is left out because of a bus that works, or seems to: what cannot wait for the next one. */
  between: () => Promise<void>;
  /** Hears of a look that failed. */
  failed: (error: unknown) => void;
}

export type Feed = ReturnType<typeof createFeed>;

export function createFeed({ model, tails, settle, bus }: Deps) {
  /** The highest positions that were looked at: what is below the second by FAR_BACK was told. */
  let looked = 0;
  let lookedFar = 0;
  let isFollowing = false;
  const hearing = new Map<string, Promise<void>>();

  /** Tells what stands above a known end. */
  async function takeIn(stream: string, { seq: from }: { seq: number }): Promise<void> {
    for (let seq = from; ;) {
      const found = await model.above(stream, seq, PAGE);
      for (const row of found) settle(row.event, row.position);
      if (found.length < PAGE) return;
      seq += found.length;
    }
  }

  /** All who want the same stream heard at the same time share one reading; one that began before the call may be old. */
  async function hear(stream: string): Promise<void> {
    await hearing.get(stream)?.catch(() => undefined);
    const mine = hearing.get(stream) ?? read(stream).finally(() => hearing.delete(stream));
    hearing.set(stream, mine);
    await mine;
  }

  async function read(stream: string): Promise<void> {
    const known = tails.known(stream);
    if (known === undefined)
      await tails.of(stream); // which tells what came lately
    else await takeIn(stream, known);
  }

  /** What was written lately on a stream that was not known was perhaps told to nobody here. */
  async function tellLately(stream: string, last: Placed): Promise<void> {
    const since = looked - FAR_BACK;
    const lately: Placed[] = [];
    for (let to = last.event.seq, oldest = last.position; to > 0 && oldest > since;) {
      const from = Math.max(0, to - PAGE);
      const found = await model.above(stream, from, to - from);
      lately.unshift(...found.filter(({ position }) => position > since));
      oldest = found[0]?.position ?? since;
      to = from;
    }
    for (const { event, position } of lately) settle(event, position);
  }

  async function look(back: number): Promise<void> {
    const behind = new Set<string>();
    let highest = looked;
    for (let from = looked - back; ;) {
      const found = await model.places(from, PLACES);
      for (const { stream, seq } of found) if ((tails.known(stream)?.seq ?? 0) < seq) behind.add(stream);
      from = found.at(-1)?._id ?? from;
      highest = Math.max(highest, from);
      if (found.length < PLACES) break;
    }
    for (const stream of behind) await hear(stream);
    looked = highest;
  }

  async function lookFar(): Promise<void> {
    await look(FAR_BACK);
    lookedFar = looked;
  }

  /** Once: from here on what is learnt of an end is told. */
  function begin(): void {
    if (isFollowing) return;
    isFollowing = true;
    tails.forgetAll();
    bus?.on('written', ({ stream, seq }) => {
      if ((tails.known(stream)?.seq ?? 0) < seq) hear(stream).catch(() => undefined); // it is found by a look, then
    });
  }

  async function lookAgain(over: AbortSignal, { between, failed }: Following): Promise<void> {
    let [last, lastFar] = [performance.now(), performance.now()];
    for (;;) {
      await wait(LOOK_EVERY.untold, undefined, { signal: over, ref: false }).catch(() => undefined);
      if (over.aborted) return;
      const now = performance.now();
      if (bus?.isUp() === true && now - last < LOOK_EVERY.told) {
        await between().catch(failed); // a bus that went silent seems to be up for seconds yet
        continue;
      }
      last = now;
      const isFar = now - lastFar > FAR_EVERY;
      if (isFar) lastFar = now;
      await (isFar ? lookFar() : look(BACK)).catch(failed);
    }
  }

  return {
    takeIn,
    hear,

    /** The last event of a stream whose end is not known here. */
    lastOf: async (stream: string): Promise<StreamEvent | undefined> => {
      const last = await model.last(stream);
      if (isFollowing && last !== undefined) await tellLately(stream, last);
      return last?.event;
    },

    /** Where others write: asks the store where what is known of a stream ends below `seq`. */
    reach: async (stream: string, seq: number): Promise<void> => {
      if (bus !== undefined && (await tails.of(stream)).seq < seq) await hear(stream);
    },

    /** Nothing up to here has to be told: whoever listens reads it first. */
    from: (position: number): void => {
      looked = lookedFar = position;
    },

    /** Everything up to here was told. */
    settledPosition: (): number => lookedFar - FAR_BACK,

    /**
     * Tells from here on, and once more what came lately: before it nobody listened, and whatever was asked of a stream
     * made its end known. Resolves after the first look, with what ends looking.
     */
    follow: async (following: Following): Promise<() => Promise<void>> => {
      const over = new AbortController();
      begin();
      await lookFar();
      const looking = lookAgain(over.signal, following);
      return async () => {
        over.abort();
        await looking;
      };
    },
  };
}

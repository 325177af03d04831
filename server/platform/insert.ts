import { AppError } from '#shared/wire/error.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { Positions } from './positions.ts';
import { clashedIndex, storageFailure } from './store-errors.ts';
import type { EventsModel } from './streams.model.ts';
import type { Tail, Tails } from './tails.ts';

/** Raised where another process wrote at the same place; the caller catches up and decides again. */
export class SeqClash extends Error {}

interface Deps {
  model: EventsModel;
  tails: Tails;
  positions: Positions;
  /** Others write to the same store. */
  isShared: boolean;
  /** Told of an event when it is durable. */
  settle: (event: StreamEvent, position: number) => void;
  /** Hears what stands above a known end. */
  takeIn: (stream: string, known: Tail) => Promise<void>;
}

/**
 * Puts one row after a known end, under a position of its own, and settles it whenever that is. Throws SeqClash where
 * the place is taken, AppError `id_reused` where the id is, `storage` where nobody knows.
 */
export function createInsert({ model, tails, positions, isShared, settle, takeIn }: Deps) {
  /** Which key was taken; where the store does not name it, what is there says it. */
  async function takenBy(event: StreamEvent, error: unknown): Promise<ReturnType<typeof clashedIndex>> {
    const index = clashedIndex(error);
    if (index !== 'unnamed') return index;
    if ((await model.byId(event.stream, event.id)) !== undefined) return 'id';
    const there = await model.range(event.stream, event.seq, event.seq, 1);
    return there.length === 0 ? 'position' : 'seq';
  }

  /** Returns where it may be tried again at the same place, and throws what its sender is to know. */
  async function refused(event: StreamEvent, { tail, at, error }: { tail: Tail; at: number; error: unknown }) {
    const { stream } = event;
    const index = await takenBy(event, error).catch(() => undefined);
    if (index === undefined) throw storageFailure(error); // it may be there or not: the stream stays in doubt
    const isInDoubt = tails.refused(stream, at);
    if (index === 'position') {
      positions.stepAside();
      // Somebody may have been heard of meanwhile: what is known of the end must not go back.
      if (tails.known(stream)?.seq === tail.seq) return;
      throw new SeqClash();
    }
    // Where others write, one of them may have done the same at the same time: who called looks again.
    if (index === 'id' && !isInDoubt && !isShared) {
      tails.forget(stream);
      throw new AppError('id_reused');
    }
    // Another process has the place, or an earlier try whose answer got lost. What is new here is heard now.
    await takeIn(stream, tail);
    throw new SeqClash();
  }

  return async (event: StreamEvent, tail: Tail, print: string): Promise<void> => {
    for (;;) {
      const at = positions.next();
      tails.begin(event.stream, tail, at);
      try {
        await model.insert({ _id: at, ...event, print });
      } catch (error) {
        await refused(event, { tail, at, error });
        continue;
      }
      settle(event, at);
      return;
    }
  };
}

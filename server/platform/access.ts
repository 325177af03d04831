import { AppError } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { sha256 } from './crypto.ts';
import type { Feed } from './feed.ts';
import type { EventsModel } from './streams.model.ts';
import type { NewEvent } from './streams.ts';
import type { Tails } from './tails.ts';
import { createMerged } from './turns.ts';

/*
 * Rights over several processes, by order and not by notification (security §3.4). Every event that gives or takes a
 * right leaves a pointer on one dense stream before its command is acknowledged. Whoever is about to deliver an event,
 * or to answer somebody, reads on in that stream, after it has the event: if that was committed after a removal had
 * been acknowledged, the removal is read here first. A message that should tell of it may be lost or late.
 */

const ALL = 'access:all';
const PAGE = 200; // rows

interface Pointer {
  stream: string;
  seq: number;
}

interface Deps {
  /** Appends in the stream's turn, after whatever others wrote meanwhile. */
  add: (stream: string, event: NewEvent) => Promise<unknown>;
  feed: Feed;
  tails: Tails;
  model: EventsModel;
  /** Types of the events that leave a pointer: those that give or take a right, above all. */
  pointed: ReadonlySet<string>;
}

export function createAccessLog({ add, feed, tails, model, pointed }: Deps) {
  let read = 0;

  async function bringForward(): Promise<void> {
    for (;;) {
      const found = await model.above(ALL, read, PAGE);
      for (const { event } of found) {
        const { stream, seq } = event.data as Pointer;
        if ((tails.known(stream)?.seq ?? 0) < seq) await feed.hear(stream);
      }
      read += found.length; // after what they point at was heard: who is refused now asks again
      if (found.length < PAGE) return;
    }
  }

  const merged = createMerged(bringForward);

  return {
    /** Before anything of rights is read: what is pointed at by then stands in the store. */
    start: async (): Promise<void> => {
      read = (await model.last(ALL))?.event.seq ?? 0;
    },

    /** To be waited for before an event is acknowledged, on a repeat too: whoever wrote it may have died in between. */
    note: async ({ id, stream, seq, type }: StreamEvent): Promise<void> => {
      if (!pointed.has(type)) return;
      const data: Pointer = { stream, seq };
      const entry = { id: derivedId(sha256, id, `access ${stream}`), type: 'pointed', actor: 'system', data };
      await add(ALL, entry).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'id_reused')) throw error; // by an earlier try
      });
    },

    /**
     * Resolves when every change that was acknowledged before this call is known here. All who ask share the reading.
     * Rejects where the store cannot be asked: then nothing may be shown.
     */
    current: async (): Promise<void> => {
      await merged();
    },
  };
}

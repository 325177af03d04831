import { AppError } from '#shared/wire/error.ts';
import type { Log } from '#server/platform/log.ts';
import type { Loaded, YDocsLog } from './ydocs.log.ts';
import type { Tuning } from './ydocs.port.ts';
import { createRoom, type Room } from './ydocs.room.ts';

interface Entry {
  room: Room;
  ready: Promise<void>;
}

interface Deps {
  docs: YDocsLog;
  log: Log;
  tuning: Tuning;
  current: (() => Promise<void>) | undefined;
}

export type Rooms = ReturnType<typeof createRooms>;

/** Documents in memory: one load for all who come at once, let go some time after the last one left. */
export function createRooms({ docs, log, tuning, current }: Deps) {
  const rooms = new Map<string, Entry>();
  const leaving = new Map<string, NodeJS.Timeout>();

  /** The room of a document, opening it where it is not open. */
  function get(id: string): Entry {
    const open = rooms.get(id);
    if (open !== undefined) return open;
    const onGone = (): void => {
      if (rooms.get(id)?.room === room) rooms.delete(id);
    };
    const room: Room = createRoom({ id, docs, log, tuning, current, onGone });
    const ready = room.open();
    // What was heard of while it was read.
    ready.then(room.refresh).catch((error: unknown) => {
      log.error({ error, doc: id }, 'document not opened');
    });
    const entry = { room, ready };
    rooms.set(id, entry);
    return entry;
  }

  function stay(id: string): void {
    clearTimeout(leaving.get(id));
    leaving.delete(id);
  }

  function letGo(id: string): void {
    stay(id);
    const timer = setTimeout(() => {
      leaving.delete(id);
      void rooms.get(id)?.room.evict();
    }, tuning.evictAfter);
    leaving.set(id, timer.unref());
  }

  return {
    get,
    stay,
    letGo,
    /** The room of a document that is in memory. */
    peek: (id: string): Room | undefined => rooms.get(id)?.room,
    all: (): [string, Room][] => [...rooms].map(([id, { room }]) => [id, room]),

    /** Runs when everything before it is durable. Throws `not_found`, `storage`. */
    atRest: async <T>(id: string, run: (loaded: Loaded, room: Room) => Promise<T> | T): Promise<T> => {
      if ((await docs.ownerOf(id)) === undefined) throw new AppError('not_found');
      for (;;) {
        const { room, ready } = get(id);
        stay(id);
        await ready;
        if (room.isGone()) continue; // let go of while we waited: it is opened again
        try {
          return await room.atRest((loaded) => run(loaded, room));
        } finally {
          if (room.links().size === 0) letGo(id);
        }
      }
    },

    close: async (): Promise<void> => {
      for (const id of [...leaving.keys()]) stay(id);
      const open = [...rooms.values()];
      await Promise.allSettled(open.map(({ ready }) => ready));
      await Promise.all(open.map(({ room }) => room.close()));
      for (const id of [...leaving.keys()]) stay(id);
    },
  };
}

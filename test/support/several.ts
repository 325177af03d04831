import { expect, onTestFinished } from 'vitest';
import type { Bus } from '#server/platform/bus.ts';
import { systemClock, type Clock } from '#server/platform/clock.ts';
import { createFold } from '#server/platform/fold.ts';
import { createEventsModel, type EventsModel } from '#server/platform/streams.model.ts';
import { createStreams, type Streams } from '#server/platform/streams.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { newId } from './client.ts';
import { openStreams } from './streams.ts';

/* Several sets of streams on one store, as processes are: they share nothing in memory but what the bus says. */

/** `lossy` believes itself up, loses every second word and says the others twice; `silent` loses them all. */
export type BusMode = 'up' | 'down' | 'lossy' | 'silent';

interface Ear {
  of: Bus;
  kind: string;
  listener: (body: never) => void;
}

/** A bus in memory that carries what the test lets through, never at once. */
function aBus(mode: BusMode = 'up') {
  const ears: Ear[] = [];
  let words = 0;
  const bus = {
    mode,
    /** Says something that no process said. */
    forge: (kind: string, body: unknown, from?: Bus): void => {
      const times = { up: 1, down: 0, silent: 0, lossy: (words++ % 2) * 2 }[bus.mode];
      const others = ears.filter((ear) => ear.kind === kind && ear.of !== from);
      for (const { listener } of others)
        for (let i = 0; i < times; i++) setImmediate(() => { listener(body as never); }); // prettier-ignore
    },
    join: (): Bus => {
      const mine: Bus = {
        say: (kind, body) => { bus.forge(kind, body, mine); }, // prettier-ignore
        on: (kind, listener) => ears.push({ of: mine, kind, listener }),
        isUp: () => bus.mode !== 'down',
        close: () => Promise.resolve(),
      };
      return mine;
    },
  };
  return bus;
}

export interface Process {
  streams: Streams;
  /** What its listeners were told, as it came. */
  told: { event: StreamEvent; position: number }[];
  /** Looks at the store once. */
  look: () => Promise<void>;
  /** Looks at the store until the test is over. */
  follow: () => Promise<void>;
}

interface Options {
  bus?: BusMode;
  clock?: Clock;
  /** Puts a fault between one process and the store. */
  wrap?: (model: EventsModel, process: number) => EventsModel;
  /** What happens while a process starts: its listeners are there, and it does not hear of others yet. */
  starting?: (streams: Streams, model: EventsModel) => Promise<void>;
}

const CHANGES_ACCESS = new Set(['removed']);

export const seqsOf = ({ told }: Process, stream: string): number[] =>
  told.filter(({ event }) => event.stream === stream).map(({ event }) => event.seq);

export const said = (data: unknown = null, type = 'said') => ({ id: newId(), type, actor: 'ada', data });

/** Everything that was said, in order. */
export const words = {
  kind: 'room',
  initial: (): readonly unknown[] => [],
  evolve: (state: readonly unknown[], event: StreamEvent) => [...state, event.data],
};

export const sayIn = (streams: Streams, word: string, more: { id?: string; expected?: number; type?: string } = {}) => {
  const { id = newId(), expected, type = 'said' } = more;
  const write = { id, actor: 'ada', expected, input: { word } };
  return createFold(streams, words).write('a', write, () => ({ type, data: word }));
};

/** Three processes on one new store. */
export async function openSeveral({ bus: mode, clock = systemClock, wrap = (model) => model, starting }: Options = {}) {
  const { db } = await openStreams();
  db.deleteModel('Event');
  const model = createEventsModel(db);
  const bus = aBus(mode);
  const open = async (i: number): Promise<Process> => {
    const others = { bus: bus.join(), pointed: CHANGES_ACCESS };
    const streams = createStreams({ model: wrap(model, i), clock, others });
    const told: Process['told'] = [];
    streams.onCommitted((event, position) => told.push({ event, position }));
    await streams.start();
    const failures: unknown[] = [];
    const start = () => streams.follow?.((error) => failures.push(error));
    await starting?.(streams, model);
    await (
      await start()
    )?.(); // hears the bus from here on, and looks at the store when the test says so
    return {
      ...{ streams, told },
      look: async () => (await start())?.(),
      follow: async () => {
        const stop = await start();
        onTestFinished(async () => {
          await stop?.();
          expect(failures).toEqual([]);
        });
      },
    };
  };
  const [first, second, third] = await Promise.all([open(0), open(1), open(2)]);
  return { model, bus, first, second, third, processes: [first, second, third] };
}

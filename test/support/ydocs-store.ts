import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '#server/platform/clock.ts';
import { createEventsModel, type EventsModel } from '#server/platform/streams.model.ts';
import { createStreams } from '#server/platform/streams.ts';
import type { Tuning, YDocs } from '#server/ydocs/ydocs.port.ts';
import { createYDocs } from '#server/ydocs/ydocs.service.ts';
import type { TestStreams } from './streams.ts';

/** A store that can be told to wait, to fail, or to write and then lose the answer. Only edits are concerned. */
export function planted() {
  const fault = {
    mode: 'none' as 'none' | 'hold' | 'fail' | 'lost',
    tried: 0,
    slowRead: 0,
    /** How often the log of a document was read from its beginning. */
    loads: 0,
  };
  let release: () => void = () => undefined;
  let gate = Promise.resolve();
  return {
    fault,
    hold: (): void => {
      fault.mode = 'hold';
      gate = new Promise((resolve) => (release = resolve));
    },
    release: (): void => {
      fault.mode = 'none';
      release();
    },
    wrap: (model: EventsModel): EventsModel => ({
      ...model,
      insert: async (row) => {
        if (row.type !== 'updated') return model.insert(row);
        fault.tried++;
        if (fault.mode === 'hold') await gate;
        if (fault.mode === 'fail') throw new Error('disk full');
        await model.insert(row);
        if (fault.mode === 'lost') throw new Error('no answer');
      },
      range: async (stream, from, to, limit) => {
        // The one row that names a document's owner is read at once, its whole log is not.
        const isWhole = limit > 1 && stream.startsWith('doc:');
        if (isWhole && from === 1) fault.loads++;
        if (isWhole && fault.slowRead > 0) await new Promise((resolve) => setTimeout(resolve, fault.slowRead));
        return model.range(stream, from, to, limit);
      },
    }),
  };
}

/** A second process on the same store, as far as documents go: it knows only what it read there. Nobody connects. */
export async function secondProcess({ db }: TestStreams, tuning: Partial<Tuning>): Promise<YDocs> {
  // It has what it knows to itself and the models of the first: mongoose makes each once a connection.
  const compiled = { value: (name: string) => db.models[name] };
  const sameDb = Object.create(db, { model: compiled }) as typeof db;
  const streams = createStreams({ model: createEventsModel(sameDb), clock: systemClock });
  await streams.start();
  const docs = await createYDocs({
    streams,
    db: sameDb,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    callerOf: () => Promise.resolve(undefined),
    access: () => Promise.resolve(undefined),
    cardOf: () => ({ name: '', role: null }),
    limited: true,
    tuning,
  });
  onTestFinished(docs.close);
  return docs;
}

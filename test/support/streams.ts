import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#server/platform/clock.ts';
import { createCheckpointsModel } from '#server/platform/consume.model.ts';
import { createConsumers } from '#server/platform/consume.ts';
import { openStore } from '#server/platform/store.ts';
import { createEventsModel, type EventsModel } from '#server/platform/streams.model.ts';
import { createStreams } from '#server/platform/streams.ts';
import { storeAt } from './store-url.ts';

export type TestStreams = Awaited<ReturnType<typeof openStreams>>;

interface Options {
  /** Folder of an earlier store; it is then not removed. */
  folder?: string;
  /** Puts a fault between the streams and the store. */
  wrap?: (model: EventsModel) => EventsModel;
  clock?: Clock;
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Streams and consumers on a real store in a folder of their own; closed when the test is over. */
export async function openStreams({ folder, wrap = (model) => model, clock = systemClock }: Options = {}) {
  const where = folder ?? (await temporaryFolder());
  const db = await openStore(storeAt(where));
  const model = wrap(createEventsModel(db));
  const streams = createStreams({ model, clock });
  await streams.start();
  const checkpoints = createCheckpointsModel(db);
  const consumers = createConsumers({ streams, checkpoints, log: pino({ level: 'silent' }) });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await db.close();
  };
  onTestFinished(close);
  return { streams, consumers, db, folder: where, close };
}

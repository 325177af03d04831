import { createHash } from 'node:crypto';
import type { Connection } from 'mongoose';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createApp } from '#server/app.ts';
import { rebuildStore } from '#server/cli/rebuild.ts';
import { readConfig } from '#server/config.ts';
import { seedDemo } from '#server/demo/demo.ts';
import { ANCHORS } from '#server/platform/anchors.ts';
import { createClock } from '#server/platform/clock.ts';
import { openStore } from '#server/platform/store.ts';
import { isMadeAgain } from '#server/tables.ts';
import { eventually, signIn } from '../support/client.ts';
import { temporaryFolder } from '../support/streams.ts';

const CACHES = new Set(['checkpoints', 'doc_snapshots', 'doc_snapshot_parts']); // of no meaning to anybody who asks

type Digests = Record<string, { rows: number; digest: string }>;

async function digests(db: Connection): Promise<Digests> {
  const found: Digests = {};
  for (const { name } of await db.listCollections()) {
    if (CACHES.has(name)) continue;
    // But for the anchor that a hub leaves when it drains.
    const rows = await db
      .collection(name)
      .find({ stream: { $ne: ANCHORS } })
      .sort({ _id: 1 })
      .toArray();
    const digest = createHash('sha256').update(JSON.stringify(rows)).digest('hex');
    found[name] = { rows: rows.length, digest };
  }
  return found;
}

async function openHub(folder: string) {
  const config = readConfig({ LINLI_PORT: '0' }, { demo: true, store: `embedded:${folder}` });
  const clock = createClock();
  const page = () => (_: unknown, response: { end: () => void }) => {
    response.end();
  };
  const app = await createApp({ config, clock, log: pino({ level: 'silent' }), page: page as never });
  return { app, clock, config };
}

test('every read model made again from the events is what it was, row by row, and nobody loses a thing', async () => {
  const folder = await temporaryFolder();
  const { app, clock, config } = await openHub(folder);
  await seedDemo(app, clock);
  await app.consumers.settled();
  const before = await digests(app.db);
  await app.close();

  const broken = await openStore(config.store);
  await broken.collection('messages').deleteMany({ seq: { $gt: 3 } });
  await broken.collection('incidents').updateMany({}, { $set: { boards: [] } });
  await broken.close();

  const made = await rebuildStore({ ...config, log: 'silent' });
  expect(made.sort()).toEqual(
    expect.arrayContaining(['incidents', 'messages', 'meetings', 'people', 'rooms', 'units']),
  );
  const again = await openHub(folder);
  expect(await digests(again.app.db)).toEqual(before);
  expect(
    Object.keys(before)
      .filter((name) => !isMadeAgain(name))
      .sort(),
  ).toEqual(expect.arrayContaining(['credentials', 'events']));

  const url = await again.app.listen();
  const officer = await signIn({ url }, 'officer');
  const { rooms } = (await officer.done('forum:rooms', {})) as unknown as { rooms: { head: number }[] };
  expect(rooms.reduce((sum, { head }) => sum + head, 0)).toBeGreaterThan(200);
  await eventually(() => again.app.consumers.stuck().length === 0);
  await again.app.close();
});

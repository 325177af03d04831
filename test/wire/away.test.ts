import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '#server/platform/store.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { startApp } from '../support/app.ts';
import { eventually, newId, signIn, type Answer } from '../support/client.ts';
import { databaseOn } from '../support/store-url.ts';
import { temporaryFolder } from '../support/streams.ts';
import { startServer, type WireServer } from '../support/wire.ts';

/* The store goes away under a running hub, and comes back. Each test has a server of its own to do it to. */

const NAME = process.env['LINLI_TEST_SERVER'] ?? '';
const INSTALLED = process.env['LINLI_TEST_INSTALLED'] ?? '';
const BACK = 30_000; // ms until the hub must have noticed

/** A hub on a server of its own, a worker in a room, and what was acknowledged to them. */
async function aRoom() {
  const folder = await temporaryFolder();
  const place = { installed: INSTALLED, folder };
  let server: WireServer = await startServer(NAME, place);
  onTestFinished(() => server.kill());
  const app = await startApp({ env: { LINLI_STORE: databaseOn(server.url, 'linli') } });
  const room = newId();
  const admin = await signIn(app, 'admin');
  await admin.done('forum:create', { id: room, unit: app.unit('wenshu'), title: '社区工作群', kind: 'open' });
  const worker = await signIn(app, 'worker');
  const acked: string[] = [];
  /** Posts under an id and answers with the refusal, if it was one. */
  const post = async (id: string): Promise<Answer['error']> => {
    const { body } = await worker.http('forum/post', { id, room, text: `第 ${acked.length} 条` });
    if (body.ok) acked.push(id);
    return body.error;
  };
  const readyz = async (): Promise<number> => (await fetch(`${app.url}/readyz`)).status;
  return {
    post,
    readyz,
    acked,
    server: () => server,
    again: async () => {
      server = await startServer(NAME, { ...place, port: server.port });
    },
    /** What the stream holds, asked of the store by somebody new. */
    stored: async (): Promise<string[]> => {
      const db = await openStore(databaseOn(server.url, 'linli'));
      const rows = db.collection<StreamEvent>('events').find({ stream: `room:${room}`, type: 'posted' });
      const found = await rows.sort({ seq: 1 }).toArray();
      await db.close();
      return found.map(({ id }) => id);
    },
  };
}

test('a store that dies is said to be away, and after its return writing goes on with nothing lost or doubled', async () => {
  const { post, readyz, acked, server, again, stored } = await aRoom();
  for (let i = 0; i < 20; i++) expect(await post(newId())).toBeUndefined();
  const burst = Array.from({ length: 8 }, () => newId());
  const answers = Promise.allSettled(burst.map((id) => post(id)));
  await server().kill();
  await answers; // some taken, some refused, of some nobody knows
  const late = newId();
  expect(await post(late)).toMatchObject({ code: 'storage', retryAfter: 5 });
  expect(await readyz()).toBe(503);
  await again();
  await eventually(async () => (await readyz()) === 200, BACK);
  // As an outbox does: everything without an answer again, under its id.
  for (const id of [...burst, late].filter((one) => !acked.includes(one))) expect(await post(id)).toBeUndefined();
  expect((await stored()).sort()).toEqual(acked.toSorted());
  expect(new Set(acked).size).toBe(29);
});

test('a store that stands still is noticed, and the same hub goes on when it moves again', async () => {
  const { post, readyz, acked, server, stored } = await aRoom();
  expect(await post(newId())).toBeUndefined();
  process.kill(server().pid, 'SIGSTOP');
  const held = newId();
  const began = performance.now();
  expect(await post(held)).toMatchObject({ code: 'storage', retryAfter: 5 });
  expect(performance.now() - began).toBeLessThan(20_000);
  expect(await readyz()).toBe(503);
  process.kill(server().pid, 'SIGCONT');
  await eventually(async () => (await readyz()) === 200, BACK);
  expect(await post(held)).toBeUndefined();
  expect(await stored()).toEqual(acked);
});

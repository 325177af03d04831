import { expect, onTestFinished, test } from 'vitest';
import { StorageError } from '#server/platform/embedded/errors.ts';
import { openStore } from '#server/platform/embedded/store.ts';
import { openApi } from '#server/platform/openapi.ts';
import { cookieName } from '#server/platform/origin.ts';
import { createReadiness } from '#server/platform/ready.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { eventually, newId, signIn } from '../support/client.ts';

/** From now on the store refuses what it refuses after a failed commit: every write. */
async function breakDisk({ folder }: TestApp): Promise<void> {
  const store = await openStore(folder); // shared with the hub, which is the one that has it open
  onTestFinished(() => store.release());
  store.write = () => Promise.reject(new StorageError('The store could not write and takes no more writes: ENOSPC'));
}

const statusOf = async ({ url }: { url: string }, path: string, headers = {}): Promise<number> =>
  (await fetch(`${url}${path}`, { headers })).status;

test('a hub whose disk is full refuses writes in so many words, goes on reading, and says that it is not ready', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const room = newId();
  await app.app.features.forum.createRoom({ id: room, unit: app.unit('wenshu'), title: '值班', kind: 'open' });
  await worker.done('forum:post', { id: newId(), room, text: '3 栋停水' });
  await app.app.consumers.settled();
  expect(await statusOf(app, '/readyz')).toBe(200);
  await breakDisk(app);
  const refused = await worker.request('forum:post', { id: newId(), room, text: '来水了' });
  expect(refused).toMatchObject({ ok: false, error: { code: 'storage', retryAfter: 5 } });
  const pointer = await worker.request('forum:mark-read', { room, seq: 2 }); // a row, no event
  expect(pointer).toMatchObject({ ok: false, error: { code: 'storage', retryAfter: 5 } });
  expect((await worker.done('forum:messages', { room }))['messages']).toMatchObject([{ text: '3 栋停水' }]);
  expect((await worker.done('stream:open', { stream: `room:${room}`, have: 0 }))['head']).toBe(2);
  expect(await statusOf(app, '/public')).toBe(200);
  expect(await statusOf(app, '/healthz')).toBe(200);
  await eventually(async () => (await statusOf(app, '/readyz')) === 503);
});

test('why a hub is not ready is logged once, not at every question', async () => {
  const said: string[] = [];
  let stuck: string[] = [];
  const log = {
    fatal: ({ error }: { error: Error }) => said.push(error.message),
    warn: (words: string) => said.push(words),
  };
  const ready = createReadiness({ write: () => Promise.resolve(), stuck: () => stuck, log: log as never });
  expect(await ready()).toBe(true);
  stuck = ['search'];
  await eventually(async () => !(await ready()));
  for (let n = 0; n < 20; n++) expect(await ready()).toBe(false);
  stuck = [];
  await eventually(ready);
  expect(said).toEqual(['search cannot get past an event', 'ready again']);
});

test('the figures of a hub are for its own machine, not for who comes through a proxy', async () => {
  const app = await startApp();
  expect(await statusOf(app, '/metrics')).toBe(200);
  for (const name of ['forwarded', 'x-forwarded-for', 'via'])
    expect(await statusOf(app, '/metrics', { [name]: '203.0.113.9' })).toBe(404);
});

test('the description of the interface names the cookie that the hub sets', async () => {
  const nameIn = (document: unknown): string =>
    (document as { components: { securitySchemes: { session: { name: string } } } }).components.securitySchemes.session
      .name;
  const { url } = await startApp();
  expect(nameIn(await (await fetch(`${url}/api/openapi.json`)).json())).toBe('sid');
  expect(nameIn(openApi(cookieName(['https://linli.example'])))).toBe('__Host-sid');
});

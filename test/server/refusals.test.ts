import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { LINES } from '#server/platform/lines.ts';
import { createRefusals } from '#server/people/people.refusals.ts';
import { createLog } from '#server/platform/log.ts';
import { ask } from '../support/account.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cookieFor, eventually, newId, signIn } from '../support/client.ts';

/* What was refused stands in the security log, and cannot be used to fill it. */

const stream = (): string => `log:${new Date().toISOString().slice(0, 10)}`;

/** Entries of a type, as what they say of whom. */
async function notedIn({ app: { streams } }: TestApp, type: string) {
  const events = await streams.read(stream(), 1, Number.MAX_SAFE_INTEGER, 200);
  return events.filter((event) => event.type === type).map(({ actor, data }) => ({ actor, data }));
}

test('a command that somebody has no right to is on the security log before they hear of it, repeats as one entry', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const flag = () =>
    worker.request('incidents:flag', { id: newId(), unit: app.unit('wenshu'), title: '停水', what: '三号院停水' });
  const { error } = await flag();
  const facts = { command: 'incidents:flag', code: error?.code, session: expect.any(String) as unknown };
  expect(await notedIn(app, 'refused')).toEqual([{ actor: app.person('worker'), data: facts }]);
  for (let n = 0; n < 3; n++) await flag();
  await app.app.features.refusals.settle();
  expect(await notedIn(app, 'refused')).toHaveLength(1);
  const times = { [`incidents:flag ${error?.code ?? ''}`]: 3 };
  expect(await notedIn(app, 'refused.again')).toEqual([{ actor: app.person('worker'), data: { times } }]);
});

test('signing in with a wrong password is on the security log, under the name of whoever it was tried for', async () => {
  const app = await startApp();
  const headers = { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' };
  for (const name of ['worker', 'nobody-of-this-name']) {
    const body = JSON.stringify({ name, password: 'not the password' });
    expect((await fetch(`${app.url}/api/session`, { method: 'POST', headers, body })).status).toBe(401);
  }
  const noted = await notedIn(app, 'sign-in.refused');
  expect(noted.map(({ actor }) => actor)).toEqual([app.person('worker'), 'nobody']);
});

test('a record that somebody may not read, a wrong code or password, and a page of somebody else are noted; a wrong address is not', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  await worker.request('forum:messages', { room: newId() }); // a link to what is gone
  await worker.request('audit:stream', { stream: stream() });
  await ask(app.url, await cookieFor(app.url, 'worker'), 'people:step-up', { password: 'not the password' });
  const cookie = { 'content-type': 'application/json', origin: 'https://elsewhere.example' };
  expect((await fetch(`${app.url}/api/session`, { method: 'POST', headers: cookie, body: '{}' })).status).toBe(403);
  await eventually(async () => (await notedIn(app, 'refused')).length === 3);
  const noted = await notedIn(app, 'refused');
  expect(noted.map(({ actor, data }) => [actor, (data as { code: string }).code])).toEqual([
    [app.person('worker'), 'not_found'],
    [app.person('worker'), 'people.password_wrong'],
    ['nobody', 'origin'],
  ]);
});

test('a line from a page of somebody else, and whoever is too fast, are noted once, and no address is', async () => {
  const app = await startApp({ env: { LINLI_LIMITS: 'normal' } });
  const worker = await signIn(app, 'worker');
  const headers = { cookie: worker.cookie, origin: 'https://elsewhere.example' };
  for (const path of ['/socket.io/?EIO=4&transport=websocket', `/collab/${newId()}`, `/collab/${newId()}`]) {
    const line = new WebSocket(`${app.url.replace('http', 'ws')}${path}`, { headers });
    await once(line, 'error');
  }
  for (let n = 0; n < 12; n++) await worker.request('forum:search', { q: '停水' });
  for (let n = 0; n < 12; n++) await ask(app.url, worker.cookie, 'forum:search', {});
  await eventually(async () => (await notedIn(app, 'refused')).length === 3);
  expect(await notedIn(app, 'refused')).toEqual([
    { actor: 'nobody', data: { line: 'socket', code: 'origin' } },
    { actor: 'nobody', data: { line: 'text', code: 'origin' } },
    { actor: app.person('worker'), data: { command: 'forum:search', code: 'rate_limited' } },
  ]);
  await Promise.all(Array.from({ length: 40 }, () => fetch(`${app.url}/public/verify?q=x`)));
  const strangers = Array.from({ length: LINES.strangers + 1 }, () => {
    const line = new WebSocket(`${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers: { origin: app.url },
    });
    onTestFinished(() => {
      line.terminate();
    });
    return once(line, 'open').catch(() => undefined); // one of them there is no room for
  });
  await Promise.all(strangers);
  await eventually(async () => (await notedIn(app, 'refused')).length === 5);
  expect((await notedIn(app, 'refused')).slice(3)).toEqual([
    { actor: 'nobody', data: { command: 'verify', code: 'rate_limited' } },
    { actor: 'nobody', data: { line: 'socket', code: 'rate_limited' } },
  ]);
});

test('refusals that could not be written down are written the next time, none of them lost or doubled', async () => {
  const told: object[] = [];
  let away = 0;
  const log = {
    note: (_type: string, actor: string, data: object) =>
      away-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve(void told.push({ actor, ...data })),
    sweep: () => Promise.resolve(),
  };
  const refusals = createRefusals({ log, complain: createLog('silent') });
  onTestFinished(refusals.stop);
  const refused = (person: string) =>
    refusals.note({ actor: { person, appointments: [], delegations: [] }, session: 's' }, 'forum:post', 'forbidden');
  await refused('p');
  for (const person of ['p', 'p', 'q', 'q']) await refused(person);
  away = 1;
  await expect(refusals.settle()).rejects.toThrow();
  await refused('p'); // counted with those that wait
  away = 1;
  await expect(refused('r')).rejects.toThrow('away');
  await refusals.settle();
  await refusals.settle();
  const what = 'forum:post forbidden';
  const first = { command: 'forum:post', code: 'forbidden', session: 's' };
  expect(told).toEqual([
    { actor: 'p', ...first },
    { actor: 'q', ...first },
    { actor: 'q', times: { [what]: 1 } }, // that the store failed for somebody else did not keep it
    { actor: 'p', times: { [what]: 3 } },
    { actor: 'r', times: { [what]: 1 } },
  ]);
});

test('whoever is refused all the time, whatever they try, leaves eleven entries a minute', async () => {
  const entries: { type: string; data: object }[] = [];
  const log = {
    note: (type: string, _actor: string, data: object) => Promise.resolve(void entries.push({ type, data })),
    sweep: () => Promise.resolve(),
  };
  const refusals = createRefusals({ log, complain: createLog('silent') });
  const caller = { actor: { person: 'p', appointments: [], delegations: [] }, session: 's' };
  for (let n = 0; n < 1000; n++) await refusals.note(caller, `forum:${n % 40}`, 'forbidden');
  await refusals.settle();
  expect(entries).toHaveLength(11);
  const counted = Object.values((entries.at(-1)?.data as { times: Record<string, number> }).times);
  expect(10 + counted.reduce((sum, times) => sum + times, 0)).toBe(1000);
  await refusals.note(caller, 'forum:1', 'forbidden');
  expect(entries).toHaveLength(12);
  await refusals.stop();
  expect(entries).toHaveLength(12); // once is no repeat
});

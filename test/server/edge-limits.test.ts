import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { addressOf, type Believed } from '#server/platform/address.ts';
import { createClock } from '#server/platform/clock.ts';
import { ANONYMOUS, IN_ONE_ROOM, rateOf } from '#server/platform/limits.ts';
import { startApp, startKeptApp, type TestApp } from '../support/app.ts';
import { newId, signIn, type TestClient } from '../support/client.ts';
import { aRoom } from '../support/rooms.ts';

/* How fast one person, and one address nobody is known at, may go (security §4.6). */

let app: TestApp;
beforeAll(async () => {
  app = await startKeptApp({ env: { LINLI_LIMITS: 'normal' } });
});

/** Asks one after the other until one is too fast; how many were not, and the refusal. */
async function untilTooFast(path: string, headers: Record<string, string> = {}) {
  for (let asked = 0; asked < 2_000; asked++) {
    const answer = await fetch(`${app.url}${path}`, { headers });
    const text = await answer.text();
    if (answer.status === 429) return { asked, answer, text };
  }
  throw new Error(`${path} is never too fast`);
}

describe('whoever has not signed in', () => {
  test('reads public pages in a burst, and is then asked in words to wait some seconds', async () => {
    const { asked, answer, text } = await untilTooFast('/public/verify?q=x');
    expect(asked).toBeGreaterThanOrEqual(ANONYMOUS.verify.burst);
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(text).toContain(`${seconds} 秒`);
    expect(text).toContain(`in ${seconds} s`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await fetch(`${app.url}/public`)).status).toBe(200); // what is read, not tried, has room left
  });

  test('is not held up by neighbours behind a proxy of this machine that the hub was not told of', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const asked = Array.from({ length: 60 }, () => fetch(`${app.url}/public/verify?q=x`, { headers }));
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

test('a person’s limit is one, whichever way they ask', async () => {
  const worker = await signIn(app, 'worker');
  const room = await aRoom(app);
  const { burst } = rateOf('forum:post');
  for (let sent = 0; sent < burst; sent++) await worker.request('forum:post', { id: newId(), room, text: 'x' });
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      i % 2 === 0
        ? worker.request('forum:post', { id: newId(), room, text: 'x' })
        : worker.http('forum/post', { id: newId(), room, text: 'x' }).then(({ body }) => body),
    ),
  );
  const refused = answers.filter(({ ok }) => !ok);
  expect(refused.length).toBeGreaterThan(0);
  for (const { error } of refused) expect(error).toMatchObject({ code: 'rate_limited', retryAfter: 1 });
  expect((await worker.http('people/me')).status).toBe(200); // another thing has a limit of its own
});

test('a room takes so many messages a second, whoever writes, and asks the others to wait', async () => {
  const clock = createClock();
  const hub = await startApp({ clock, env: { LINLI_LIMITS: 'normal' } });
  clock.set(new Date()); // it stands still: no place comes free by itself
  const people = [];
  for (const name of ['worker', 'worker2', 'officer', 'moderator']) people.push(await signIn(hub, name));
  const [worker, ...others] = people as [TestClient, ...TestClient[]];
  const [room, another] = [await aRoom(hub), await aRoom(hub)];
  const post = (person: TestClient, to = room) => person.request('forum:post', { id: newId(), room: to, text: 'x' });
  const each = rateOf('forum:post').burst;
  const burst = await Promise.all(others.flatMap((person) => Array.from({ length: each }, () => post(person))));
  expect(burst.filter(({ ok }) => ok)).toHaveLength(IN_ONE_ROOM.burst);
  const late = { id: newId(), room, text: '晚了' };
  const refusal = { code: 'rate_limited', retryAfter: 1 };
  expect((await worker.request('forum:post', late)).error).toMatchObject(refusal);
  expect((await worker.http('forum/post', late)).body.error).toMatchObject(refusal);
  expect((await post(worker, another)).ok).toBe(true); // another room has a pace of its own
  const outsider = await signIn(hub, 'outsider');
  expect((await post(outsider)).error?.code).toBe('not_found'); // as if it were not there, busy or not
  clock.set(new Date(clock.now().getTime() + 1_000));
  expect((await worker.request('forum:post', late)).ok).toBe(true);
});

describe('the address of a request', () => {
  const from = (remote: string, headers: Record<string, string> = {}): IncomingMessage => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: remote });
    return Object.assign(new IncomingMessage(socket), { headers });
  };
  const nobody: Believed = () => false;
  const one: Believed = (_, hop) => hop < 1;

  test.each([
    ['its own', from('203.0.113.7'), nobody, '203.0.113.7'],
    ['its own, whatever it says', from('203.0.113.7', { 'x-forwarded-for': '1.1.1.1' }), nobody, '203.0.113.7'],
    [
      'the last that a believed proxy saw',
      from('10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 203.0.113.7' }),
      one,
      '203.0.113.7',
    ],
    ['the proxy’s, where it says nothing', from('10.0.0.1'), one, '10.0.0.1'],
    ['unknown behind a proxy of this machine', from('127.0.0.1', { 'x-forwarded-for': '1.1.1.1' }), nobody, undefined],
    ['this machine’s, asked from here', from('::ffff:127.0.0.1'), nobody, '127.0.0.1'],
    ['a network’s where one household has many', from('2001:db8:1:2:3:4:5:6'), nobody, '2001:db8:1:2::/64'],
    ['the same for its short form', from('2001:db8:0001:2::9'), nobody, '2001:db8:1:2::/64'],
  ])('is %s', (_, request, believed, address) => {
    expect(addressOf(request, believed)).toBe(address);
  });
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ask, HOUR, MINUTE, SECOND, startReal } from '../support/account.ts';
import { DEMO_PASSWORD } from '../support/app.ts';
import { connect, newId } from '../support/client.ts';

/* Where somebody is signed in, and how that ends. */

const listOf = async (url: string, cookie: string) => (await ask(url, cookie, 'people:sessions'))['sessions'];

test('somebody sees their devices, to the day, and ends them; nobody else’s are theirs to end', async () => {
  const { app, later, enter } = await startReal();
  const [here = ''] = (await enter('worker', {}, { 'user-agent': 'a phone' })).cookies;
  later(2 * HOUR);
  const [there = ''] = (await enter('worker', {}, { 'user-agent': 'a desk' })).cookies;
  const [other = ''] = (await enter('worker2')).cookies;
  const { sessions } = (await ask(app.url, here, 'people:sessions')) as unknown as {
    sessions: { id: string; device: string; lastDay: string; current: boolean; address: string }[];
  };
  expect(sessions).toMatchObject([
    { device: 'a desk', current: false, lastDay: '2026-11-23', since: '2026-11-23T03:00:00.000Z' },
    {
      device: 'a phone',
      current: true,
      lastDay: '2026-11-23',
      address: expect.stringContaining('127.0.0.1') as string,
    },
  ]);
  const desk = { session: sessions[0]?.id };
  expect((await ask(app.url, other, 'people:end-session', desk)).error?.code).toBe('not_found');
  const socket = await connect(app.url, there);
  const ended = new Promise((resolve) => socket.once('session:ended', resolve));
  expect(await ask(app.url, here, 'people:end-session', desk)).toMatchObject({ ok: true });
  await ended;
  expect((await ask(app.url, there, 'people:me')).error?.code).toBe('unauthenticated');
});

test('signing in begins a session of its own and ends the one that came along, and a name nobody gave opens nothing', async () => {
  const { app, enter } = await startReal();
  const [before = ''] = (await enter('worker')).cookies;
  const planted = `${before.split('=')[0] ?? ''}=${'a'.repeat(43)}`;
  const [after = ''] = (await enter('worker', {}, { cookie: before })).cookies;
  const [own = ''] = (await enter('worker', {}, { cookie: planted })).cookies;
  expect(new Set([before, planted, after, own]).size).toBe(4);
  for (const cookie of [before, planted])
    expect((await ask(app.url, cookie, 'people:me')).error?.code).toBe('unauthenticated');
  for (const cookie of [after, own]) expect(await ask(app.url, cookie, 'people:me')).toMatchObject({ ok: true });
});

test('no cookie of the hub is read by a script or comes along from a foreign page', async () => {
  const { app } = await startReal();
  const answer = await fetch(`${app.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' },
    body: JSON.stringify({ name: 'worker', password: DEMO_PASSWORD }),
  });
  const cookies = answer.headers.getSetCookie();
  expect(cookies).toHaveLength(2); // the session's and the device's
  for (const cookie of cookies) {
    expect(cookie).toContain('; HttpOnly');
    expect(cookie).toContain('; SameSite=Lax');
    expect(cookie).not.toContain('Domain');
  }
});

test('a session that sits idle ends within a second of its limit, with its sockets and its open texts', async () => {
  const { app, later, enrolled } = await startReal();
  const { cookie } = await enrolled('officer');
  const meeting = { id: newId(), unit: app.unit('wenshu'), title: '例会', body: 'committee' };
  const made = await ask(app.url, cookie, 'minutes:create', { ...meeting, startsAt: '2026-11-24T09:00:00+08:00' });
  const socket = await connect(app.url, cookie);
  const ended = new Promise((resolve) => socket.once('session:ended', resolve));
  const collab = `${app.url.replace('http', 'ws')}/collab/${String(made['doc'])}`;
  const text = new WebSocket(collab, { headers: { cookie, origin: app.url } });
  const closed = new Promise<number>((resolve) => text.once('close', resolve));
  await new Promise((resolve) => text.once('message', resolve));
  later(29 * MINUTE);
  expect(await ask(app.url, cookie, 'people:account')).toMatchObject({ ok: true });
  later(30 * MINUTE + SECOND);
  const began = performance.now();
  expect(await ended).toEqual({ reason: 'expired' });
  expect(await closed).toBe(4401);
  expect(performance.now() - began).toBeLessThan(3_000); // one, and room for a busy machine
});

test('what a client says about its address is believed where a proxy was named, and nowhere else', async () => {
  for (const [env, address] of [
    [{}, '127.0.0.1'],
    [{ LINLI_PROXIES: '127.0.0.1, ::1' }, '203.0.113.9'],
  ] as const) {
    const { app, enter } = await startReal(env);
    const [cookie = ''] = (await enter('worker', {}, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' })).cookies;
    const { sessions } = (await ask(app.url, cookie, 'people:sessions')) as unknown as { sessions: object[] };
    expect(sessions).toMatchObject([{ address: expect.stringContaining(address) as string }]);
    await app.close();
  }
});

test('whoever proves who they are has another session id, in every tab, and the one of before opens nothing', async () => {
  const { app, later, enrolled } = await startReal();
  const { cookie, code } = await enrolled('admin');
  const tabs = [await connect(app.url, cookie), await connect(app.url, cookie)];
  const heard: unknown[] = [];
  for (const tab of tabs) tab.once('session:ended', (why: unknown) => heard.push(why));
  const before = await listOf(app.url, cookie);
  later(6 * MINUTE);
  const body = JSON.stringify({ code: code() });
  const headers = { cookie, origin: app.url, 'x-linli': '1', 'content-type': 'application/json' };
  const answer = await fetch(`${app.url}/api/people/step-up`, { method: 'POST', headers, body });
  expect(await answer.json()).toEqual({ ok: true }); // the secret is in the cookie alone, where no script reads it
  const [given = ''] = answer.headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
  expect(given).not.toBe(cookie);

  // What the other tab was asking meanwhile is answered; what weighs most is not done with the secret of before.
  expect(await ask(app.url, cookie, 'people:me')).toMatchObject({ ok: true });
  expect((await ask(app.url, cookie, 'people:renew-recovery', {})).error?.code).toBe('people.step_up');
  expect(await ask(app.url, given, 'people:renew-recovery', {})).toMatchObject({ ok: true });
  const asked = tabs.map((tab) => tab.timeout(5_000).emitWithAck('people:renew-recovery', {}) as Promise<object>);
  expect(await Promise.all(asked)).toMatchObject([{ ok: true }, { ok: true }]);
  expect(await listOf(app.url, given)).toEqual(before); // one session, the same one
  expect(heard).toEqual([]);

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  expect((await ask(app.url, cookie, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, given, 'people:me')).toMatchObject({ ok: true });
  expect(await tabs[1]?.timeout(5_000).emitWithAck('people:me', {})).toMatchObject({ ok: true });
});

test('proving who one is takes an answer that can bring another cookie, and a session that was ended stays ended', async () => {
  const { app, enter } = await startReal();
  const [cookie = ''] = (await enter('worker')).cookies;
  const socket = await connect(app.url, cookie);
  const answer: unknown = await socket.timeout(5_000).emitWithAck('people:step-up', { password: DEMO_PASSWORD });
  expect(answer).toMatchObject({ ok: false, error: { code: 'people.over_http' } });
  const { sessions } = app.app.features;
  const [running] = await sessions.of(app.person('worker'));
  const line = { person: app.person('worker'), session: running?.id ?? '' };
  const both = await Promise.allSettled([sessions.renew(line, { fresh: 0 }), sessions.endOf(line.person)]);
  expect(both[1]).toMatchObject({ status: 'fulfilled' });
  expect(await sessions.of(line.person)).toEqual([]);
});

test('somebody has twenty sessions at once, and the oldest ends for the next', async () => {
  const { app, later, enter } = await startReal();
  const { sessions } = app.app.features;
  const person = app.person('worker');
  const [first = ''] = (await enter('worker')).cookies;
  const from = { address: 'a', device: 'b', asks: null, proved: false };
  later(SECOND);
  for (let i = 0; i < 19; i++) await sessions.begin(person, from);
  expect(await ask(app.url, first, 'people:me')).toMatchObject({ ok: true });
  await sessions.begin(person, from);
  expect((await ask(app.url, first, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await sessions.of(person)).toHaveLength(20);
});

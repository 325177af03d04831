import { once } from 'node:events';
import type { Socket } from 'socket.io-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ask, askAndKeep, HOUR, MINUTE, SECOND, startReal } from '../support/account.ts';
import { DEMO_PASSWORD } from '../support/app.ts';
import { connect, eventually, newId, type Answer } from '../support/client.ts';

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

test('a session with a post ends twelve hours after signing in, however busy it was; a worker’s goes on', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const { cookie } = await enrolled('officer');
  const [worker = ''] = (await enter('worker')).cookies;
  const PAUSE = 29 * MINUTE;
  for (let busy = PAUSE; busy < 12 * HOUR; busy += PAUSE) {
    later(PAUSE);
    for (const one of [cookie, worker]) expect(await ask(app.url, one, 'people:account')).toMatchObject({ ok: true });
  }
  later(((12 * HOUR) % PAUSE) + SECOND);
  expect((await ask(app.url, cookie, 'people:account')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, worker, 'people:account')).toMatchObject({ ok: true });
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

/** Proves who somebody is, over HTTP; their session's cookie from then on. */
async function stepUp(url: string, { cookie, code }: { cookie: string; code: () => string }): Promise<string> {
  const { answer, cookie: given } = await askAndKeep(url, cookie, 'people:step-up', { code: code() });
  expect(answer).toEqual({ ok: true }); // the secret is in the cookie alone, where no script reads it
  expect(given).not.toBe(cookie);
  return given;
}

/** The time for what was under way with the secret of before is over. */
function allowanceEnds(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

const over = (socket: Socket, name: string): Promise<Answer> =>
  socket.timeout(5_000).emitWithAck(name, {}) as Promise<Answer>;

test('whoever proves who they are has another session id, and the one of before opens nothing', async () => {
  const { app, later, enrolled } = await startReal();
  const { cookie, code } = await enrolled('admin');
  const before = await listOf(app.url, cookie);
  later(6 * MINUTE);
  const given = await stepUp(app.url, { cookie, code });

  // What the other tab was asking meanwhile is answered; what weighs most is not done with the secret of before.
  expect(await ask(app.url, cookie, 'people:me')).toMatchObject({ ok: true });
  expect((await ask(app.url, cookie, 'people:renew-recovery', {})).error?.code).toBe('people.step_up');
  expect(await ask(app.url, given, 'people:renew-recovery', {})).toMatchObject({ ok: true });
  expect(await listOf(app.url, given)).toEqual(before); // one session, the same one

  allowanceEnds();
  expect((await ask(app.url, cookie, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, given, 'people:me')).toMatchObject({ ok: true });
});

test('a socket and a text opened before somebody proves who they are count as before, and are closed soon', async () => {
  const { app, later, enrolled } = await startReal();
  const { cookie, code } = await enrolled('officer');
  const meeting = { id: newId(), unit: app.unit('wenshu'), title: '例会', body: 'committee' };
  const made = await ask(app.url, cookie, 'minutes:create', { ...meeting, startsAt: '2026-11-24T09:00:00+08:00' });
  const text = (as: string) =>
    new WebSocket(`${app.url.replace('http', 'ws')}/collab/${String(made['doc'])}`, {
      headers: { cookie: as, origin: app.url },
    });
  const thief = { socket: await connect(app.url, cookie), text: text(cookie) };
  await once(thief.text, 'message');
  later(6 * MINUTE);
  const given = await stepUp(app.url, { cookie, code });
  const owner = { socket: await connect(app.url, given), text: text(given) };
  await once(owner.text, 'message');
  const late = await connect(app.url, cookie); // as a page that was just being opened
  for (const socket of [thief.socket, late]) {
    expect(await over(socket, 'people:me')).toMatchObject({ ok: true });
    expect((await over(socket, 'people:renew-recovery')).error?.code).toBe('people.step_up');
  }
  expect(await over(owner.socket, 'people:renew-recovery')).toMatchObject({ ok: true });

  const told: unknown[] = [];
  const heard: unknown[] = [];
  for (const socket of [thief.socket, late]) {
    socket.once('session:ended', (why: unknown) => told.push(why));
    socket.once('disconnect', (how: unknown) => heard.push(how));
  }
  const closed = once(thief.text, 'close');
  allowanceEnds();
  expect((await closed)[0]).toBe(1001);
  await eventually(() => heard.length === 2);
  expect(heard).toEqual(['transport close', 'transport close']); // a page comes back at once, with the cookie it has now
  expect(told).toEqual([]);
  await expect(connect(app.url, cookie)).rejects.toThrow('unauthenticated');
  expect((await once(text(cookie), 'close'))[0]).toBe(4401);
  expect(await over(owner.socket, 'people:renew-recovery')).toMatchObject({ ok: true });
  expect(owner.text.readyState).toBe(WebSocket.OPEN);
});

test('a line that another process gave its session a new secret behind is found out and closed', async () => {
  const { app, enrolled } = await startReal();
  const { cookie } = await enrolled('officer');
  const { sessions } = app.app.features;
  const socket = await connect(app.url, cookie);
  const closed = new Promise((resolve) => socket.once('disconnect', resolve));
  // As the other process does it: in the store alone.
  const rows = app.app.db.model('Session').collection;
  const of = { person: app.person('officer') };
  await rows.insertOne({ ...(await rows.findOneAndDelete(of)), _id: 'f'.repeat(64) } as never);
  allowanceEnds(); // and what this process believed of it
  expect((await over(socket, 'people:renew-recovery')).error?.code).toBe('people.step_up');
  await closed;
  expect(await sessions.of(app.person('officer'))).toHaveLength(1);
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

test('a session that ends while this process reads it, or gives it another secret, is believed no more', async () => {
  const { app, enter } = await startReal();
  const { sessions } = app.app.features;
  const rows = app.app.db.model('Session').collection;
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const person = app.person('worker');
  const secretOf = async () => (await enter('worker')).cookies[0]?.split('=')[1] ?? '';

  const secret = await secretOf();
  allowanceEnds(); // what is kept of it is too old to be believed
  const findOne = rows.findOne.bind(rows);
  vi.spyOn(rows, 'findOne').mockImplementationOnce(async (...asked) => {
    const row = await findOne(...asked);
    await sessions.endOf(person);
    return row;
  });
  expect(await sessions.caller(secret)).toBeUndefined();
  expect(await sessions.caller(secret)).toBeUndefined();

  await secretOf();
  const [row] = await sessions.of(person);
  const deleteOne = rows.deleteOne.bind(rows);
  vi.spyOn(rows, 'deleteOne').mockImplementationOnce(async (...asked) => {
    const done = await deleteOne(...asked);
    await sessions.endOf(person);
    return done;
  });
  const other = await sessions.renew({ person, session: row?.id ?? '' }, { fresh: 0 });
  expect(await sessions.caller(other)).toBeUndefined();
});

test('somebody has twenty sessions at once, and the oldest ends for the next', async () => {
  const { app, later, enter } = await startReal();
  const { sessions } = app.app.features;
  const person = app.person('worker');
  const [first = ''] = (await enter('worker')).cookies;
  const from = { address: 'a', device: 'b', asks: null, proved: false };
  later(SECOND);
  const begin = () => sessions.begin(person, from, () => Promise.resolve(true));
  for (let i = 0; i < 19; i++) await begin();
  expect(await ask(app.url, first, 'people:me')).toMatchObject({ ok: true });
  await begin();
  expect((await ask(app.url, first, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await sessions.of(person)).toHaveLength(20);
});

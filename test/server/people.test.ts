import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { enrolFactor } from '../support/account.ts';
import { connect, cookieFor, newId, signIn } from '../support/client.ts';

test('a person signs in, is who they are over both ways in, and signs out everywhere at once', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const overSocket = await worker.done('people:me', {});
  const overHttp = await worker.http('people/me');
  expect(overHttp.body).toEqual(overSocket);
  expect(overSocket['user']).toMatchObject({
    login: 'worker',
    name: '李华',
    appointments: [{ role: 'worker', unit: { code: 'wenshu', name: '文殊社区' }, until: null }],
    delegations: [],
  });

  const ended = new Promise((resolve) => worker.socket.once('session:ended', resolve));
  const out = await fetch(`${app.url}/api/session`, {
    method: 'DELETE',
    headers: { cookie: worker.cookie, origin: app.url, 'x-linli': '1' },
  });
  expect(out.status).toBe(200);
  await ended;
  await expect(connect(app.url, worker.cookie)).rejects.toThrow('unauthenticated');
  expect((await worker.http('people/me')).status).toBe(401);
});

test('a deputy carries an accepted delegation from the spokesperson and no role of that name', async () => {
  const app = await startApp();
  const deputy = await signIn(app, 'deputy');
  const { user } = (await deputy.done('people:me', {})) as unknown as {
    user: { appointments: object[]; delegations: object[] };
  };
  expect(user.appointments).toMatchObject([{ role: 'officer', unit: { code: 'qingyang-street' } }]);
  expect(user.delegations).toMatchObject([
    { principal: app.person('spokesperson'), unit: { code: 'qingyang-street' } },
  ]);
});

test('a wrong password and an unknown name are refused in the same words, and guessing is slowed down', async () => {
  const app = await startApp();
  const attempt = async (name: string, password: string) => {
    const response = await fetch(`${app.url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' },
      body: JSON.stringify({ name, password }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { error: { code: string; retryAfter?: number } },
    };
  };
  const wrong = await attempt('worker', 'not the password');
  const unknown = await attempt('nobody-here', 'not the password');
  expect(wrong).toEqual(unknown);
  expect(wrong.status).toBe(401);
  for (let i = 0; i < 4; i++) await attempt('worker', 'guess again');
  const slowed = await attempt('worker', 'guess again');
  expect(slowed.status).toBe(429);
  expect(slowed.body.error.retryAfter).toBeGreaterThan(0);
  expect((await attempt('officer', 'linli-demo')).status).toBe(200);
});

test('a request from a foreign page, without our header or without an Origin changes nothing', async () => {
  const app = await startApp();
  const cookie = await cookieFor(app.url, 'admin');
  const body = JSON.stringify({
    id: newId(),
    parent: app.unit('wenshu'),
    code: 'grid-1',
    name: '第一网格',
    level: 'grid',
  });
  const post = (headers: Record<string, string>) =>
    fetch(`${app.url}/api/people/create-unit`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json', ...headers },
      body,
    });
  for (const headers of [{ 'x-linli': '1' }, { origin: app.url }, { origin: 'https://evil.example', 'x-linli': '1' }]) {
    expect((await post(headers as Record<string, string>)).status, JSON.stringify(headers)).toBe(403);
  }
  expect(app.app.features.directory.unitByCode('grid-1')).toBeUndefined();
  expect((await post({ origin: app.url, 'x-linli': '1' })).status).toBe(200);
});

test('a socket from another origin, or from none, is not let in', async () => {
  const app = await startApp();
  const cookie = await cookieFor(app.url, 'worker');
  for (const origin of ['https://evil.example', 'null', app.url.replace('http', 'https'), `${app.url}.evil.example`]) {
    const { io } = await import('socket.io-client');
    const socket = io(app.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders: { cookie, origin },
    });
    const outcome = await new Promise((resolve) => {
      socket.once('connect', () => {
        resolve('connected');
      });
      socket.once('connect_error', () => {
        resolve('refused');
      });
    });
    socket.disconnect();
    expect(outcome, origin).toBe('refused');
  }
});

test('an appointment that ends takes its right away at once, over every way in', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  const worker = await signIn(app, 'worker');
  await worker.done('stream:open', { stream: `unit:${unit}`, have: 0 });
  const lost = new Promise((resolve) => worker.socket.once('stream:lost', resolve));
  const roster = app.app.features.directory;
  const post = [...roster.posts()].find((held) => held.person === app.person('worker'));
  await admin.done('people:end', { id: newId(), unit, appointment: post?._id });
  expect(await lost).toEqual({ stream: `unit:${unit}` });
  expect(await worker.request('stream:open', { stream: `unit:${unit}`, have: 0 })).toMatchObject({
    ok: false,
    error: { code: 'not_found' },
  });
});

test('a post that speaks for the office is never given on one administrator’s word, and nobody appoints themselves', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  const appoint = (person: string, role: string) =>
    admin.request('people:appoint', { id: newId(), unit, person: app.person(person), role });
  expect(await appoint('worker', 'approver')).toMatchObject({ ok: true, pending: true });
  expect(await appoint('admin', 'spokesperson')).toMatchObject({ error: { code: 'people.not_self' } });
  expect(await appoint('worker', 'officer')).toMatchObject({ ok: true, pending: false });
  const worker = await signIn(app, 'worker');
  const { user } = (await worker.done('people:me', {})) as unknown as { user: { appointments: { role: string }[] } };
  expect(user.appointments.map((post) => post.role).sort()).toEqual(['officer', 'worker']);
});

test('units, people and posts are there after a restart', async () => {
  const first = await startApp();
  const before = first.app.features.directory.units();
  await first.close();
  const second = await startApp({ folder: first.folder });
  expect(second.app.features.directory.units().sort(byId)).toEqual(before.sort(byId));
  const worker = await signIn(second, 'worker');
  expect(await worker.done('people:me', {})).toMatchObject({ user: { name: '李华' } });
});

test('an empty hub lets in whoever holds the set-up code, makes the first administrator, and never again', async () => {
  const app = await startApp({ seed: false });
  const setUp = async (code: string, login: string) => {
    const response = await fetch(`${app.url}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' },
      body: JSON.stringify({
        code,
        login,
        name: '刘洋',
        password: '一句很长很长的口令谁也猜不到它',
        unit: { code: 'qingyang', name: '青羊区', level: 'district' },
      }),
    });
    return response.status;
  };
  expect(await setUp('guessed', 'admin')).toBe(404);
  expect(app.app.features.directory.isEmpty()).toBe(true);
  expect(await setUp(app.app.features.setup.code, 'admin')).toBe(200);
  expect(await setUp(app.app.features.setup.code, 'intruder')).toBe(404);

  const entered = await cookieFor(app.url, 'admin', '一句很长很长的口令谁也猜不到它');
  const { cookie } = await enrolFactor(app, entered);
  const admin = await connect(app.url, cookie);
  const { user } = (await admin.emitWithAck('people:me', {})) as { user: { appointments: object[] } };
  expect(user.appointments).toMatchObject([{ role: 'admin', unit: { code: 'qingyang', level: 'district' } }]);
  admin.disconnect();
  await expect(cookieFor(app.url, 'worker')).rejects.toThrow('unauthenticated'); // no demo people outside the demo
});

test('a set-up that died on its way is finished by whatever is typed next, and says which name signs in', async () => {
  const app = await startApp({ seed: false });
  const setUp = async (login: string, unit: { code: string; name: string }, password: string) => {
    const response = await fetch(`${app.url}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' },
      body: JSON.stringify({
        code: app.app.features.setup.code,
        login,
        name: '刘洋',
        password,
        unit: { ...unit, level: 'district' },
      }),
    });
    return { status: response.status, body: await response.json() };
  };
  const credentials = app.app.db.model('Credential').collection;
  const updateOne = credentials.updateOne.bind(credentials);
  credentials.updateOne = () => Promise.reject(new Error('the process died here'));
  expect((await setUp('admin', { code: 'qingyang', name: '青羊区' }, 'the first password')).status).toBe(500);
  credentials.updateOne = updateOne;
  const finished = await setUp('boss', { code: 'qy', name: '青羊' }, 'the second password');
  expect(finished).toEqual({ status: 200, body: { ok: true, login: 'admin', unit: '青羊区' } });
  await expect(cookieFor(app.url, 'admin', 'the second password')).resolves.toContain('sid=');
});

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

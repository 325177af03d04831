import { expect, test } from 'vitest';
import { createClock } from '#server/platform/clock.ts';
import { ask, askAndKeep, enrolFactor, HOUR, MINUTE, SECOND, startReal, tryToSignIn } from '../support/account.ts';
import { DEMO_PASSWORD, startApp, type TestApp } from '../support/app.ts';
import { connect, newId } from '../support/client.ts';

/* Signing in as it is outside the demo: the same people, and nobody lets them off the second factor. */

const NEW_PASSWORD = 'a river runs behind it';

const refusal = async (app: TestApp, cookie: string): Promise<string> =>
  connect(app.url, cookie).then(
    (socket) => {
      socket.disconnect();
      return 'connected';
    },
    (error: unknown) => (error as Error).message,
  );

test('a worker comes in with a password; who speaks for the office first enrols a second factor and does nothing else', async () => {
  const { app, clock, enter } = await startReal();
  expect((await enter('worker')).body).toMatchObject({ ok: true, user: { login: 'worker' } });

  const entered = await enter('spokesperson');
  expect(entered).toMatchObject({ status: 200, body: { ok: true, need: 'factor' } });
  const [cookie = ''] = entered.cookies;
  for (const name of ['people:me', 'people:sessions', 'forum:rooms', 'people:units']) {
    expect((await ask(app.url, cookie, name)).error?.code, name).toBe('unauthenticated');
  }
  expect((await ask(app.url, cookie, 'people:drop-factor', {})).error?.code).toBe('unauthenticated');
  expect(await refusal(app, cookie)).toBe('unauthenticated');
  const session = await fetch(`${app.url}/api/session`, { headers: { cookie } });
  expect(session.status).toBe(401);
  expect(await session.json()).toMatchObject({ error: { code: 'unauthenticated', need: 'factor' } });

  const { recovery, cookie: after } = await enrolFactor(app, cookie, clock.now());
  expect(new Set(recovery).size).toBe(10);
  expect(await ask(app.url, after, 'people:me')).toMatchObject({ ok: true });
  expect(await refusal(app, after)).toBe('connected');
});

test('from then on signing in takes a code, each of them once, or one of the recovery codes, each of them once', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const { code, recovery, cookie } = await enrolled('approver');
  expect(await enter('approver')).toMatchObject({ status: 422, body: { error: { code: 'people.code_needed' } } });
  expect((await enter('approver', { code: '000000' })).body.error?.code).toBe('people.code_wrong');
  expect((await enter('approver', { password: 'wrong', code: code() })).body.error?.code).toBe('unauthenticated');
  const used = code();
  const both = await Promise.all([enter('approver', { code: used }), enter('approver', { code: used })]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
  later(30 * SECOND);
  expect((await enter('approver', { code: code() })).status).toBe(200);

  const paper = (recovery[0] ?? '').toUpperCase().replaceAll('-', ' ');
  expect((await enter('approver', { code: paper })).status).toBe(200);
  expect((await enter('approver', { code: paper })).body.error?.code).toBe('people.code_wrong');
  expect(await ask(app.url, cookie, 'people:account')).toMatchObject({ factor: { recovery: 9 } });
});

test('neither seed nor recovery code nor session can be read out of the store', async () => {
  const { app, enrolled } = await startReal();
  const { uri, recovery, cookie, device } = await enrolled('officer');
  const kept: unknown[] = [];
  for (const name of ['Credential', 'Session', 'Event']) {
    if (app.app.db.modelNames().includes(name)) kept.push(await app.app.db.model(name).collection.find({}).toArray());
  }
  const all = JSON.stringify(kept);
  expect(all).toContain(app.person('officer'));
  const secrets = [new URL(uri).searchParams.get('secret') ?? '', ...recovery, cookie.split('=')[1] ?? ''];
  for (const secret of [...secrets, device.split('=')[1] ?? '']) expect(all.includes(secret), secret).toBe(false);
});

test('a stranger’s wrong guesses keep out neither a known device nor whoever shows the code of the moment', async () => {
  const { later, enter, enrolled } = await startReal();
  const { device, code } = await enrolled('spokesperson');
  for (let i = 0; i < 6; i++) await enter('spokesperson', { password: `guess ${i}` });
  const stranger = await enter('spokesperson', { password: 'guess again' });
  expect(stranger).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
  expect(Number(stranger.retryAfter)).toBeGreaterThan(0);
  // Refused without being looked at: nobody can try on meanwhile, not even with the right password.
  expect((await enter('spokesperson')).status).toBe(429);
  expect((await enter('spokesperson', { code: '123456' })).status).toBe(429);

  const home = await enter('spokesperson', { code: code() }, { cookie: device });
  expect(home.status).toBe(200);
  later(30 * SECOND);
  for (let i = 0; i < 8; i++) await enter('spokesperson', { password: `guess ${i}` });
  expect((await enter('spokesperson', { password: 'guess again' })).status).toBe(429);
  expect((await enter('spokesperson', { code: code() })).status).toBe(200); // from a device that nobody knows
});

test('while strangers are guessing, a code of the moment is worth one password, right or wrong, and each is noted', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const { code } = await enrolled('spokesperson');
  const codeOf = async (fields: object): Promise<string | undefined> =>
    (await enter('spokesperson', fields)).body.error?.code;
  for (let i = 0; i < 6; i++) await enter('spokesperson', { password: `guess ${i}` });
  const shown = code(); // found by guessing
  expect(await codeOf({ password: 'a guess', code: shown })).toBe('unauthenticated');
  for (let i = 0; i < 5; i++) expect(await codeOf({ password: `guess ${i}`, code: shown })).toBe('rate_limited');
  expect(await codeOf({ code: shown })).toBe('rate_limited'); // the right password: nobody learns that it is
  later(30 * SECOND);
  expect(await codeOf({ code: code() })).toBeUndefined(); // and whoever it is comes in with the next one
  const refused = await app.app.db.model('Event').collection.countDocuments({ type: 'sign-in.refused' });
  expect(refused).toBe(6); // five before the first wait, one by the code
});

test('a known device is known for its own person alone, and a forged one for nobody', async () => {
  const { enter } = await startReal();
  const device = (await enter('worker')).cookies[1] ?? '';
  const [name = '', value = ''] = device.split('=');
  for (let i = 0; i < 6; i++) await enter('worker2', { password: `guess ${i}` });
  expect((await enter('worker2', {}, { cookie: device })).status).toBe(429);
  for (let i = 0; i < 6; i++) await enter('worker', { password: `guess ${i}` });
  expect((await enter('worker', {}, { cookie: `${name}=${value.slice(0, -4)}AAAA` })).status).toBe(429);
  expect((await enter('worker', {}, { cookie: device })).status).toBe(200);
  // And its own wrong guesses are counted.
  const known = { cookie: device };
  for (let i = 0; i < 6; i++) await enter('worker', { password: `guess ${i}` }, known);
  expect((await enter('worker', {}, known)).status).toBe(429);
});

test('an unknown name costs the same work and gets the same answer as a known one', async () => {
  const { app, enter, later } = await startReal();
  await enter('warm-up');
  const took = { worker: [] as number[], 'nobody-here': [] as number[] };
  const bodies = new Set<string>();
  for (let i = 0; i < 8; i++) {
    for (const name of ['worker', 'nobody-here'] as const) {
      const began = performance.now();
      bodies.add(JSON.stringify((await enter(name, { password: 'not the password' })).body));
      took[name].push(performance.now() - began);
    }
    later(16 * MINUTE);
  }
  expect(bodies.size).toBe(1);
  const best = (of: number[]): number => Math.min(...of);
  // Without the decoy one of them takes a tenth of the other.
  expect(best(took['nobody-here']) / best(took.worker)).toBeGreaterThan(0.5);
  expect(best(took.worker) / best(took['nobody-here'])).toBeGreaterThan(0.5);
  expect(app.app.features.directory.withLogin('nobody-here')).toBeUndefined();
});

test('what weighs most is done within five minutes of having proved who one is, and else after doing so again', async () => {
  const { app, later, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const appointment = { id: newId(), unit: app.unit('wenshu'), person: app.person('worker'), role: 'officer' };
  later(5 * MINUTE);
  let { cookie } = admin;
  const stepUp = async (input: object) => {
    const { answer, cookie: after } = await askAndKeep(app.url, cookie, 'people:step-up', input);
    cookie = after;
    return answer;
  };
  const send = () => ask(app.url, cookie, 'people:appoint', appointment);
  expect((await send()).error?.code).toBe('people.step_up');
  expect((await stepUp({ password: DEMO_PASSWORD })).error?.code).toBe('people.code_needed');
  expect((await stepUp({ code: '000000' })).error?.code).toBe('people.code_wrong');
  expect(await stepUp({ code: admin.code() })).toMatchObject({ ok: true });
  expect((await stepUp({ code: admin.code() })).error?.code).toBe('people.code_wrong');
  expect(await send()).toMatchObject({ ok: true });
  later(6 * MINUTE);
  expect((await send()).error?.code).toBe('people.step_up');
  expect(await ask(app.url, cookie, 'people:units')).toMatchObject({ ok: true });
});

test('guessing the code at a machine left open is slowed down like signing in', async () => {
  const { app, enrolled } = await startReal();
  const { cookie, code } = await enrolled('admin');
  const stepUp = (guess: string) => ask(app.url, cookie, 'people:step-up', { code: guess });
  await Promise.all(Array.from({ length: 6 }, (_, i) => stepUp(`00000${i}`)));
  expect((await stepUp(code())).error).toMatchObject({ code: 'rate_limited', retryAfter: 1 });
});

test('a changed password ends every other session at once, and the old one opens nothing', async () => {
  const { app, later, enter } = await startReal();
  const [here = ''] = (await enter('worker')).cookies;
  const [there = ''] = (await enter('worker')).cookies;
  const socket = await connect(app.url, there);
  const ended = new Promise((resolve) => socket.once('session:ended', resolve));
  const change = (old: string, password: string) => ask(app.url, here, 'people:change-password', { old, password });
  expect((await change('not the password', NEW_PASSWORD)).error?.code).toBe('people.password_wrong');
  const faults = { common: 'password12345', personal: 'worker by the river', short: undefined };
  for (const [fault, password] of Object.entries(faults)) {
    if (password === undefined) continue;
    expect((await change(DEMO_PASSWORD, password)).error?.code).toBe(`people.password_${fault}`);
  }
  const { answer, cookie: after } = await askAndKeep(app.url, here, 'people:change-password', {
    old: DEMO_PASSWORD,
    password: NEW_PASSWORD,
  });
  expect(answer).toMatchObject({ ok: true });
  expect(await ended).toEqual({ reason: 'ended' });
  expect((await ask(app.url, there, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, after, 'people:me')).toMatchObject({ ok: true });
  expect((await enter('worker')).status).toBe(401);
  later(MINUTE);
  expect((await enter('worker', { password: NEW_PASSWORD })).status).toBe(200);
});

test('a password signs in whichever way a keyboard puts its characters together', async () => {
  const { app, later, enter } = await startReal();
  const [cookie = ''] = (await enter('worker')).cookies;
  const password = 'Kafé über dem Fluss';
  expect(password.normalize('NFD')).not.toBe(password.normalize('NFC'));
  const change = { old: DEMO_PASSWORD, password: password.normalize('NFD') };
  expect(await ask(app.url, cookie, 'people:change-password', change)).toMatchObject({ ok: true });
  later(MINUTE);
  for (const form of ['NFC', 'NFD'] as const) {
    expect((await enter('worker', { password: password.normalize(form) })).status, form).toBe(200);
  }
});

test('an administrator gives a start password to those in their charge; it opens one thing: choosing another', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const [before = ''] = (await enter('worker')).cookies;
  const reset = (person: string) =>
    ask(app.url, admin.cookie, 'people:reset-password', { id: newId(), person, password: 'green umbrella 47' });
  expect((await reset(app.person('outsider'))).error?.code).toBe('not_found');
  expect((await reset(app.person('admin'))).error?.code).toBe('people.not_self');
  expect(await reset(app.person('worker'))).toMatchObject({ ok: true });
  expect((await ask(app.url, before, 'people:me')).error?.code).toBe('unauthenticated');

  const entered = await enter('worker', { password: 'green umbrella 47' });
  expect(entered.body).toEqual({ ok: true, need: 'password' });
  const [cookie = ''] = entered.cookies;
  expect(await refusal(app, cookie)).toBe('unauthenticated');
  expect((await ask(app.url, cookie, 'people:begin-factor', {})).error?.code).toBe('unauthenticated');
  const change = { old: 'green umbrella 47', password: NEW_PASSWORD };
  expect((await ask(app.url, cookie, 'people:change-password', { ...change, password: change.old })).ok).toBe(false);
  const changed = await askAndKeep(app.url, cookie, 'people:change-password', change);
  expect(changed.answer).toMatchObject({ ok: true });
  expect(await ask(app.url, changed.cookie, 'people:me')).toMatchObject({ ok: true });
  later(MINUTE);
  expect((await enter('worker', { password: NEW_PASSWORD })).body).toMatchObject({ user: { login: 'worker' } });
});

test('a start password that is sent once more takes nothing that was chosen since, whatever it is by now', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const given = { id: newId(), person: app.person('worker'), password: 'green umbrella 47' };
  const first = await ask(app.url, admin.cookie, 'people:reset-password', given);
  later(SECOND);
  const [cookie = ''] = (await enter('worker', { password: given.password })).cookies;
  const change = { old: given.password, password: NEW_PASSWORD };
  const changed = await askAndKeep(app.url, cookie, 'people:change-password', change);
  expect(changed.answer).toMatchObject({ ok: true });
  for (const password of [given.password, 'yellow lantern 82'])
    expect(await ask(app.url, admin.cookie, 'people:reset-password', { ...given, password })).toEqual(first);
  expect(await ask(app.url, changed.cookie, 'people:me')).toMatchObject({ ok: true });
  later(MINUTE);
  expect((await enter('worker', { password: NEW_PASSWORD })).body).toMatchObject({ user: { login: 'worker' } });
});

test('nobody signs out, or gives a start password to, whoever holds a post beyond theirs', async () => {
  const { app, enter, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const worker = (await enter('worker')).cookies[0] ?? '';
  const over = (cookie: string, person: string) =>
    ask(app.url, cookie, 'people:end-sessions', { id: newId(), person: app.person(person) });
  expect((await over(worker, 'worker2')).error?.code).toBe('not_found');
  expect((await over(admin.cookie, 'outsider')).error?.code).toBe('not_found');
  expect(await over(admin.cookie, 'worker')).toMatchObject({ ok: true, ended: 1 });
  expect((await ask(app.url, worker, 'people:me')).error?.code).toBe('unauthenticated');
  const { streams } = app.app;
  const stream = `person:${app.person('worker')}`;
  const last = await streams.read(stream, 1, (await streams.head(stream)).seq);
  expect(last.at(-1)).toMatchObject({ type: 'people.sessions_ended', actor: app.person('admin') });
});

test('whoever is appointed while they are signed in needs a second factor from then on', async () => {
  const { app, enter, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const [cookie = ''] = (await enter('worker')).cookies;
  const appointment = { id: newId(), unit: app.unit('wenshu'), person: app.person('worker'), role: 'officer' };
  expect(await ask(app.url, admin.cookie, 'people:appoint', appointment)).toMatchObject({ ok: true });
  expect((await ask(app.url, cookie, 'forum:rooms')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, cookie, 'people:account')).toMatchObject({ ok: true, need: 'factor' });
});

test('in the demo nobody is asked for a second factor or to prove again who they are', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const [cookie = ''] = (await tryToSignIn(app.url, { name: 'admin', password: DEMO_PASSWORD })).cookies;
  clock.set(new Date(Date.now() + HOUR));
  const appointment = { id: newId(), unit: app.unit('wenshu'), person: app.person('worker'), role: 'officer' };
  expect(await ask(app.url, cookie, 'people:appoint', appointment)).toMatchObject({ ok: true });
});

import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { resetFactor } from '#server/cli/reset-factor.ts';
import { readConfig } from '#server/config.ts';
import { ask, enrolFactor, HOUR, MINUTE, SECOND, startReal, tryToSignIn } from '../support/account.ts';
import { DEMO_PASSWORD, startApp, type TestApp } from '../support/app.ts';
import { connect, newId } from '../support/client.ts';
import { storeAt } from '../support/store-url.ts';

/* What becomes of a second factor, and of wrong guesses, when somebody lost something or the hub was restarted. */

type Real = Awaited<ReturnType<typeof startReal>>;

/** The city's administrator, who is over everybody of the demo. */
async function rootOf({ app, clock, later, enter }: Real): Promise<string> {
  const password = `${app.app.features.setup.code}-demo`;
  const [entered = ''] = (await enter('demo-root', { password })).cookies;
  const { cookie } = await enrolFactor(app, entered, clock.now());
  later(MINUTE);
  return cookie;
}

const lastOn = async ({ app: { streams } }: TestApp, stream: string, many = 1) =>
  (await streams.read(stream, 1, (await streams.head(stream)).seq)).slice(-many);

/** The store of a hub that was closed, as a command on the machine reads it. */
const settingsOf = ({ folder }: TestApp) => {
  const beside = { LINLI_FILES: `${folder}/files`, LINLI_SECRETS: `${folder}/secrets` };
  return readConfig({ LINLI_LOG: 'silent', ...beside }, { demo: false, store: storeAt(folder) });
};

test('a second factor is reset by one administrator and another, never by one, and its person enrols anew', async () => {
  const real = await startReal();
  const { app, clock, later, enter, enrolled } = real;
  const officer = await enrolled('officer');
  const admin = await enrolled('admin');
  const root = await rootOf(real);
  const person = app.person('officer');
  const [id, second] = [newId(), newId()];
  const wish = (cookie: string) =>
    ask(app.url, cookie, 'people:reset-factor', { id, person, reason: '手机和恢复码都丢了' });
  const confirm = (cookie: string) => ask(app.url, cookie, 'people:confirm-reset', { id: second, person, reset: id });
  expect((await wish(officer.cookie)).error?.code).toBe('not_found');
  expect(await wish(admin.cookie)).toMatchObject({ ok: true });
  expect((await confirm(admin.cookie)).error?.code).toBe('people.not_self');
  expect(await ask(app.url, officer.cookie, 'people:me')).toMatchObject({ ok: true }); // until then nothing has changed
  const waits = { by: app.person('admin'), id, reason: '手机和恢复码都丢了' };
  const means = { factor: true, bound: false, provider: false, reset: waits };
  expect(await ask(app.url, root, `people:means?person=${person}`)).toMatchObject(means);

  const socket = await connect(app.url, officer.cookie);
  const ended = new Promise((resolve) => socket.once('session:ended', resolve));
  expect(await confirm(root)).toMatchObject({ ok: true });
  await ended;
  expect((await ask(app.url, officer.cookie, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await lastOn(app, `person:${person}`, 2)).toMatchObject([
    { type: 'people.factor_reset_asked', actor: app.person('admin') },
    { type: 'people.factor_reset', data: { asked: id } },
  ]);
  const day = `log:${clock.now().toISOString().slice(0, 10)}`;
  expect(await lastOn(app, day)).toMatchObject([{ type: 'factor.reset', data: { person } }]);

  later(MINUTE);
  const entered = await enter('officer');
  expect(entered.body).toEqual({ ok: true, need: 'factor' });
  const [cookie = ''] = entered.cookies;
  expect(await ask(app.url, cookie, 'people:account')).toMatchObject({
    factor: null,
    reset: expect.any(String) as string,
  });
  later(MINUTE);
  const anew = await enrolFactor(app, cookie, clock.now());
  expect(await confirm(root)).toMatchObject({ ok: true }); // the same once more, late: it takes nothing
  expect(await ask(app.url, anew.cookie, 'people:account')).toMatchObject({ factor: { recovery: 10 }, reset: null });
});

test('a reset nobody confirms within a day is confirmed by nobody, and none is asked for where nobody could', async () => {
  const real = await startReal();
  const { app, later, enrolled } = real;
  await enrolled('admin');
  await enrolled('officer');
  const root = await rootOf(real);
  const wish = (login: string, cookie: string) =>
    ask(app.url, cookie, 'people:reset-factor', { id: newId(), person: app.person(login), reason: '手机丢失' });
  expect((await wish('admin', root)).error?.code).toBe('people.no_second');
  expect((await wish('worker', root)).error?.code).toBe('people.already_so'); // has none to lose
  expect(await wish('officer', root)).toMatchObject({ ok: true });
  const [asked] = await lastOn(app, `person:${app.person('officer')}`);
  later(24 * HOUR + 1);
  const { resets } = app.app.features;
  const late = { id: newId(), person: app.person('officer'), reset: asked?.id ?? '' };
  await expect(resets.confirmReset({ person: app.person('admin') }, late)).rejects.toMatchObject({
    code: 'people.nothing_to_confirm',
  });
});

test('whoever runs the machine resets the factor of the last administrator, and it stands in the record', async () => {
  const { app, clock, enrolled } = await startReal();
  await enrolled('admin');
  await app.close();
  await expect(resetFactor(settingsOf(app), 'nobody')).rejects.toThrow('Nobody signs in as nobody.');
  const given = await resetFactor(settingsOf(app), 'admin');
  const again = await startApp({ seed: false, clock, folder: app.folder });
  const entered = await tryToSignIn(again.url, { name: 'admin', password: DEMO_PASSWORD });
  expect(entered.body).toEqual({ ok: true, need: 'factor' });
  expect(await lastOn(again, `person:${app.person('admin')}`, 2)).toMatchObject([
    { type: 'people.factor_reset', actor: 'system', data: { asked: null } },
    { type: 'people.code_given', actor: 'system', data: {} },
  ]);
  expect(await again.app.features.sessions.of(app.person('admin'))).toHaveLength(1); // the one just begun
  const { cookie } = await enrolFactor(again, entered.cookies[0] ?? '', clock.now());
  const staff = `people:staff?unit=${app.unit('qingyang-street')}&limit=1`;
  expect((await ask(again.url, cookie, staff)).error?.code).toBe('not_found'); // the post begins with the code
  const shown = await ask(again.url, cookie, 'people:take-up', { id: newId(), code: given?.code });
  expect(shown).toMatchObject({ ok: true });
  expect(await ask(again.url, cookie, staff)).toMatchObject({ ok: true });
});

test('a reset password opens nothing without the second factor, which stays', async () => {
  const { app, enter, enrolled } = await startReal();
  const approver = await enrolled('approver');
  const admin = await enrolled('admin');
  const password = 'green umbrella 47 in the rain';
  const input = { id: newId(), person: app.person('approver'), password };
  expect(await ask(app.url, admin.cookie, 'people:reset-password', input)).toMatchObject({ ok: true });
  expect((await enter('approver', { password })).body.error?.code).toBe('people.code_needed');
  expect((await enter('approver', { password, code: approver.code() })).body).toEqual({ ok: true, need: 'password' });
});

test('wrong guesses count on after a restart, under no name, and a refused one stands in the security log', async () => {
  const { app, clock, enter } = await startReal();
  for (let i = 0; i < 5; i++) await enter('worker', { password: `guess ${i}` });
  const day = `log:${clock.now().toISOString().slice(0, 10)}`;
  const refused = { type: 'sign-in.refused', actor: app.person('worker') };
  expect(await lastOn(app, day)).toMatchObject([{ ...refused, data: { address: expect.any(String) as string } }]);
  const kept = JSON.stringify(await app.app.db.model('Guess').collection.find({}).toArray());
  expect(kept).toContain('"count":5');
  for (const name of ['worker', app.person('worker')]) expect(kept).not.toContain(name);
  await app.close();
  const again = await startApp({ seed: false, clock, folder: app.folder });
  const right = { name: 'worker', password: DEMO_PASSWORD };
  expect(await tryToSignIn(again.url, right)).toMatchObject({ status: 429 });
  clock.set(new Date(clock.now().getTime() + MINUTE));
  expect(await tryToSignIn(again.url, right)).toMatchObject({ status: 200 });
  expect(await again.app.db.model('Guess').collection.find({}).toArray()).toEqual([]);
});

test('behind TLS every cookie is for TLS alone, and the session’s for this host alone', async () => {
  const origin = 'https://linli.example';
  const { app } = await startReal({ LINLI_ORIGIN: origin });
  const { port } = app.app.http.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, 'x-linli': '1' },
    body: JSON.stringify({ name: 'worker', password: DEMO_PASSWORD }),
  });
  const cookies = answer.headers.getSetCookie();
  expect(cookies.map((cookie) => cookie.split('=')[0]?.replace(/-[0-9a-f]{16}$/, ''))).toEqual([
    '__Host-sid',
    '__Secure-device',
  ]);
  for (const cookie of cookies) expect(cookie).toContain('; Secure');
});

/** Has `act` done while the hub is about to write a row, once. */
function justBefore({ app }: TestApp, table: 'Session' | 'Credential', act: () => Promise<unknown>): void {
  const rows = app.db.model(table).collection;
  const name = table === 'Session' ? 'insertOne' : 'updateOne';
  const write = rows[name].bind(rows) as (...given: unknown[]) => Promise<never>;
  vi.spyOn(rows, name).mockImplementationOnce(async (...given: unknown[]) => {
    await act();
    return write(...given);
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
}

test('a sign-in that is under way while its password or its factor is reset leaves no session', async () => {
  const real = await startReal();
  const { app, enter, enrolled } = real;
  const officer = await enrolled('officer');
  const admin = await enrolled('admin');
  const root = await rootOf(real);
  const { sessions } = app.app.features;
  justBefore(app, 'Session', () => {
    const given = { id: newId(), person: app.person('worker'), password: 'green umbrella 47' };
    return ask(app.url, admin.cookie, 'people:reset-password', given);
  });
  expect(await enter('worker')).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
  expect(await sessions.of(app.person('worker'))).toEqual([]);

  justBefore(app, 'Session', async () => {
    const wish = { id: newId(), person: app.person('officer') };
    await ask(app.url, admin.cookie, 'people:reset-factor', { ...wish, reason: '手机丢失' });
    const done = { id: newId(), person: wish.person, reset: wish.id };
    expect(await ask(app.url, root, 'people:confirm-reset', done)).toMatchObject({ ok: true });
  });
  expect((await enter('officer', { code: officer.code() })).status).toBe(401);
  expect(await sessions.of(app.person('officer'))).toEqual([]);
});

test('a reset ends what was begun with the old password until the moment it counts', async () => {
  const { app, later, enter, enrolled } = await startReal();
  const admin = await enrolled('admin');
  const person = app.person('worker');
  const late: string[] = [];
  justBefore(app, 'Credential', async () => {
    later(2 * SECOND); // the act stands in the record by now
    late.push((await enter('worker')).cookies[0] ?? '');
  });
  const given = { id: newId(), person, password: 'green umbrella 47' };
  expect(await ask(app.url, admin.cookie, 'people:reset-password', given)).toMatchObject({ ok: true });
  expect((await ask(app.url, late[0] ?? '', 'people:me')).error?.code).toBe('unauthenticated');
  expect(await app.app.features.sessions.of(person)).toEqual([]);
});

test('whoever gives up their second factor shows another one before a post that wants one opens anything', async () => {
  const { app, clock, enter } = await startReal();
  const [entered = ''] = (await enter('worker')).cookies;
  const { cookie } = await enrolFactor(app, entered, clock.now());
  expect(await ask(app.url, cookie, 'people:drop-factor', {})).toMatchObject({ ok: true });
  const { directory, people } = app.app.features;
  const post = { id: newId(), unit: app.unit('wenshu'), person: app.person('worker'), role: 'officer' as const };
  await people.appoint({ person: directory.withLogin('demo-root')?._id ?? '' }, post);
  expect((await ask(app.url, cookie, 'people:me')).error?.code).toBe('unauthenticated');
  expect(await ask(app.url, cookie, 'people:account')).toMatchObject({ ok: true, need: 'factor', factor: null });
});

test('one administrator alone gives no way in to somebody whose post took two and who has no second factor yet', async () => {
  const real = await startReal();
  const { app, enter, enrolled } = real;
  const admin = await enrolled('admin');
  const reset = (login: string) =>
    ask(app.url, admin.cookie, 'people:reset-password', {
      ...{ id: newId(), person: app.person(login), password: 'green umbrella 47 in the rain' },
    });
  expect((await reset('approver')).error?.code).toBe('people.no_factor_yet');
  expect((await enter('approver', { password: DEMO_PASSWORD })).status).toBe(200); // nothing was taken
  expect(await reset('worker')).toMatchObject({ ok: true });
  await enrolled('approver');
  expect(await reset('approver')).toMatchObject({ ok: true }); // the factor stays, and is asked for
});

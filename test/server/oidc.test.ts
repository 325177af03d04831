import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '#server/config.ts';
import { ask, askAndKeep, codeFor, enrolFactor, HOUR, MINUTE, startReal } from '../support/account.ts';
import { DEMO_PASSWORD } from '../support/app.ts';
import { newId } from '../support/client.ts';
import { browse, signedBy, startProvider, tokenOf, type Token } from '../support/oidc.ts';
import { temporaryFolder } from '../support/streams.ts';

/* Signing in with an identity of another provider, against a provider that runs. */

const CLIENT = 'linli';
const SECRET = 'a secret of this client alone';
/** A moment as tokens have it. */
const secondsAgo = (ms: number): number => Math.floor((Date.now() - ms) / 1000);
const isBack = (url: URL): boolean => url.pathname === '/api/session/oidc/callback';

async function startBoth() {
  const { issuer, who, serve, ...provider } = await startProvider({ client: CLIENT, secret: SECRET });
  const file = path.join(await temporaryFolder(), 'secret');
  await writeFile(file, `${SECRET}\n`);
  const env = { LINLI_OIDC_ISSUER: issuer, LINLI_OIDC_CLIENT: CLIENT, LINLI_OIDC_SECRET_FILE: file };
  const hub = await startReal(env);
  hub.clock.set(); // the provider's tokens are dated by the real time
  const { url } = hub.app;
  serve(`${url}/api/session/oidc/callback`);
  const entered = (await hub.enter('admin')).cookies[0] ?? '';
  const { cookie: admin } = await enrolFactor(hub.app, entered);
  const bind = (login: string, subject: string | null) =>
    ask(url, admin, 'people:bind-identity', { id: newId(), person: hub.app.person(login), subject });
  const sid = (held: Map<string, string>): string => `sid=${held.get('sid') ?? ''}`;
  return { ...hub, ...provider, who, url, issuer, admin, bind, sid, door: `${url}/api/session/oidc` };
}

test('whom an administrator has bound to an identity comes in with it, and nobody else does', async () => {
  const { url, who, bind, sid, door } = await startBoth();
  who.subject = 'li.hua@elsewhere';
  const stranger = await browse(door);
  expect(stranger.at.search).toBe('?oidc=refused');
  expect(stranger.held.get('sid')).toBeUndefined();

  expect(await bind('worker', 'li.hua@elsewhere')).toMatchObject({ ok: true });
  expect((await bind('worker2', 'li.hua@elsewhere')).error?.code).toBe('people.identity_taken');
  expect((await bind('outsider', 'x')).error?.code).toBe('not_found');
  const { held } = await browse(door);
  expect(await ask(url, sid(held), 'people:me')).toMatchObject({ user: { login: 'worker' } });

  expect(await bind('worker', null)).toMatchObject({ ok: true });
  expect((await ask(url, sid(held), 'people:me')).error?.code).toBe('unauthenticated');
  expect((await browse(door)).at.search).toBe('?oidc=refused');
});

test('an identity takes the place of the password alone: the second factor is asked for here', async () => {
  const { app, url, who, bind, sid, door, enter } = await startBoth();
  const first = (await enter('officer')).cookies[0] ?? '';
  const { uri, recovery } = await enrolFactor(app, first);
  expect(await bind('officer', 'wang')).toMatchObject({ ok: true });
  who.subject = 'wang';
  const { held } = await browse(door);
  expect((await ask(url, sid(held), 'people:me')).error?.code).toBe('unauthenticated');
  expect(await ask(url, sid(held), 'people:account')).toMatchObject({ need: 'code' });
  expect((await ask(url, sid(held), 'people:begin-factor', {})).error?.code).toBe('unauthenticated');
  expect((await ask(url, sid(held), 'people:step-up', { code: codeFor(uri) })).error?.code).toBe('people.code_wrong');
  const proved = await askAndKeep(url, sid(held), 'people:step-up', { code: recovery[0] });
  expect(proved.answer).toMatchObject({ ok: true });
  expect(await ask(url, proved.cookie, 'people:me')).toMatchObject({ user: { login: 'officer' } });
});

test('what comes back counts once, in the browser it was begun in, unchanged and in time', async () => {
  const { clock, who, bind, door } = await startBoth();
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  who.subject = 'li';
  const under = async () => {
    const jar = new Map<string, Map<string, string>>();
    const { at } = await browse(door, jar, isBack);
    return { at, jar };
  };
  const refused = async (at: URL, jar?: Map<string, Map<string, string>>): Promise<boolean> =>
    (await browse(at.href, jar)).at.search === '?oidc=refused';

  const elsewhere = await under();
  expect(await refused(elsewhere.at)).toBe(true); // another browser: somebody was sent a link
  const changed = await under();
  changed.at.searchParams.set('state', 'another');
  expect(await refused(changed.at, changed.jar)).toBe(true);
  const issuer = await under();
  issuer.at.searchParams.set('iss', 'https://evil.example');
  expect(await refused(issuer.at, issuer.jar)).toBe(true);
  const crossed = await under();
  expect(await refused((await under()).at, crossed.jar)).toBe(true);
  const late = await under();
  clock.set(new Date(Date.now() + 11 * 60_000));
  expect(await refused(late.at, late.jar)).toBe(true);
  clock.set();
  const good = await under();
  expect(await refused(good.at, good.jar)).toBe(false);
  expect(await refused(good.at, good.jar)).toBe(true);
});

test('a token somebody else signed, for somebody else, or of another time brings nobody in', async () => {
  const { who, bind, door, forging, key } = await startBoth();
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  who.subject = 'li';
  const isIn = async (forge: (token: Token) => string): Promise<boolean> => {
    forging.forge = forge;
    const { at, held } = await browse(door);
    if (at.search !== '') expect(at.search).toBe('?oidc=refused');
    return held.get('sid') !== undefined;
  };
  const own = signedBy(key);
  const claiming = (claims: object) => (token: Token) =>
    tokenOf({ ...token, claims: { ...token.claims, ...claims } }, own);
  const now = Math.floor(Date.now() / 1000);
  const other = signedBy(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  const shown = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  const hmac = (secret: string | Buffer) => (said: string) =>
    createHmac('sha256', secret).update(said).digest('base64url');
  const headed = (alg: string, sign: (said: string) => string) => (token: Token) =>
    tokenOf({ ...token, header: { ...token.header, alg } }, sign);
  const forgeries: Record<string, (token: Token) => string> = {
    'another key': (token) => tokenOf(token, other),
    'other claims under the same signature': (token) => {
      const signature = tokenOf({ ...token, claims: { ...token.claims, sub: 'zhao' } }, own).split('.')[2] ?? '';
      return tokenOf(token, () => signature);
    },
    'no signature': headed('none', () => ''),
    'a key everybody can read': headed('HS256', hmac(shown)),
    'the secret of the client': headed('HS256', hmac(SECRET)),
    'another audience': claiming({ aud: 'another' }),
    'several audiences and no word for whom': claiming({ aud: [CLIENT, 'another'] }),
    'another issuer': claiming({ iss: 'https://evil.example' }),
    'a time that is over': claiming({ iat: now - 7200, exp: now - 3600 }),
    'no end': claiming({ exp: undefined }),
    'another question': claiming({ nonce: 'another' }),
    nobody: claiming({ sub: undefined }),
    'no word of when they were asked': claiming({ auth_time: undefined }),
    'asked too long ago': claiming({ auth_time: now - 12 * 3600 - 60 }),
    'asked at a time to come': claiming({ auth_time: now * 1000 }), // in milliseconds, of whenever it was
  };
  expect(await isIn((token) => tokenOf(token, own))).toBe(true); // as the provider makes it
  for (const [name, forge] of Object.entries(forgeries)) expect(await isIn(forge), name).toBe(false);
});

test('who was asked over there more than twelve hours ago is asked again there, and not let in on the old answer', async () => {
  const { url, who, bind, sid, door } = await startBoth();
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  const jar = new Map<string, Map<string, string>>();
  Object.assign(who, { subject: 'li', at: secondsAgo(12 * HOUR + MINUTE) });
  // A provider that pays no heed: it has asked nobody, and says so.
  expect((await browse(door, jar)).at.search).toBe('?oidc=refused');
  expect(who.asked).toBe(1);
  delete who.at;
  const { held } = await browse(door, jar); // the same browser, still signed in over there
  expect(who.asked).toBe(2);
  expect(await ask(url, sid(held), 'people:me')).toMatchObject({ user: { login: 'worker' } });
  await browse(door, jar);
  expect(who.asked).toBe(2); // lately enough
});

test('a session begun with another provider counts from when they were asked there: its limit, and what was proved', async () => {
  const { app, url, clock, later, who, bind, sid, door, enter } = await startBoth();
  const { recovery } = await enrolFactor(app, (await enter('officer')).cookies[0] ?? '');
  expect(await bind('officer', 'wang')).toMatchObject({ ok: true });
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  Object.assign(who, { subject: 'wang', at: secondsAgo(12 * HOUR - 20 * MINUTE) });
  const officer = sid((await browse(door)).held);
  const { cookie } = await askAndKeep(url, officer, 'people:step-up', { code: recovery[0] });
  who.subject = 'li';
  const worker = sid((await browse(door)).held);

  // To come in with an old answer proves nothing now.
  expect((await ask(url, worker, 'people:begin-factor', {})).error?.code).toBe('people.step_up');
  const proved = await askAndKeep(url, worker, 'people:step-up', { password: DEMO_PASSWORD });
  expect(await ask(url, proved.cookie, 'people:begin-factor', {})).toMatchObject({ ok: true });

  clock.set();
  later(19 * MINUTE);
  expect(await ask(url, cookie, 'people:me')).toMatchObject({ user: { login: 'officer' } });
  later(2 * MINUTE);
  expect((await ask(url, cookie, 'people:me')).error?.code).toBe('unauthenticated'); // used two minutes ago
  expect(await ask(url, proved.cookie, 'people:me')).toMatchObject({ ok: true }); // a worker's: seven days
});

test('a session here outlives the end of the one there, by no more than its own limits, and ends at once by what is done here', async () => {
  const { app, url, clock, later, admin, who, bind, sid, door } = await startBoth();
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  const jar = new Map<string, Map<string, string>>();
  who.subject = 'li';
  const first = sid((await browse(door, jar)).held);
  const there = [...jar].filter(([at]) => at !== url);
  for (const [at] of there) jar.delete(at); // signed out over there
  expect(await ask(url, first, 'people:me')).toMatchObject({ ok: true });

  // Signed out here: the one there goes on, and lets in again without a question.
  for (const [at, held] of there) jar.set(at, held);
  const headers = { cookie: first, origin: url, 'x-linli': '1' };
  await fetch(`${url}/api/session`, { method: 'DELETE', headers });
  expect((await ask(url, first, 'people:me')).error?.code).toBe('unauthenticated');
  const second = sid((await browse(door, jar)).held);
  expect(who.asked).toBe(1);
  expect(await ask(url, second, 'people:me')).toMatchObject({ ok: true });

  const suspension = { id: newId(), person: app.person('worker'), reason: '交接期间暂停' };
  expect(await ask(url, admin, 'people:suspend', suspension)).toMatchObject({ ok: true });
  expect((await ask(url, second, 'people:me')).error?.code).toBe('unauthenticated');
  expect((await browse(door, jar)).at.search).toBe('?oidc=refused');
  const back = { id: newId(), person: app.person('worker'), reason: '已交接' };
  expect(await ask(url, admin, 'people:reactivate', back)).toMatchObject({ ok: true });

  const third = sid((await browse(door, jar)).held);
  expect(await bind('worker', null)).toMatchObject({ ok: true });
  expect((await ask(url, third, 'people:me')).error?.code).toBe('unauthenticated');

  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  const last = sid((await browse(door, jar)).held);
  clock.set();
  later(12 * HOUR + MINUTE); // idle
  expect((await ask(url, last, 'people:me')).error?.code).toBe('unauthenticated');
});

test('whoever comes back with nothing over and over is soon not looked at, and fills no log', async () => {
  const { app, url, door } = await startBoth();
  const answers: number[] = [];
  for (let n = 0; n < 60; n++) {
    answers.push((await fetch(`${door}/callback?code=none`, { redirect: 'manual' })).status);
  }
  const refused = answers.filter((status) => status === 303).length;
  expect(answers.at(-1)).toBe(429);
  expect(answers.slice(0, 30)).toEqual(Array<number>(30).fill(303));
  const events = await app.app.streams.read(`log:${new Date().toISOString().slice(0, 10)}`, 1, 10_000, 1_000);
  expect(events.filter(({ type }) => type === 'sign-in.refused')).toHaveLength(refused);
  expect((await fetch(`${url}/api/session`)).status).toBe(401); // nothing else is closed to them
});

test('no address takes a logout token: a genuine one ends no session, however it is sent', async () => {
  const { url, issuer, key, who, bind, sid, door } = await startBoth();
  expect(await bind('worker', 'li')).toMatchObject({ ok: true });
  who.subject = 'li';
  const session = sid((await browse(door)).held);
  const iat = secondsAgo(0);
  const claims = {
    ...{ iss: issuer, sub: 'li', aud: CLIENT, iat, exp: iat + 120, jti: newId(), sid: 'any' },
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  };
  const token = tokenOf({ header: { alg: 'RS256', kid: 'test', typ: 'logout+jwt' }, claims }, signedBy(key));
  const form = 'application/x-www-form-urlencoded';
  const ways: [headers: Record<string, string>, body: string][] = [
    [{ 'content-type': form }, `logout_token=${token}`], // as the standard has it: from the provider, without an Origin
    [{ 'content-type': form, origin: url, 'x-linli': '1' }, `logout_token=${token}`],
    [{ 'content-type': 'application/json', origin: url, 'x-linli': '1' }, JSON.stringify({ logout_token: token })],
  ];
  const names = [
    'logout',
    'backchannel',
    'backchannel-logout',
    'backchannel_logout',
    'frontchannel-logout',
    'callback',
  ];
  const addresses = [door, ...names.map((name) => `${door}/${name}`), ...names.map((name) => `${url}/api/${name}`)];
  for (const address of [...addresses, `${url}/api/session`, `${url}/logout`, `${url}/backchannel-logout`, url]) {
    for (const [headers, body] of ways) {
      const { status } = await fetch(address, { method: 'POST', headers, body });
      expect([400, 403, 404, 405], `${address} ${status}`).toContain(status);
    }
    // By way of a frame in the person's own browser, with nothing but what the provider may name.
    const front = `${address}?iss=${encodeURIComponent(issuer)}&sid=any&logout_token=${token}`;
    await fetch(front, { redirect: 'manual', headers: { 'sec-fetch-site': 'cross-site', cookie: session } });
    expect(await ask(url, session, 'people:me'), address).toMatchObject({ ok: true });
  }
});

test('a provider is set whole or not at all, and over https', () => {
  const read = (env: Record<string, string>) => readConfig(env, { demo: false }).oidc;
  const issuer = 'https://id.example';
  expect(read({})).toBeUndefined();
  expect(read({ LINLI_OIDC_ISSUER: issuer, LINLI_OIDC_CLIENT: CLIENT })).toMatchObject({ issuer, client: CLIENT });
  expect(() => read({ LINLI_OIDC_ISSUER: issuer })).toThrow('LINLI_OIDC_CLIENT');
  expect(() => read({ LINLI_OIDC_ISSUER: 'http://id.example', LINLI_OIDC_CLIENT: CLIENT })).toThrow('https');
});

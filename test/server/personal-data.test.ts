import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { rebuildStore } from '#server/cli/rebuild.ts';
import { planImport } from '#server/people/import.plan.ts';
import { walk } from '#server/platform/chains.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { EventRow } from '#server/platform/streams.model.ts';
import { pseudonym } from '#shared/people/closing.rules.ts';
import { dataHash, isWhole, type ErasedEvent } from '#shared/wire/stream.ts';
import { enrolFactor, tryToSignIn } from '../support/account.ts';
import { DEMO_PASSWORD, startApp, type TestApp } from '../support/app.ts';
import { foundIn, foundInFiles } from '../support/canaries.ts';
import { cookieFor, newId, signIn, type Answer, type TestClient } from '../support/client.ts';
import { photo, uploaded } from '../support/files.ts';
import { aRoom, messagesIn, say, search } from '../support/rooms.ts';
import { temporaryFolder } from '../support/streams.ts';

/* What the hub holds of a person: a copy for them, and its end when their account is closed. */

const LOGIN = 'kanaria.quell';
const PHONE = '13981998877';
const NAME = `金丝雀 ${PHONE}`;
const DEVICE = 'KanariaPhone/7';
const REASON = '停职原因金丝雀';
const SUBJECT = 'subject-kanaria-7';
const FILE = '金丝雀证件.jpg';

const codeOf = async (asked: Promise<Answer>) => (await asked).error?.code;

/** A worker of the community, whose every field can be told from all others. */
async function aCanary(app: TestApp, admin: TestClient): Promise<string> {
  const [id, unit] = [newId(), app.unit('wenshu')];
  const { accounts, people } = app.app.features;
  const hash = (await accounts.credentialOf(app.person('worker')))?.hash ?? '';
  await people.enrolHashed(app.actor('admin'), unit, { id, login: LOGIN, name: NAME, hash });
  await admin.done('people:appoint', { id: newId(), unit, person: id, role: 'worker' });
  return id;
}

/** The same after a life: signed in with a second factor and elsewhere, suspended once, wrote, read, sent a file. */
async function aLife(app: TestApp, admin: TestClient) {
  const id = await aCanary(app, admin);
  for (const verb of ['suspend', 'reactivate'])
    await admin.done(`people:${verb}`, { id: newId(), person: id, reason: REASON });
  const client = await signIn(app, LOGIN);
  const room = await aRoom(app);
  const seq = await say(client, room, '三单元的灯修好了');
  await client.done('forum:mark-read', { room, seq });
  await uploaded(client, await photo(), FILE);
  const { accounts } = app.app.features;
  const [code = ''] = (await enrolFactor(app, client.cookie)).recovery;
  await tryToSignIn(app.url, { name: LOGIN, password: DEMO_PASSWORD, code }, { 'user-agent': DEVICE });
  await accounts.bind(`https://id.example ${SUBJECT}`, id);
  const { seed = '', recovery: [hash = ''] = [] } = (await accounts.credentialOf(id)) ?? {};
  const words = [LOGIN, NAME, PHONE, REASON, DEVICE, SUBJECT, FILE, seed, hash, `${id}:${room}`];
  return { id, client, room, seq, words };
}

const close = async (admin: TestClient, person: string) => admin.done('people:erase', { id: newId(), person });

test(
  'whoever asks is forgotten: nothing that tells who they were is in any row, and the record stands and is whole',
  { timeout: 60_000 },
  async () => {
    const app = await startApp();
    const admin = await signIn(app, 'admin');
    const colleague = await signIn(app, 'worker');
    const { id, client, room, seq, words } = await aLife(app, admin);
    await app.app.consumers.settled();
    const before = await foundIn(app.app, words);
    expect(words.filter((word) => !before.some((found) => found.endsWith(`: ${word}`)))).toEqual([]); // all ten are there
    const [enrolled] = await app.app.streams.read(`person:${id}`, 1, 1);

    await client.done('people:ask-closing', { id: newId() });
    const ended = new Promise((resolve) => client.socket.once('session:ended', resolve));
    await close(admin, id);
    await ended;
    await app.app.consumers.settled();

    expect(await foundIn(app.app, words)).toEqual([]);
    expect(await foundInFiles(app.folder, words)).toEqual([]);
    expect(await app.app.features.accounts.credentialOf(id)).toBeNull();
    expect(await app.app.features.accounts.sessionsOf(id)).toEqual([]);

    const [kept] = (await app.app.streams.read(`person:${id}`, 1, 1)) as unknown as ErasedEvent[];
    expect(kept).toMatchObject({ hash: enrolled?.hash, dataHash: dataHash(sha256, enrolled?.data) });
    expect(kept && isWhole(kept)).toBe(false);
    const rows = app.app.db.collection<EventRow>('events').find({}).sort({ stream: 1, seq: 1 });
    expect((await walk(rows)).faults).toEqual([]);

    // Said again by nobody: not by name, not as a colleague, not in search; what was written stays, under another name.
    const { people } = (await colleague.done('people:cards', { ids: id })) as unknown as { people: unknown[] };
    expect(people).toEqual([{ id, name: pseudonym(id), post: '', role: null, unit: '' }]);
    expect(await messagesIn(colleague, room)).toMatchObject([{ seq, actor: id, text: '三单元的灯修好了' }]);
    expect(await search(colleague, '金丝雀')).toEqual([]);
    const { people: staff } = (await admin.done('people:staff', { unit: app.unit('wenshu') })) as { people?: unknown };
    expect(JSON.stringify(staff)).not.toContain(id);
    const { posts } = (await admin.done('people:roster', { unit: app.unit('wenshu') })) as { posts?: unknown };
    expect(JSON.stringify(posts)).not.toContain(id);
  },
);

test('after it nobody signs in under that name, is enrolled by it, or does anything more to who had it', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const id = await aCanary(app, admin);
  const client = await signIn(app, LOGIN);
  await client.done('people:ask-closing', { id: newId() });
  await close(admin, id);
  await expect(cookieFor(app.url, LOGIN)).rejects.toThrow('unauthenticated');
  expect((await client.http('people/me')).status).toBe(401);
  await app.app.consumers.settled();
  await expect(cookieFor(app.url, LOGIN)).rejects.toThrow('unauthenticated');
  const unit = app.unit('wenshu');
  const again = { id: newId(), unit, login: LOGIN, name: '别人', password: 'a long enough sentence 7' };
  expect(await codeOf(admin.request('people:enrol', again))).toBe('people.login_taken');
  const line = { line: 2, login: LOGIN, name: '别人', unit: 'wenshu', role: 'worker' as const };
  const { directory, people } = app.app.features;
  const { problems } = await planImport([{ ...line, from: undefined, until: null }], {
    ...{ directory, isSpent: people.isSpent, hasPassword: people.hasPassword, textOf: (code) => code },
    judge: (input) => people.wouldAppoint(app.actor('admin'), input),
    stands: () => Promise.resolve(false),
    alike: () => [],
  });
  expect(problems).toEqual([{ line: 2, reason: `${LOGIN} was the sign-in name of an account that is closed` }]);
  const appoint = { id: newId(), unit, person: id, role: 'worker' };
  expect(await codeOf(admin.request('people:appoint', appoint))).toBe('people.no_such_person');
  for (const verb of ['suspend', 'reactivate'])
    expect(await codeOf(admin.request(`people:${verb}`, { id: newId(), person: id, reason: '试' }))).toBe('not_found');
  expect(await codeOf(admin.request('people:erase', { id: newId(), person: id }))).toBe('not_found');
});

test('an account is closed on request alone, by somebody else, and not before its posts are handed over', async () => {
  const app = await startApp();
  const [admin, worker, officer] = [
    await signIn(app, 'admin'),
    await signIn(app, 'worker'),
    await signIn(app, 'officer'),
  ];
  const person = app.person('worker');
  const erase = (id = person, by = admin) => codeOf(by.request('people:erase', { id: newId(), person: id }));
  expect(await erase()).toBe('people.not_asked');
  await worker.done('people:ask-closing', { id: newId() });
  expect(await codeOf(worker.request('people:ask-closing', { id: newId() }))).toBe('people.already_so');
  expect(await worker.done('people:closing', {})).toMatchObject({ asked: expect.any(String) as string, posts: [] });
  const asking = (await admin.done('people:staff', { unit: app.unit('wenshu'), only: 'closing' })) as {
    people?: unknown;
  };
  expect(asking.people).toMatchObject([{ id: person, closing: expect.any(String) as string }]);
  expect(await erase(person, officer)).toBe('not_found');
  expect(await erase(person, worker)).toBe('not_found');
  await worker.done('people:withdraw-closing', { id: newId() });
  expect(await erase()).toBe('people.not_asked');

  expect(await codeOf(officer.request('people:ask-closing', { id: newId() }))).toBe('people.posts_held');
  expect(await officer.done('people:closing', {})).toMatchObject({ posts: [{ role: 'officer' }] });
  expect(await erase(app.person('admin'))).toBe('people.not_self');
  // A post given after the asking waits for its handing over as well.
  await worker.done('people:ask-closing', { id: newId() });
  const appointment = newId();
  await admin.done('people:appoint', { id: appointment, unit: app.unit('wenshu'), person, role: 'officer' });
  expect(await erase()).toBe('people.posts_held');
  await admin.done('people:end', { id: newId(), unit: app.unit('wenshu'), appointment });
  expect(await erase()).toBeUndefined();
});

test(
  'what a crash leaves undone is done at the next start, a rebuild brings nobody back, and nor does an older backup',
  { timeout: 60_000 },
  async () => {
    const folder = await temporaryFolder();
    const env = { LINLI_SECRETS: path.join(folder, 'keys') };
    const store = path.join(folder, 'store');
    const open = (at: string) => startApp({ folder: at, env: { ...env, LINLI_FILES: path.join(at, 'files') } });
    const first = await open(store);
    const admin = await signIn(first, 'admin');
    const id = await aCanary(first, admin);
    await first.app.consumers.settled();
    await first.close();
    const older = path.join(folder, 'older');
    await cp(store, older, { recursive: true });
    const words = [LOGIN, NAME];

    // The event alone, as if the hub had died before anything followed from it.
    const second = await open(store);
    const client = await signIn(second, LOGIN);
    await client.done('people:ask-closing', { id: newId() });
    second.app.streams.erase = () => Promise.reject(new Error('the power is gone'));
    await close(await signIn(second, 'admin'), id);
    await second.close();
    const third = await open(store);
    await third.app.consumers.settled();
    expect(await foundIn(third.app, words)).toEqual([]);
    await third.close();
    await rebuildStore({ ...third.app.config, log: 'silent' });
    const fourth = await open(store);
    expect(await foundIn(fourth.app, words)).toEqual([]);
    expect(fourth.app.features.directory.person(id)).toMatchObject({ name: pseudonym(id), erased: true });
    await fourth.close();

    const restored = await open(older);
    expect(await foundIn(restored.app, words)).toEqual([]);
    await expect(cookieFor(restored.url, LOGIN)).rejects.toThrow('unauthenticated');
  },
);

import { pino } from 'pino';
import { expect, test, onTestFinished, vi } from 'vitest';
import { createConsumers } from '#server/platform/consume.ts';
import { hashPassword } from '#server/people/people.passwords.ts';
import { createClock, type SettableClock } from '#server/platform/clock.ts';
import { DEMO_PASSWORD, startApp, type TestApp } from '../support/app.ts';
import { connect, cookieFor, eventually, newId, signIn } from '../support/client.ts';
import { actorOf } from '../support/response-cast.ts';
import { at, startResponses } from '../support/response-hub.ts';

/* Rights taken, lent or kept by somebody who should not have them. */

const HOUR = 3_600_000;

function actorIn({ app, person }: TestApp, login: string) {
  const actor = app.features.directory.actor(person(login));
  if (actor === undefined) throw new Error(`nobody is called ${login}`);
  return actor;
}

/** Whoever signs in from a device that nobody has signed in from. */
const stranger = { address: 'a', device: '', known: () => undefined };

const postsOf = (app: TestApp, login: string) =>
  actorIn(app, login).appointments.map(({ role, unit }) => ({ role, unit }));
const postId = ({ app, person }: TestApp, login: string): string =>
  [...app.features.directory.posts()].find((post) => post.person === person(login))?._id ?? '';

test("no administrator touches another unit's posts by using their ids", async () => {
  const app = await startApp();
  const { people } = app.app.features;
  const street = actorIn(app, 'admin');
  const unit = app.unit('babaojie');
  const clerk = newId();
  const password = 'a long password';
  await people.enrol(street, { id: clerk, unit, login: 'clerk', name: '小吏', password });
  const before = postsOf(app, 'officer');
  const stolen = postId(app, 'officer');
  const appoint = people.appoint(street, { id: stolen, unit, person: clerk, role: 'worker' });
  await expect(appoint).rejects.toMatchObject({ code: 'id_reused' });
  // Even if it stood on the stream, written by an older version, it would change nothing.
  const data = { appointment: stolen, person: clerk, role: 'worker', from: new Date().toISOString(), until: null };
  const { streams, consumers } = app.app;
  const write = (type: string, body: object) =>
    streams.inTurn(`unit:${unit}`, () =>
      streams.append(`unit:${unit}`, { id: newId(), type, actor: clerk, data: body }),
    );
  await write('people.appointed', data);
  await write('people.ended', { appointment: stolen });
  await consumers.settled();
  expect(postsOf(app, 'officer')).toEqual(before);
  // Nor is the id free when its post has ended.
  await people.end(street, { id: newId(), unit: app.unit('wenshu'), appointment: stolen });
  const again = people.appoint(street, { id: stolen, unit, person: clerk, role: 'worker' });
  await expect(again).rejects.toMatchObject({ code: 'id_reused' });
});

test('whoever enrolled somebody cannot give them another password later', async () => {
  const app = await startApp();
  const { people, signIn } = app.app.features;
  const input = { id: newId(), unit: app.unit('wenshu'), login: 'newcomer', name: '新人' };
  await people.enrol(actorIn(app, 'admin'), { ...input, password: 'the first password' });
  await people.enrol(actorIn(app, 'admin'), { ...input, password: 'another password' });
  const begin = (password: string) => signIn.begin({ ...stranger, name: 'newcomer', password });
  await expect(begin('another password')).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(begin('the first password')).resolves.toMatchObject({ person: input.id });
});

test('of two who take one name or one code at the same moment one gets it, and the read models go on', async () => {
  const app = await startApp();
  const { people } = app.app.features;
  const admin = actorIn(app, 'admin');
  const unit = app.unit('wenshu');
  const enrol = () =>
    people.enrol(admin, { id: newId(), unit, login: 'twin', name: '双', password: 'a long password' });
  const grid = () => people.createUnit(admin, { id: newId(), parent: unit, code: 'grid-1', name: '一', level: 'grid' });
  const outcomes = await Promise.allSettled([enrol(), enrol(), enrol(), grid(), grid(), grid()]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  await app.app.consumers.settled();
  expect(app.app.consumers.stuck()).toEqual([]);
});

test('whoever may choose among the addresses of one network guesses as one of them, side by side too', async () => {
  vi.useFakeTimers({ toFake: ['Date'] }); // no further guess is allowed by the time that passes
  onTestFinished(() => void vi.useRealTimers());
  const app = await startApp();
  const { signIn } = app.app.features;
  const codeOf = async (address: string, i: number): Promise<string> => {
    const name = i === 44 ? 'worker' : `somebody ${i}`; // one password, tried at many names
    const attempt = signIn.begin({ ...stranger, name, password: 'linli-demo', address });
    return attempt.then(
      () => 'in',
      (error: unknown) => (error as { code: string }).code,
    );
  };
  expect(await codeOf('2001:db8:0:2::1', 99)).toBe('unauthenticated');
  const guess = (i: number): Promise<string> => codeOf(`2001:db8:0:1::${i.toString(16)}`, i);
  const wrong = Array.from({ length: 44 }, (_, i) => guess(i));
  await Promise.race(wrong); // the others wait their turn by now, and the right one behind them
  const codes = await Promise.all([...wrong, guess(44)]);
  expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(30);
  expect(codes[44]).toBe('rate_limited'); // right, and after thirty that were sent with it and were wrong
});

test('guesses sent side by side are counted like guesses sent one after the other', async () => {
  const app = await startApp();
  const { signIn } = app.app.features;
  const guess = (_: unknown, i: number) =>
    signIn.begin({
      ...stranger,
      name: i % 2 === 0 ? 'spokesperson' : 'SPOKESPERSON',
      password: i === 19 ? 'linli-demo' : `guess ${i}`,
      address: `${i}`,
    });
  const codes = await Promise.all(
    Array.from({ length: 20 }, guess).map((one) =>
      one.then(
        () => 'in',
        (error: unknown) => (error as { code: string }).code,
      ),
    ),
  );
  expect(codes).not.toContain('in'); // the last one was right, and came after the fifth wrong one
  expect(codes.filter((code) => code === 'unauthenticated')).toHaveLength(5);
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(15);
});

test('nobody acts for a spokesperson who is none any more', async () => {
  const app = await startApp();
  expect(actorIn(app, 'deputy').delegations).toHaveLength(1);
  const { people } = app.app.features;
  const unit = app.unit('qingyang-street');
  await people.end(actorIn(app, 'admin'), { id: newId(), unit, appointment: postId(app, 'spokesperson') });
  expect(actorIn(app, 'deputy').delegations).toEqual([]);
});

test('nor goes on acting after losing the post that let them', async () => {
  const app = await startApp();
  const { people } = app.app.features;
  const unit = app.unit('qingyang-street');
  await people.end(actorIn(app, 'admin'), { id: newId(), unit, appointment: postId(app, 'deputy') });
  expect(actorIn(app, 'deputy').delegations).toEqual([]);
});

test('an auditor reads whole what their post covers, not what another post or an invitation opens', async () => {
  const app = await startApp();
  const { forum } = app.app.features;
  const auditor = await signIn(app, 'auditor');
  const far = app.unit('kuixinglou');
  const { streams } = app.app;
  const from = new Date().toISOString();
  const data = { appointment: newId(), person: app.person('auditor'), role: 'worker', from, until: null };
  await streams.inTurn(`unit:${far}`, () =>
    streams.append(`unit:${far}`, { id: newId(), type: 'people.appointed', actor: 'system', data }),
  );
  const open = newId();
  await forum.createRoom({ id: open, unit: far, title: 'far', kind: 'open' });
  const invited = newId();
  const guests = [app.person('auditor')];
  await forum.createRoom({ id: invited, unit: far, title: 'guests', kind: 'members', people: guests });
  for (const room of [open, invited]) {
    expect((await auditor.request('stream:open', { stream: `room:${room}`, have: 0 })).ok).toBe(true);
    const whole = await auditor.request('audit:stream', { stream: `room:${room}` });
    expect(whole.error?.code).toBe('not_found');
  }
  const near = newId();
  await forum.createRoom({ id: near, unit: app.unit('wenshu'), title: 'near', kind: 'members', people: [] });
  expect((await auditor.request('audit:stream', { stream: `room:${near}` })).ok).toBe(true);
});

/** A worker of wenshu for one more hour, connected and reading a room there. */
async function shortPost(clock: SettableClock) {
  const app = await startApp({ clock });
  const { people, forum } = app.app.features;
  const admin = actorIn(app, 'admin');
  const unit = app.unit('wenshu');
  const person = newId();
  const hash = await hashPassword(DEMO_PASSWORD);
  await people.enrolHashed(admin, unit, { id: person, login: 'guest', name: '客', hash });
  const until = new Date(clock.now().getTime() + HOUR).toISOString();
  await people.appoint(admin, { id: newId(), unit, person, role: 'worker', until });
  const room = newId();
  await forum.createRoom({ id: room, unit, title: 'room', kind: 'open' });
  return { app, room, stream: `room:${room}` };
}

test('a post that ends by date ends what is open: the next message is not delivered, the stream is closed', async () => {
  const clock = createClock();
  const { app, room, stream } = await shortPost(clock);
  const socket = await connect(app.url, await cookieFor(app.url, 'guest'));
  const heard: unknown[] = [];
  const lost: unknown[] = [];
  socket.on('stream:event', (event) => heard.push(event));
  socket.on('stream:lost', (what) => lost.push(what));
  expect(await socket.emitWithAck('stream:open', { stream, have: 0 })).toMatchObject({ ok: true });
  clock.set(new Date(clock.now().getTime() + 2 * HOUR));
  await app.app.features.forum.post(actorIn(app, 'worker'), { id: newId(), room, text: 'after the end' });
  await eventually(() => lost.length > 0);
  expect(lost).toEqual([{ stream }]);
  expect(heard).toEqual([]);
  socket.disconnect();
});

test('an open page that nobody touches keeps no session alive', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const { sessions, signIn } = app.app.features;
  const { secret, session } = await signIn.begin({ ...stranger, name: 'worker', password: 'linli-demo' });
  const key = (await sessions.caller(secret))?.key ?? '';
  const line = { person: app.person('worker'), session, key };
  const start = clock.now().getTime();
  for (let hour = 1; hour <= 11; hour++) {
    clock.set(new Date(start + hour * HOUR));
    expect(await sessions.again(line, false)).toBeDefined();
  }
  clock.set(new Date(start + 12 * HOUR + 1));
  expect(await sessions.again(line, false)).toBeUndefined();
});

test('a consumer that always fails neither holds up the start nor the end, and the hub is not ready', async () => {
  const app = await startApp();
  const { streams } = app.app;
  const saved: number[] = [];
  const checkpoints = {
    load: () => Promise.resolve(0),
    save: (_: string, at: number) => Promise.resolve(void saved.push(at)),
  };
  const consumers = createConsumers({ streams, checkpoints, log: pino({ level: 'silent' }) });
  const handle = () => Promise.reject(new Error('poison'));
  consumers.add({ name: 'poisoned', kinds: ['unit'], handle });
  await consumers.start();
  expect(consumers.stuck()).toEqual(['poisoned']);
  await consumers.settled();
  await consumers.stop();
  expect(saved.at(-1)).toBeLessThan((await streams.since(0, 1))[0]?.position ?? 0); // not passed: repeated next time
});

test("a correction under another response's id does not take over that response's document", async () => {
  const hub = await startResponses();
  const { draft, published, on } = at(hub);
  const { response } = await published();
  const other = await draft();
  const command = { ...(await on(response)), id: other.response, class: 'typo' as const };
  const { doc } = await hub.service.correct(actorOf('spokesperson'), command);
  expect(doc).not.toBe(other.doc);
});

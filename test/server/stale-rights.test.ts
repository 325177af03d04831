import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { newId, signIn } from '../support/client.ts';

/* A command is judged by the posts its sender holds in the turn it is decided in, not when it was sent. */

type Post = ReturnType<typeof postOf>;

function postOf({ app, person }: TestApp, login: string) {
  const found = [...app.features.directory.posts()].find((post) => post.person === person(login));
  if (found === undefined) throw new Error(`${login} holds no post`);
  return found;
}

/** The city's administrator ends a post; nobody outranks them. */
async function end({ app, unit }: TestApp, post: Post): Promise<number> {
  const city = unit('chengdu');
  const root = [...app.features.directory.posts()].find((held) => held.role === 'admin' && held.unit === city);
  const actor = app.features.directory.actor(root?.person ?? '');
  if (actor === undefined) throw new Error('the city has no administrator');
  return (await app.features.people.end(actor, { id: newId(), unit: post.unit, appointment: post._id })).seq;
}

/** Holds a stream's turn: what is sent meanwhile waits for it. */
function holdTurn({ app }: TestApp, stream: string): () => Promise<void> {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const held = app.streams.inTurn(stream, () => gate);
  return () => {
    open();
    return held;
  };
}

/** Resolves when the hub has taken in everything this person sent before. */
const isHeard = (client: { done: (name: string, input: object) => Promise<unknown> }) => client.done('people:me', {});

test('a message that waits while the post of its author is ended does not land', async () => {
  const app = await startApp();
  const room = newId();
  await app.app.features.forum.createRoom({ id: room, unit: app.unit('wenshu'), title: '大厅', kind: 'open' });
  const worker = await signIn(app, 'worker');
  const letGo = holdTurn(app, `room:${room}`);
  const posting = worker.request('forum:post', { id: newId(), room, text: 'after the end' });
  await isHeard(worker);
  await end(app, postOf(app, 'worker'));
  await letGo();
  expect((await posting).error?.code).toBe('not_found');
  expect((await app.app.streams.head(`room:${room}`)).seq).toBe(1);
});

test('an administrator whose post is ended appoints, enrols and ends nobody afterwards', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const { streams } = app.app;
  const unit = app.unit('wenshu');
  const before = (await streams.head(`unit:${unit}`)).seq;
  const [enrolled, opened] = [newId(), newId()];
  const held = [`unit:${unit}`, `unit:${opened}`, `person:${enrolled}`].map((stream) => holdTurn(app, stream));
  const password = 'a long password';
  const asked = [
    admin.request('people:appoint', { id: newId(), unit, person: app.person('outsider'), role: 'officer' }),
    admin.request('people:end', { id: newId(), unit, appointment: postOf(app, 'worker')._id }),
    admin.request('people:create-unit', { id: opened, parent: unit, code: 'grid-9', name: '九', level: 'grid' }),
    admin.request('people:enrol', { id: enrolled, unit, login: 'late', name: '晚', password }),
  ];
  await isHeard(admin);
  await end(app, postOf(app, 'admin'));
  await Promise.all(held.map((letGo) => letGo()));
  expect((await Promise.all(asked)).map(({ error }) => error?.code)).toEqual(asked.map(() => 'not_found'));
  expect((await streams.head(`unit:${unit}`)).seq).toBe(before);
  expect(app.app.features.directory.withLogin('late')).toBeUndefined();
});

test('nor is a concern flagged, or a meeting opened, on a post that was ended while it waited', async () => {
  const app = await startApp();
  const officer = await signIn(app, 'officer');
  const unit = app.unit('wenshu');
  const [incident, meeting] = [newId(), newId()];
  const held = [`incident:${incident}`, `meeting:${meeting}`].map((stream) => holdTurn(app, stream));
  const flagging = officer.request('incidents:flag', { id: incident, unit, title: '停水', what: '停水了' });
  const startsAt = '2026-11-24T09:00:00+08:00';
  const meet = { id: meeting, unit, title: '例会', body: 'committee', startsAt };
  const opening = officer.request('minutes:create', meet);
  await isHeard(officer);
  await end(app, postOf(app, 'officer'));
  await Promise.all(held.map((letGo) => letGo()));
  expect((await flagging).error?.code).toBe('not_found');
  expect((await opening).error?.code).toBe('not_found');
});

test('a post that is ended while its command waits for a read is not there when it is decided', async () => {
  const app = await startApp();
  const { incidents } = app.app.features;
  const officer = await signIn(app, 'officer');
  const unit = app.unit('wenshu');
  const post = postOf(app, 'officer');
  const { since } = incidents.model;
  let ended: number | undefined;
  incidents.model.since = async (...question) => {
    ended ??= await end(app, post); // the board is asked what is alike in the middle of the decision
    return since(...question);
  };
  const flagging = officer.request('incidents:flag', { id: newId(), unit, title: '停水', what: '停水了' });
  expect((await flagging).error?.code).toBe('not_found');
  expect(ended).toBeDefined();
});

import { expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { newId, signIn } from '../support/client.ts';

/* An answer that was read after a right was taken holds nothing of what came after it. */

type Query = Readonly<Record<string, unknown>>;
interface Cursor {
  toArray: () => Promise<unknown[]>;
}

/** Does something between the question and the store's answer, once: the first question of this kind waits for it. */
function during({ app }: TestApp, model: string, isMeant: (query: Query) => boolean, work: () => Promise<unknown>) {
  const rows = app.db.model(model).collection as unknown as { find: (query: Query) => Cursor };
  const find = rows.find.bind(rows);
  let done = false;
  rows.find = (query, ...others) => {
    const cursor = find(query, ...others);
    if (done || !isMeant(query)) return cursor;
    done = true;
    const toArray = cursor.toArray.bind(cursor);
    cursor.toArray = async () => {
      await work();
      return toArray();
    };
    return cursor;
  };
  return (): boolean => done;
}

/** A room by invitation with worker and worker2, and what removes worker2 and goes on talking. */
async function aRoom() {
  const app = await startApp();
  const { forum } = app.app.features;
  const room = newId();
  const people = [app.person('worker'), app.person('worker2')];
  await forum.createRoom({ id: room, unit: app.unit('wenshu'), title: '值班', kind: 'members', people });
  const say = (text: string) => forum.post(app.actor('worker'), { id: newId(), room, text });
  await say('before 停水');
  await app.app.consumers.settled();
  const goOn = async (): Promise<void> => {
    const removal = { id: newId(), room, person: app.person('worker2'), reason: '调离' };
    await forum.remove(app.actor('moderator'), removal);
    await say('after 停水');
    await app.app.consumers.settled();
  };
  return { app, room, goOn, removed: await signIn(app, 'worker2') };
}

test('messages written after a removal are not in an answer that was asked for before it', async () => {
  const { app, room, goOn, removed } = await aRoom();
  const isRead = during(app, 'Message', (query) => query['room'] === room && query['seq'] !== undefined, goOn);
  expect((await removed.request('forum:messages', { room })).error?.code).toBe('not_found');
  expect(isRead()).toBe(true);
});

test('nor in a search', async () => {
  const { app, room, goOn, removed } = await aRoom();
  const isRead = during(app, 'Message', (query) => query['keys'] !== undefined, goOn);
  const found = await removed.done('forum:search', { q: '停水' });
  expect(found['messages']).toEqual([]);
  expect(isRead()).toBe(true);
  expect((await removed.request('forum:search', { q: '停水', room })).error?.code).toBe('not_found');
});

test('nor as the last word of a room in the list', async () => {
  const { app, goOn, removed } = await aRoom();
  const isRead = during(app, 'Room', () => true, goOn);
  const { rooms } = await removed.done('forum:rooms', {});
  expect(rooms).toEqual([]);
  expect(isRead()).toBe(true);
});

/** Ends the one post somebody holds. */
async function endPost({ app, person, actor }: TestApp, login: string): Promise<void> {
  const post = [...app.features.directory.posts()].find((held) => held.person === person(login));
  const ending = { id: newId(), unit: post?.unit ?? '', appointment: post?._id ?? '' };
  await app.features.people.end(actor('admin'), ending);
}

test('a concern flagged after the post was ended is not on a board that was asked for before it', async () => {
  const app = await startApp();
  const officer = await signIn(app, 'officer');
  const unit = app.unit('wenshu');
  const isRead = during(
    app,
    'Incident',
    () => true,
    async () => {
      await endPost(app, 'officer');
      const flag = { id: newId(), unit, title: '漏气', what: '三栋漏气' };
      await app.app.features.incidents.service.flag(app.actor('denglihua'), flag);
      await app.app.consumers.settled();
    },
  );
  expect((await officer.request('incidents:feed', { unit })).error?.code).toBe('not_found');
  expect(isRead()).toBe(true);
});

test('nor is a meeting called after it in a list, nor an event in what an auditor is shown', async () => {
  const app = await startApp();
  const [officer, auditor] = [await signIn(app, 'officer'), await signIn(app, 'auditor')];
  const unit = app.unit('wenshu');
  const isRead = during(
    app,
    'Meeting',
    () => true,
    () => endPost(app, 'officer'),
  );
  expect((await officer.request('minutes:list', { unit })).error?.code).toBe('not_found');
  expect(isRead()).toBe(true);
  const stream = `unit:${unit}`;
  const isAudited = during(
    app,
    'Event',
    (query) => query['stream'] === stream,
    () => endPost(app, 'auditor'),
  );
  expect((await auditor.request('audit:stream', { stream })).error?.code).toBe('not_found');
  expect(isAudited()).toBe(true);
});

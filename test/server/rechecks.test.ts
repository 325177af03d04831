import { expect, test } from 'vitest';
import { createMerged } from '#server/platform/turns.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { eventually, newId, signIn, type TestClient } from '../support/client.ts';
import { openDoc } from '../support/collab.ts';

/** Holds every question for a room, from now on, until `open` is called. */
function holdRooms({ app }: TestApp) {
  const ask = app.features.readers.room;
  let asked = 0;
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  app.features.readers.room = async (actor, id) => {
    asked++;
    await gate;
    return ask(actor, id);
  };
  return { asked: () => asked, open };
}

/** Ten sockets that follow a room in which nothing is said. */
async function quietRoom(app: TestApp): Promise<void> {
  const room = newId();
  await app.app.features.forum.createRoom({ id: room, unit: app.unit('wenshu'), title: '值班', kind: 'open' });
  const followers = await Promise.all(Array.from({ length: 10 }, () => signIn(app, 'worker2')));
  for (const follower of followers) await follower.done('stream:open', { stream: `room:${room}`, have: 0 });
}

const DAY = 24 * 3_600_000;
const on = (day: number): string => new Date(Date.now() + day * DAY).toISOString();

/** One post after the other: the same one is not given twice for the same time. */
const invite = (admin: TestClient, app: TestApp, day: number) =>
  admin.done('people:appoint', {
    id: newId(),
    unit: app.unit('wenshu'),
    person: app.person('zhangrui'),
    role: 'worker',
    from: on(day),
    until: on(day + 0.5),
  });

const endWorker = (admin: TestClient, app: TestApp) => {
  const post = [...app.app.features.directory.posts()].find(({ person }) => person === app.person('worker'));
  return admin.done('people:end', { id: newId(), unit: app.unit('wenshu'), appointment: post?._id });
};

test('many appointments in a row are one question to each open stream, and one more at the end', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  await quietRoom(app);
  const rooms = holdRooms(app);
  for (let n = 0; n < 12; n++) await invite(admin, app, n);
  rooms.open();
  await eventually(() => rooms.asked() > 10);
  await invite(admin, app, 12); // its questions come after all that were asked for before
  await eventually(() => rooms.asked() > 20);
  expect(rooms.asked()).toBeLessThanOrEqual(40); // each of twelve by itself: 130
});

test('who lost a right to a live text is cut off though open streams still wait for an answer', async () => {
  const app = await startApp();
  const [admin, officer, worker] = [await signIn(app, 'admin'), await signIn(app, 'officer'), await signIn(app, 'worker')]; // prettier-ignore
  const input = { unit: app.unit('wenshu'), title: '例会', body: 'committee', startsAt: '2026-11-24T09:00:00+08:00' };
  const made = await officer.done('minutes:create', { id: newId(), ...input });
  const { provider } = await openDoc(worker, String(made['doc']));
  const closed = new Promise<number>((resolve) => {
    provider.on('connection-close', (event: { code: number } | null) => {
      if (event !== null) resolve(event.code);
    });
  });
  await quietRoom(app);
  const rooms = holdRooms(app);
  await endWorker(admin, app);
  expect(await closed).toBe(4403);
  rooms.open();
});

test('a run that fails is heard by those who asked for it, and the next one runs all the same', async () => {
  const runs: string[] = [];
  const recheck = createMerged(() => {
    runs.push('run');
    return runs.length === 1 ? Promise.reject(new Error('no')) : Promise.resolve();
  });
  const first = [recheck(), recheck()];
  for (const asked of first) await expect(asked).rejects.toThrow('no');
  await recheck();
  expect(runs).toHaveLength(2);
});

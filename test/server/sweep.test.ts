import { expect, test } from 'vitest';
import { createClock } from '#server/platform/clock.ts';
import { startApp, type TestApp } from '../support/app.ts';

/* What is kept for a time is gone after it. */

const HOUR = 3600_000;
const DAY = 24 * HOUR;

test('sessions that nobody signed out of leave no row behind once they are over', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const { sessions, signIn, sweep } = app.app.features;
  const rows = () => app.app.db.model('Session').collection.countDocuments({});
  const later = (by: number) => {
    clock.set(new Date(clock.now().getTime() + by));
  };
  const begin = () =>
    signIn.begin({ name: 'worker', password: 'linli-demo', address: 'a', device: 'tablet', known: () => undefined });
  await begin();
  later(11 * HOUR);
  const { secret, person, session } = await begin();
  await sweep();
  expect(await rows()).toBe(2); // either may still be used
  later(2 * HOUR);
  await sweep();
  expect(await rows()).toBe(1);
  const key = (await sessions.caller(secret))?.key ?? '';
  expect(await sessions.again({ person, session, key }, false)).toBeDefined();
  for (let i = 0; i < 18; i++) {
    later(9 * HOUR);
    expect(await sessions.caller(secret)).toBeDefined();
  }
  later(5 * HOUR);
  await sweep();
  expect(await rows()).toBe(0); // used all the time, and a week old
});

/** Every stream there is. */
async function namesOf({ app: { streams } }: TestApp): Promise<string[]> {
  const names: string[] = [];
  for (let name = await streams.next('', '~'); name !== undefined; name = await streams.next(name, '~'))
    names.push(name);
  return names;
}

test('the security log keeps 200 days whole and drops a day when it is older', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const { securityLog, sweep } = app.app.features;
  const start = new Date('2026-03-01T23:59:00Z');
  clock.set(start);
  await securityLog.note('signed-in', 'somebody', {});
  const stream = 'log:2026-03-01';
  const before = await namesOf(app);
  for (const [days, kept] of [
    [183, 1],
    [199, 1],
    [200, 1],
    [201, 0],
  ] as const) {
    clock.set(new Date(start.getTime() + days * DAY));
    await sweep();
    expect((await app.app.streams.head(stream)).seq, `day ${days}`).toBe(kept);
  }
  const after = await namesOf(app);
  expect(before.filter((name) => !after.includes(name))).toEqual([stream]); // nothing else goes
});

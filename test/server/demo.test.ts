import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import { seedDemo } from '#server/demo/demo.ts';
import { createClock } from '#server/platform/clock.ts';
import { builtPage } from '#server/platform/page.ts';
import { signIn, type Answer } from '../support/client.ts';
import { storeAt } from '../support/store-url.ts';

/** Where a list stands in a list, by path: not every store that Mongoose speaks to keeps one. */
function listsInLists(value: unknown, at: string, isInList = false): string[] {
  if (value === null || typeof value !== 'object') return [];
  const inside = Array.isArray(value);
  if (inside && isInList) return [at];
  return Object.entries(value).flatMap(([key, one]) => listsInLists(one, inside ? at : `${at}.${key}`, inside));
}

test('the demo is a street in the middle of its week: rooms, meetings, concerns in every state, answers to read', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-test-'));
  const beside = { LINLI_FILES: path.join(folder, 'files'), LINLI_SECRETS: path.join(folder, 'secrets') };
  const config = readConfig({ LINLI_PORT: '0', ...beside }, { demo: true, store: storeAt(folder) });
  const clock = createClock();
  const log = pino({ level: process.env['LINLI_LOG'] ?? 'silent' });
  const app = await createApp({ config, clock, log, page: () => builtPage(path.resolve('dist/client')) });
  onTestFinished(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });
  await seedDemo(app, clock);
  const url = await app.listen();

  const officer = await signIn({ url }, 'officer');
  const approver = await signIn({ url }, 'approver');
  const { rooms } = (await officer.done('forum:rooms', {})) as Answer & { rooms: { title: string; head: number }[] };
  expect(rooms.map(({ title }) => title)).toContain('社区工作群');
  expect(rooms.reduce((sum, { head }) => sum + head, 0)).toBeGreaterThan(200);

  const street = app.features.directory.unitByCode('qingyang-street')?.id;
  const feed = (state: string) => approver.done('incidents:feed', { unit: street, state });
  const all = (await feed('all')) as Answer & { incidents: { state: string; title: string }[] };
  expect(all.incidents).toHaveLength(8);
  expect(new Set(all.incidents.map(({ state }) => state))).toEqual(
    new Set(['flagged', 'active', 'resolved', 'dismissed']),
  );

  const unit = app.features.directory.unitByCode('wenshu')?.id;
  const { meetings } = (await officer.done('minutes:list', { unit })) as Answer & { meetings: { state: string }[] };
  expect(meetings.map(({ state }) => state).sort()).toEqual(['draft', 'signed']);

  const home = await (await fetch(`${url}/public`)).text();
  expect(home).toContain('金马街3号院至6号院停水');
  expect(home).toContain('白云寺街路灯已经修好');
  expect(home).not.toContain('文殊片区没有停气计划'); // still a draft

  const found = new Set<string>();
  for (const { name } of await app.db.listCollections())
    for await (const row of app.db.collection(name).find({})) for (const at of listsInLists(row, name)) found.add(at);
  expect([...found]).toEqual([]);
});

import { expect, test } from 'vitest';
import type { Held } from '#shared/people/closing.schema.ts';
import { peopleTable } from '#shared/people/people.schema.ts';
import { closingTable } from '#shared/people/closing.schema.ts';
import { startKeptApp } from '../support/app.ts';
import { newId, signIn, type TestClient } from '../support/client.ts';
import { photo, uploaded } from '../support/files.ts';
import { aRoom, say } from '../support/rooms.ts';

const app = await startKeptApp();

interface Page {
  lines: Held[];
  cursor: string | null;
  done: number;
}
const page = async (client: TestClient, cursor?: string): Promise<Page> =>
  (await client.done('people:my-data', cursor === undefined ? {} : { cursor })) as unknown as Page;

/** Every page, as a client asks for them. */
async function everything(client: TestClient) {
  const pages = [await page(client)];
  for (let cursor = pages[0]?.cursor ?? null; cursor !== null; cursor = pages.at(-1)?.cursor ?? null)
    pages.push(await page(client, cursor));
  return { pages, lines: pages.flatMap(({ lines }) => lines) };
}

test('a person takes along what the hub holds of them and they may still see, and nothing of anybody else', async () => {
  const [worker, colleague] = [await signIn(app, 'worker'), await signIn(app, 'worker2')];
  const person = app.person('worker');
  const left = await aRoom(app, { kind: 'members', people: ['worker', 'worker2'] });
  const rooms = await Promise.all(Array.from({ length: 7 }, () => aRoom(app)));
  const [open = ''] = rooms;
  const { forum } = app.app.features;
  const own = rooms.map(async (room, r) => {
    for (let n = 0; n < 30; n++) await forum.post({ person }, { id: newId(), room, text: `我的第 ${r}-${n} 条` });
  });
  await Promise.all(own);
  await say(colleague, open, '同事的一句');
  await say(worker, left, '留在群里的一句');
  const seq = await say(worker, open, '自己撤回的一句');
  await worker.done('forum:retract', { id: newId(), room: open, seq });
  await worker.done('forum:mark-read', { room: open, seq: 9 });
  const file = await uploaded(worker, await photo(), '路灯.jpg');
  const officer = await signIn(app, 'officer');
  await officer.done('incidents:flag', { id: newId(), unit: app.unit('wenshu'), title: '停水', what: '别人提的关注' });
  const before = JSON.stringify((await everything(worker)).lines);
  expect(before).toContain('留在群里的一句');
  await (await signIn(app, 'moderator')).done('forum:remove', { id: newId(), room: left, person, reason: '调岗' });

  const { pages, lines } = await everything(worker);
  const all = JSON.stringify(lines);
  expect(pages.length).toBeGreaterThan(2); // no page holds it all
  expect(Math.max(...pages.map(({ lines: some }) => some.length))).toBeLessThanOrEqual(200); // a page and the batch it ends in
  expect(pages.map(({ done }) => done)).toEqual(pages.map(({ done }) => done).sort((a, b) => a - b));
  expect(new Set(all.match(/我的第 \d-\d+ 条/g))).toHaveProperty('size', 210);
  expect(lines[0]).toMatchObject({ about: 'account', what: { id: person, login: 'worker', name: '李华' } });
  const abouts = new Set(lines.map(({ about }) => about.split(':', 1)[0]));
  for (const about of ['post', 'session', 'read', 'file', 'person', 'room', 'log']) expect(abouts).toContain(about);
  expect(all).toContain(file);
  for (const foreign of ['同事的一句', '别人提的关注', '留在群里的一句', '自己撤回的一句', '$argon2'])
    expect(all).not.toContain(foreign);
});

test('each copy is on record, wants a step-up, is begun five times and no more, and goes on for its owner alone', async () => {
  const [worker, colleague] = [await signIn(app, 'worker2'), await signIn(app, 'officer')];
  const { cursor } = await page(worker);
  const auditor = { stream: `log:${app.app.clock.now().toISOString().slice(0, 10)}` };
  const events = await app.app.streams.read(auditor.stream, 1, 1_000, 1_000);
  expect(events.filter(({ type, actor }) => type === 'data.copied' && actor === app.person('worker2'))).toHaveLength(1);
  expect(closingTable['my-data'].fresh).toBe(true);
  expect(peopleTable.me).not.toHaveProperty('fresh');
  const code = async (client: TestClient, input: object) => (await client.request('people:my-data', input)).error?.code;
  expect(await code(colleague, { cursor })).toBe('bad_input');
  expect(await code(worker, { cursor: '1.AAAAAAAAAAAAAAAAAAAAAA' })).toBe('bad_input');
  for (let n = 1; n < 5; n++) await page(worker);
  expect(await code(worker, {})).toBe('rate_limited');
  expect(await code(worker, { cursor })).toBeUndefined();
});

import { expect, onTestFinished, test } from 'vitest';
import { profiler, type Scan } from '#server/platform/embedded/scan.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newId, signIn, type TestClient } from '../support/client.ts';
import { aRoom } from '../support/rooms.ts';

const ROOMS = 24;
const MESSAGES = 250; // in each room
const INCIDENTS = 400;
const WORDS = ['停水', '路灯', '垃圾', '电梯', '噪音', '井盖', '医保', '志愿者', '巡查', '门禁'];

const actorOf = ({ app, person }: TestApp, login: string): Actor => {
  const actor = app.features.directory.actor(person(login));
  if (actor === undefined) throw new Error(`nobody is ${login}`);
  return actor;
};

/** Far more than any answer may hold, by the ordinary services. */
async function fill(hub: TestApp): Promise<string[]> {
  const { forum, incidents } = hub.app.features;
  const [officer, worker] = [actorOf(hub, 'officer'), actorOf(hub, 'worker')];
  const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, r) => aRoom(hub, { title: `群 ${r}` })));
  await Promise.all(
    rooms.map(async (room, r) => {
      for (let n = 0; n < MESSAGES; n++) {
        const word = WORDS[(n * 7 + r) % WORDS.length] ?? '';
        await forum.post(n % 3 === 0 ? officer : worker, {
          id: newId(),
          room,
          text: `${word}：金马街 ${n} 号楼，第 ${r} 组`,
        });
      }
    }),
  );
  for (let n = 0; n < INCIDENTS; n++) {
    const facts = { title: `${WORDS[n % 10] ?? ''} ${n}`, what: `${WORDS[(n * 3) % 10] ?? ''}，居民 ${n} 反映` };
    await incidents.service.flag(officer, { id: newId(), unit: hub.unit('wenshu'), ...facts });
  }
  await hub.app.consumers.settled();
  return rooms;
}

/** What a scan looked at beyond twice what it brought, with a little room for very small answers. */
const isWasteful = ({ docsExamined, returned }: Scan): boolean => docsExamined > Math.max(2 * returned, 10);

const isWholeCollection = ({ plan }: Scan): boolean => plan.isScan && plan.index === undefined;

const told = (scan: Scan): string =>
  `${scan.namespace} ${JSON.stringify(scan.filter)}: ${scan.docsExamined} looked at, ${scan.returned} returned, ${scan.plan.isScan ? 'COLLSCAN' : (scan.plan.index?.name ?? '_id_')}`;

async function askEverything(hub: TestApp, who: TestClient, rooms: string[]): Promise<void> {
  const unit = hub.unit('wenshu');
  const ask = (name: string, input: object = {}) => who.done(name, input);
  await ask('people:me');
  await ask('people:units');
  await ask('people:cards', { ids: ['worker', 'officer'].map(hub.person).join(',') });
  await ask('forum:rooms');
  for (const room of rooms.slice(0, 3)) {
    await ask('stream:open', { stream: `room:${room}`, have: 0 });
    await ask('stream:open', { stream: `room:${room}`, have: MESSAGES - 30 });
    await ask('stream:range', { stream: `room:${room}`, from: 100, to: 180 });
    await ask('forum:messages', { room });
    await ask('forum:messages', { room, before: 120, limit: 100 });
    await ask('forum:mark-read', { room, seq: MESSAGES - 5 });
    for (const q of ['停水', '金马街', '井盖 12', '没有这个词']) await ask('forum:search', { q, room });
  }
  for (const q of ['路灯', '第 3 组', '不存在的']) await ask('forum:search', { q });
  await ask('forum:rooms');
  for (const sort of ['heat', 'due']) {
    const first = await ask('incidents:feed', { unit, sort, limit: 50 });
    await ask('incidents:feed', { unit, sort, limit: 50, cursor: first['cursor'] });
  }
  await ask('incidents:feed', { unit, state: 'flagged' });
  const { incidents } = (await ask('incidents:feed', { unit, limit: 1 })) as unknown as { incidents: { id: string }[] };
  const incident = incidents[0]?.id ?? '';
  await ask('incidents:view', { incident });
  await ask('incidents:flag', { id: newId(), unit, title: '金马街停水', what: '早上七点停水' });
  await ask('stream:open', { stream: `incident:${incident}`, have: 0 });
  await ask('responses:list', { incident });
  await ask('minutes:create', {
    id: newId(),
    unit,
    title: '例会',
    body: 'committee',
    startsAt: '2026-11-20T06:00:00Z',
  });
  await ask('minutes:list', { unit });
  await ask('forum:post', { id: newId(), room: rooms[0], text: '再来一条' });
  for (const page of ['', '/feed.atom', '/feed.json', '/verify', `/units/wenshu`])
    expect((await fetch(`${hub.url}/public${page}`)).status).toBe(200);
  await hub.app.consumers.settled();
}

test(
  'no question the hub asks looks at more than twice what it answers, however much there is',
  { timeout: 120_000 },
  async () => {
    const hub = await startApp();
    const rooms = await fill(hub);
    const officer = await signIn(hub, 'officer');
    profiler.scans = [];
    onTestFinished(() => (profiler.scans = undefined));
    await askEverything(hub, officer, rooms);
    const { scans } = profiler;
    profiler.scans = undefined;
    const wasteful = scans.filter((scan) => isWasteful(scan) || isWholeCollection(scan));
    console.log(
      `${scans.length} questions to the store, ${scans.reduce((sum, { docsExamined }) => sum + docsExamined, 0)} documents looked at`,
    );
    expect(wasteful.map(told)).toEqual([]);
    expect(scans.length).toBeGreaterThan(100);
  },
);

import { beforeAll, expect, test } from 'vitest';
import { createClock } from '#server/platform/clock.ts';
import { startApp, startKeptApp, type TestApp } from '../support/app.ts';
import { newId, signIn, type Answer, type TestClient } from '../support/client.ts';
import type { AuditLine } from '#shared/people/audit.schema.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';

let kept: TestApp;
beforeAll(async () => {
  kept = await startKeptApp();
});

const typesOf = (answer: Answer): string[] => (answer['events'] as StreamEvent[]).map(({ type }) => type);

test('the security log is read by whoever audits everything, by nobody who audits a part, and the reading stands in it', async () => {
  const app = await startApp();
  const stream = `log:${new Date().toISOString().slice(0, 10)}`;
  const [city, street] = [await signIn(app, 'city-auditor'), await signIn(app, 'auditor')];
  expect(typesOf(await city.done('audit:stream', { stream }))).toEqual(['signed-in', 'signed-in']);
  expect(typesOf(await city.done('audit:stream', { stream }))).toContain('audit.read');
  const worker = await signIn(app, 'worker');
  for (const client of [street, worker]) {
    expect((await client.request('audit:stream', { stream })).error?.code).toBe('not_found');
    expect((await client.request('stream:open', { stream, have: 0 })).error?.code).toBe('not_found');
  }
  expect((await city.request('stream:open', { stream, have: 0 })).error?.code).toBe('not_found');
});

test('a page of what an auditor reads ends where it gets too large, and the next goes on from there', async () => {
  const app = kept;
  const [officer, auditor] = [await signIn(app, 'officer'), await signIn(app, 'auditor')];
  const { streams } = app.app;
  const startsAt = '2026-11-24T09:00:00+08:00';
  const meeting = { id: newId(), unit: app.unit('wenshu'), title: '例会', body: 'committee', startsAt };
  const { doc } = (await officer.done('minutes:create', meeting)) as unknown as { doc: string };
  const stream = `doc:${doc}`;
  const write = (data: object) =>
    streams.inTurn(stream, () => streams.append(stream, { id: newId(), type: 'noted', actor: 'system', data }));
  for (let i = 0; i < 5; i++) await write({ text: 'x'.repeat(900_000) });
  const seqs: number[] = [];
  const sizes: number[] = [];
  for (let more = true; more;) {
    const page = await auditor.done('audit:stream', { stream, from: (seqs.at(-1) ?? 0) + 1 });
    const events = page['events'] as StreamEvent[];
    seqs.push(...events.map(({ seq }) => seq));
    sizes.push(JSON.stringify(events).length);
    more = page['more'] === true;
  }
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Math.max(...sizes)).toBeLessThan(2_100_000);
});

/** A list to its end, page after page. */
async function listed(client: TestClient, input: object): Promise<AuditLine[]> {
  const found: AuditLine[] = [];
  for (let after: unknown = null; after !== undefined;) {
    const page = await client.done('audit:streams', { ...input, ...(after !== null && { after }) });
    found.push(...(page['streams'] as AuditLine[]));
    after = page['after'];
  }
  return found;
}

test('an auditor finds every stream of a unit by kind, and each of them opens', async () => {
  const app = kept;
  const [admin, officer, auditor] = [
    await signIn(app, 'admin'),
    await signIn(app, 'officer'),
    await signIn(app, 'auditor'),
  ];
  const unit = app.unit('wenshu');
  const startsAt = '2026-11-24T09:00:00+08:00';
  const rooms = Array.from({ length: 60 }, (_, n) => ({
    id: newId(),
    unit,
    title: `房间 ${n}`,
    kind: 'members',
    people: [],
  }));
  for (const room of rooms) await admin.done('forum:create', room);
  await officer.done('minutes:create', { id: newId(), unit, title: '例会', body: 'committee', startsAt });
  const incident = newId();
  await officer.done('incidents:flag', { id: incident, unit, title: '停水', what: '三号院停水' });
  await officer.done('incidents:note', { id: newId(), incident, text: '泵房电缆烧毁', about: 'known' });
  await officer.done('responses:draft', { id: newId(), incident, kind: 'statement' });
  await app.app.consumers.settled();
  const kinds = ['unit', 'room', 'meeting', 'incident', 'response'] as const;
  for (const kind of kinds) {
    const lines = await listed(auditor, { unit, kind });
    expect(lines.length, kind).toBeGreaterThanOrEqual(kind === 'room' ? 60 : 1);
    expect(new Set(lines.map(({ stream }) => stream)).size).toBe(lines.length);
    const first = lines[0];
    const page = await auditor.done('audit:stream', { stream: first?.stream });
    expect([page['head'], first?.title !== '']).toEqual([first?.head, true]);
  }
  const street = await listed(auditor, { unit: app.unit('qingyang-street'), kind: 'unit' });
  expect(street.map(({ title }) => title).sort()).toEqual([
    '五岳宫社区',
    '八宝街社区',
    '头福街社区',
    '文殊社区',
    '青羊街道',
  ]);
  const above = await auditor.request('audit:streams', { unit: app.unit('qingyang'), kind: 'unit' });
  expect(above.error?.code).toBe('not_found');
  expect((await auditor.request('audit:streams', { unit, kind: 'log' })).error?.code).toBe('not_found');
});

test('whoever audits everything finds the days of the security log, the newest first, and the anchors, which open', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const { securityLog, anchor } = app.app.features;
  for (const day of ['2026-11-26', '2026-11-27']) {
    clock.set(new Date(`${day}T08:00:00Z`));
    await securityLog.note('signed-in', 'somebody', {});
  }
  clock.set(new Date('2026-11-28T08:00:00Z'));
  await anchor();
  const city = await signIn(app, 'city-auditor');
  const lines = await listed(city, { unit: app.unit('chengdu'), kind: 'log' });
  expect(lines.map(({ stream }) => stream)).toEqual([
    'anchor:hub',
    'log:2026-11-28',
    'log:2026-11-27',
    'log:2026-11-26',
  ]);
  expect(new Set(typesOf(await city.done('audit:stream', { stream: 'anchor:hub' })))).toEqual(new Set(['anchored']));
  expect((await city.request('stream:open', { stream: 'anchor:hub', have: 0 })).error?.code).toBe('not_found');
});

test('an auditor who holds another post as well is shown what they audit and no more', async () => {
  const app = kept;
  const { directory, people } = app.app.features;
  const root = directory.actor(directory.withLogin('demo-root')?._id ?? '');
  if (root === undefined) throw new Error('nobody appoints');
  const elsewhere = app.unit('kuixinglou');
  const input = { id: newId(), unit: elsewhere, person: app.person('auditor'), role: 'worker' as const };
  await people.appoint(root, input);
  const auditor = await signIn(app, 'auditor');
  for (const kind of ['unit', 'room', 'meeting', 'incident', 'response'] as const) {
    const asked = await auditor.request('audit:streams', { unit: elsewhere, kind });
    expect(asked.error?.code, kind).toBe('not_found');
  }
  expect((await auditor.request('audit:stream', { stream: `unit:${elsewhere}` })).error?.code).toBe('not_found');
  const moderator = await signIn(app, 'moderator'); // reads every room of the street, and audits none
  const asked = await moderator.request('audit:streams', { unit: app.unit('wenshu'), kind: 'room' });
  expect(asked.error?.code).toBe('not_found');
});

test('a reading is narrowed to a person, a type and a time, looks at so much and goes on from there; taking it away is recorded', async () => {
  const app = kept;
  const auditor = await signIn(app, 'auditor');
  const { streams, db } = app.app;
  const stream = `unit:${app.unit('wenshu')}`;
  const { seq: before } = await streams.head(stream);
  const [one, other] = [newId(), newId()];
  const rows = Array.from({ length: 2400 }, (_, n) => ({
    ...{ _id: 1 + n, stream, seq: before + 1 + n, id: newId(), data: {}, prev: '', hash: '', print: '' },
    at: new Date(Date.UTC(2026, 10, 1, 0, 0, n)).toISOString(),
    actor: n % 800 === 799 ? one : other,
    type: n % 2 === 1 ? 'noted' : 'touched',
  }));
  await db.model('Event').collection.insertMany(rows as object[]);
  streams.forget(stream);
  const seqs: number[] = [];
  let pages = 0;
  for (let from = 1, more = true; more; pages++) {
    const page = await auditor.done('audit:stream', { stream, from, person: one, type: 'noted', export: true });
    seqs.push(...(page['events'] as StreamEvent[]).map(({ seq }) => seq));
    [from, more] = [Number(page['looked']) + 1, page['more'] === true];
  }
  expect(seqs).toEqual([800, 1600, 2400].map((n) => before + n));
  expect(pages).toBe(3);
  const since = new Date(Date.UTC(2026, 10, 1, 0, 20)).toISOString(); // the 1200th
  const until = new Date(Date.UTC(2026, 10, 1, 0, 21)).toISOString();
  const narrow = { stream, from: before + 1001, since, until, person: other };
  const minute = (await auditor.done('audit:stream', narrow))['events'] as StreamEvent[];
  expect([minute[0]?.seq, minute.at(-1)?.seq, minute.length]).toEqual([before + 1201, before + 1260, 60]);
  const none = await auditor.done('audit:stream', { stream, until: '2020-01-01T00:00:00Z' });
  expect([typesOf(none), none['more']]).toEqual([[], true]);
  const city = await signIn(app, 'city-auditor');
  const log = await city.done('audit:stream', { stream: `log:${new Date().toISOString().slice(0, 10)}` });
  const taken = (log['events'] as StreamEvent[]).filter(({ type }) => type === 'audit.exported');
  expect(taken).toHaveLength(3);
  expect(taken[0]).toMatchObject({
    actor: app.person('auditor'),
    data: { stream, from: 1, person: one, type: 'noted' },
  });
});

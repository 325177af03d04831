import { expect, test } from 'vitest';
import { createClock } from '#server/platform/clock.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newId, signIn, type TestClient } from '../support/client.ts';

/* Units that change their name, merge and split. The street's administrator acts; 文殊 and 八宝街 lie below it. */

const DAY = 24 * 3600_000;

/** A concern of 文殊 with a room and a meeting there, before anything closes. */
async function lived(app: TestApp) {
  const unit = app.unit('wenshu');
  const officer = await signIn(app, 'officer');
  const [incident, room, meeting] = [newId(), newId(), newId()];
  await officer.done('incidents:flag', { id: incident, unit, title: '停水', what: '停水了' });
  await app.app.features.forum.createRoom({ id: room, unit, title: '大厅', kind: 'open' });
  const startsAt = '2026-11-24T09:00:00+08:00';
  await officer.done('minutes:create', { id: meeting, unit, title: '例会', body: 'committee', startsAt });
  return { unit, incident, room, meeting, officer };
}

const close = (admin: TestClient, unit: string, successors: string[], at?: string) =>
  admin.request('people:close-unit', { id: newId(), unit, successors, reason: '合并', ...(at && { at }) });
const codeOf = async (asked: Promise<{ error?: { code: string } }>) => (await asked).error?.code;

test('what a unit led passes to its successor when they merge: it is read and carried on there, and nowhere else', async () => {
  const app = await startApp();
  const { unit, incident, room, meeting, officer } = await lived(app);
  const admin = await signIn(app, 'admin');
  const heir = await signIn(app, 'huangwei'); // an officer of 八宝街
  const other = await signIn(app, 'tangying'); // one of 头福街
  expect(await codeOf(heir.request('incidents:view', { incident }))).toBe('not_found');
  expect((await close(admin, unit, [app.unit('babaojie')])).ok).toBe(true);

  expect((await heir.done('incidents:view', { incident }))['incident']).toMatchObject({ title: '停水' });
  const { incidents } = (await heir.done('incidents:feed', { unit: app.unit('babaojie') })) as unknown as {
    incidents: { id: string }[];
  };
  expect(incidents.map(({ id }) => id)).toContain(incident);
  const { rooms } = (await heir.done('forum:rooms', {})) as unknown as { rooms: { id: string }[] };
  expect(rooms.map(({ id }) => id)).toContain(room);
  await heir.done('forum:post', { id: newId(), room, text: '接着说' });
  await heir.done('minutes:view', { meeting });
  const street = await signIn(app, 'deputy'); // an officer of the street above both
  await street.done('incidents:view', { incident });
  expect(await codeOf(other.request('incidents:view', { incident }))).toBe('not_found');
  // Whoever held a post there holds it no more.
  expect(await codeOf(officer.request('incidents:view', { incident }))).toBe('not_found');
});

test('a closed unit takes nothing new: no post, no person, no unit below, no room, concern or meeting, no other name', async () => {
  const app = await startApp();
  const unit = app.unit('wenshu');
  const admin = await signIn(app, 'admin');
  await close(admin, unit, [app.unit('babaojie')]);
  const person = app.person('outsider');
  const refused = 'people.unit_closed';
  const id = newId;
  const asks: [string, object, string][] = [
    ['people:appoint', { id: id(), unit, person, role: 'worker' }, refused],
    ['people:enrol', { id: id(), unit, login: 'late', name: '晚', password: 'a long password' }, refused],
    ['people:create-unit', { id: id(), parent: unit, code: 'grid-1', name: '一', level: 'grid' }, refused],
    ['people:rename-unit', { id: id(), unit, name: '新名' }, refused],
    ['people:close-unit', { id: id(), unit, successors: [app.unit('toufujie')], reason: '再' }, refused],
    ['forum:create', { id: id(), unit, title: '大厅', kind: 'open' }, 'locked'],
  ];
  for (const [name, input, code] of asks) expect(await codeOf(admin.request(name, input)), name).toBe(code);
  const heir = await signIn(app, 'huangwei');
  const flag = heir.request('incidents:flag', { id: id(), unit, title: '停水', what: '停水了' });
  expect(await codeOf(flag)).toBe('locked');
  const startsAt = '2026-11-24T09:00:00+08:00';
  const meet = heir.request('minutes:create', { id: id(), unit, title: '例会', body: 'committee', startsAt });
  expect(await codeOf(meet)).toBe('locked');
});

test('a split is announced for a day, happens by itself then, and the first successor takes over what is open', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const { unit, incident, officer } = await lived(app);
  const admin = await signIn(app, 'admin');
  const [first, second] = [newId(), newId()];
  const half = { parent: app.unit('qingyang-street'), level: 'community' };
  await admin.done('people:create-unit', { id: first, code: 'wenshu-1', name: '文殊一社区', ...half });
  await admin.done('people:create-unit', { id: second, code: 'wenshu-2', name: '文殊二社区', ...half });
  const at = new Date(clock.now().getTime() + 3 * DAY).toISOString();
  const person = app.person('huangwei');
  await admin.done('people:appoint', { id: newId(), unit: first, person, role: 'officer' });
  expect((await close(admin, unit, [first, second], at)).ok).toBe(true);
  const heir = await signIn(app, 'huangwei');
  await officer.done('incidents:view', { incident }); // until then all is as it was
  expect(await codeOf(heir.request('incidents:view', { incident }))).toBe('not_found');
  const grid = { id: newId(), parent: unit, code: 'grid-1', name: '一', level: 'grid' };
  expect(await codeOf(admin.request('people:create-unit', grid))).toBe('people.unit_closed');

  clock.set(new Date(clock.now().getTime() + 4 * DAY));
  const again = await signIn(app, 'huangwei'); // four days end a session
  await again.done('incidents:view', { incident });
  const { units } = (await again.done('people:units', {})) as unknown as { units: { id: string }[] };
  expect(units.find(({ id }) => id === unit)).toMatchObject({ closed: true, until: at, successors: [first, second] });
});

test('a name is changed, who closes a unit must rule its successor too, and a successor never leads back', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const [unit, street] = [app.unit('wenshu'), app.unit('qingyang-street')];
  await admin.done('people:rename-unit', { id: newId(), unit, name: '文殊坊社区' });
  expect(app.app.features.directory.tree.get(unit)?.name).toBe('文殊坊社区');
  const bad = 'people.bad_successor';
  expect(await codeOf(close(admin, unit, [unit]))).toBe(bad);
  expect(await codeOf(close(admin, street, [unit]))).toBe(bad); // stands below it
  expect(await codeOf(close(admin, unit, [app.unit('kuixinglou')]))).toBe(bad); // another district's
  expect(await codeOf(close(admin, unit, [street], '2020-01-01T00:00:00Z'))).toBe('people.bad_dates');
  await close(admin, unit, [app.unit('babaojie')]);
  expect(await codeOf(close(admin, app.unit('babaojie'), [unit]))).toBe(bad); // closed itself
});

test('a closed unit is as it was after a restart, and an older event that comes again undoes nothing', async () => {
  const first = await startApp();
  const unit = first.unit('wenshu');
  const admin = await signIn(first, 'admin');
  for (const name of ['文殊里社区', '文殊坊社区']) await admin.done('people:rename-unit', { id: newId(), unit, name });
  await close(admin, unit, [first.unit('babaojie')]);
  const stream = `unit:${unit}`;
  const { streams, features } = first.app;
  const events = await streams.read(stream, 1, (await streams.head(stream)).seq, 500);
  const before = features.directory.tree.get(unit);
  expect(before).toMatchObject({ name: '文殊坊社区', closed: true, parent: first.unit('babaojie') });
  for (const event of events) {
    features.directory.apply(event);
    expect(features.directory.tree.get(unit), event.type).toEqual(before);
  }
  await first.close();
  const second = await startApp({ folder: first.folder });
  expect(second.app.features.directory.tree.get(unit)).toEqual(before);
});

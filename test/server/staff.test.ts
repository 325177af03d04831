import { expect, test } from 'vitest';
import { createClock } from '#server/platform/clock.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { connect, cookieFor, eventually, newId, signIn, type TestClient } from '../support/client.ts';
import { openDoc } from '../support/collab.ts';

/* Suspension, dated posts, delegations, coverage: what holds when, over every way in. */

const [HOUR, DAY] = [3600_000, 24 * 3600_000];
const REASON = '账号外泄';
const codeOf = async (asked: Promise<{ error?: { code: string } }>) => (await asked).error?.code;
const rolesOf = (app: TestApp, login: string): string[] =>
  (app.app.features.directory.user(app.person(login), app.app.clock.now())?.appointments ?? []).map(({ role }) => role);

test('whoever is suspended is out within a second: session, socket, document and rights, and comes back to none of them', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const officer = await signIn(app, 'officer');
  const startsAt = '2026-11-24T09:00:00+08:00';
  const meeting = { id: newId(), unit: app.unit('wenshu'), title: '例会', body: 'committee', startsAt };
  const { doc } = (await officer.done('minutes:create', meeting)) as unknown as { doc: string };
  const line = await openDoc(officer, doc);
  const ended = new Promise((resolve) => officer.socket.once('session:ended', resolve));
  const closed = new Promise((resolve) => {
    line.provider.once('connection-close', resolve);
  });
  const person = app.person('officer');
  const began = performance.now();
  await admin.done('people:suspend', { id: newId(), person, reason: REASON });
  expect(app.app.features.directory.actor(person)).toBeUndefined();
  await ended;
  await closed;
  expect(performance.now() - began).toBeLessThan(5_000); // a second where nobody else is busy
  expect((await officer.http('people/me')).status).toBe(401);
  await expect(cookieFor(app.url, 'officer')).rejects.toThrow('unauthenticated');
  expect(await codeOf(admin.request('people:suspend', { id: newId(), person, reason: REASON }))).toBe(
    'people.already_so',
  );

  await admin.done('people:reactivate', { id: newId(), person, reason: '已改密码' });
  expect(rolesOf(app, 'officer')).toEqual(['officer']);
  await expect(connect(app.url, officer.cookie)).rejects.toThrow('unauthenticated');
  await signIn(app, 'officer');
});

test('a suspension that is sent once more after somebody is back ends nothing of theirs', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const person = app.person('officer');
  const suspension = { id: newId(), person, reason: REASON };
  const first = await admin.done('people:suspend', suspension);
  await admin.done('people:reactivate', { id: newId(), person, reason: '已改密码' });
  const officer = await signIn(app, 'officer');
  expect(await admin.done('people:suspend', suspension)).toEqual(first);
  expect((await officer.http('people/me')).status).toBe(200);
});

test('nobody suspends themselves, somebody of another place, or somebody who also serves above them', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const suspend = (login: string) =>
    admin.request('people:suspend', { id: newId(), person: app.person(login), reason: REASON });
  expect(await codeOf(suspend('admin'))).toBe('people.not_self');
  expect(await codeOf(suspend('outsider'))).toBe('not_found');
  expect(await codeOf(suspend('qinyue'))).toBe('not_found'); // the district's
  // Nor does a post that somebody gives them here make them theirs; and only whoever is over both gives one.
  const post = { unit: app.unit('wenshu'), person: app.person('qinyue'), role: 'worker' as const };
  const given = admin.request('people:appoint', { id: newId(), ...post });
  expect(await codeOf(given)).toBe('people.theirs_elsewhere');
  const { directory, people } = app.app.features;
  await people.appoint({ person: directory.withLogin('demo-root')?._id ?? '' }, { id: newId(), ...post });
  expect(await codeOf(suspend('qinyue'))).toBe('not_found');
  const worker = await signIn(app, 'worker');
  const asked = worker.request('people:suspend', { id: newId(), person: app.person('officer'), reason: REASON });
  expect(await codeOf(asked)).toBe('not_found');
});

test('whoever suspends the other administrators is not the only one by that, and no set-up code stands in for them', async () => {
  const app = await startApp();
  const { directory, people, setup } = app.app.features;
  const root = { person: directory.withLogin('demo-root')?._id ?? '' };
  const unit = app.unit('qingyang-street');
  const give = (code: string) =>
    people.appoint(root, { id: newId(), unit, person: app.person('zhangrui'), role: 'approver', code });
  for (const login of ['admin', 'qinyue'])
    await people.suspend(root, { id: newId(), person: app.person(login), reason: REASON });
  expect(await give(setup.code)).toMatchObject({ pending: true });
});

test('an administrator is told whose name looks like one they are about to give, and where, and may give it', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  const alike = async (name: string) => (await admin.done('people:alike', { unit, name }))['people'];
  expect(await alike('李 華')).toEqual([{ name: '李华', unitName: '文殊社区' }]);
  expect(await alike('李花')).toEqual([]);
  expect(await codeOf(admin.request('people:alike', { unit: app.unit('jinjiang'), name: '李华' }))).toBe('not_found');

  const person = newId();
  const newcomer = { id: person, unit, login: 'lihua2', name: '李華', password: 'a long enough sentence 7' };
  await admin.done('people:enrol', newcomer);
  const both = [
    { name: '李华', unitName: '文殊社区' },
    { name: '李華', unitName: '文殊社区' },
  ];
  expect(await alike('李华')).toEqual(both);
  await admin.done('people:suspend', { id: newId(), person, reason: REASON });
  expect(await alike('李华')).toEqual(both); // they may come back
});

test('a post begins and ends on its day on a line that is open all the while, and is given once for one time', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  const person = app.person('sunhao'); // an officer of the district: signed in, with no post here
  const officer = await signIn(app, 'zengqiang');
  const incident = newId();
  const flagger = await signIn(app, 'officer');
  await flagger.done('incidents:flag', { id: incident, unit, title: '停水', what: '停水了' });
  const moment = (hours: number): string => new Date(clock.now().getTime() + hours * HOUR).toISOString();
  const [from, until] = [moment(1), moment(2)];
  const appoint = (role: string, times: object, who = app.person('zengqiang')) =>
    admin.request('people:appoint', { id: newId(), unit, person: who, role, ...times });
  expect((await appoint('officer', { from, until })).ok).toBe(true);
  expect(await codeOf(appoint('officer', { from: moment(1.5) }))).toBe('people.overlaps');
  expect((await appoint('officer', { from: until })).ok).toBe(true); // one after the other is no overlap
  expect(await codeOf(appoint('officer', { from: until, until: from }, person))).toBe('people.bad_dates');
  expect(await codeOf(appoint('officer', { from: moment(-3), until: moment(-1) }, person))).toBe('people.bad_dates');
  const mayRead = async (): Promise<boolean> => (await officer.request('incidents:view', { incident })).ok;
  expect(await mayRead()).toBe(false);
  clock.set(new Date(Date.parse(from)));
  expect(await mayRead()).toBe(true);
});

test('a proposal whose time passed while it waited is confirmed by nobody', async () => {
  const clock = createClock();
  const app = await startApp({ clock });
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  const appointment = newId();
  const until = new Date(clock.now().getTime() + HOUR).toISOString();
  const proposal = { id: appointment, unit, person: app.person('worker'), role: 'approver', until };
  expect(await admin.done('people:appoint', proposal)).toMatchObject({ pending: true });
  const { posts } = (await admin.done('people:roster', { unit })) as unknown as { posts: object[] };
  expect(posts).toContainEqual(expect.objectContaining({ appointment, waiting: true, by: app.person('admin') }));
  clock.set(new Date(clock.now().getTime() + 2 * HOUR));
  const root = app.app.features.directory.withLogin('demo-root')?._id ?? '';
  const confirm = app.app.features.people.confirm({ person: root }, { id: newId(), unit, appointment });
  await expect(confirm).rejects.toMatchObject({ code: 'people.bad_dates' });
});

test('a delegation is asked for, declined or accepted by whoever was asked, and taken back at once by whoever gave it', async () => {
  const app = await startApp();
  const spokesperson = await signIn(app, 'spokesperson');
  const wudan = await signIn(app, 'wudan'); // an officer of the street
  const unit = app.unit('qingyang-street');
  const now = Date.now();
  const ask = (person: string, days: number) => {
    const delegation = newId();
    const from = new Date(now).toISOString();
    const until = new Date(now + days * DAY).toISOString();
    const input = { id: delegation, unit, person: app.person(person), from, until, reason: '出差' };
    return { delegation, asked: spokesperson.request('people:delegate', input) };
  };
  const actsFor = (login: string): number => app.actor(login).delegations.length;
  const word = (client: typeof wudan, verb: string, delegation: string) =>
    client.request(`people:${verb}`, { id: newId(), delegation });

  expect(await codeOf(ask('wudan', 15).asked)).toBe('people.too_long');
  const declined = ask('wudan', 14);
  expect((await declined.asked).ok).toBe(true);
  expect(actsFor('wudan')).toBe(0);
  expect(await codeOf(word(spokesperson, 'accept', declined.delegation))).toBe('people.no_such_delegation');
  expect((await word(wudan, 'decline', declined.delegation)).ok).toBe(true);
  expect(await codeOf(word(wudan, 'accept', declined.delegation))).toBe('people.no_such_delegation');

  const given = ask('wudan', 3);
  await given.asked;
  expect((await word(wudan, 'accept', given.delegation)).ok).toBe(true);
  expect(actsFor('wudan')).toBe(1);
  // A deputy lends nothing on.
  const chain = { unit, person: app.person('zhangrui'), reason: '转托' };
  const times = { from: new Date(now).toISOString(), until: new Date(now + DAY).toISOString() };
  expect(await codeOf(wudan.request('people:delegate', { id: newId(), ...chain, ...times }))).toBe('not_found');
  expect(await codeOf(word(wudan, 'revoke', given.delegation))).toBe('people.no_such_delegation');
  expect((await word(spokesperson, 'revoke', given.delegation)).ok).toBe(true);
  expect(actsFor('wudan')).toBe(0);
  const stopped = ask('wudan', 2);
  await stopped.asked;
  await word(wudan, 'accept', stopped.delegation);
  expect((await word(wudan, 'decline', stopped.delegation)).ok).toBe(true);
  expect(actsFor('wudan')).toBe(0);
  // For a day neither signs what the other had a hand in.
  expect(app.app.features.directory.joinedTo(app.person('wudan'), new Date())).toEqual([app.person('spokesperson')]);
  const { delegations } = (await wudan.done('people:delegations', {})) as unknown as { delegations: object[] };
  expect(delegations).toMatchObject([...[{ state: 'stopped' }, { state: 'revoked' }, { state: 'declined' }]]);
});

test('whoever asks for a deputy is offered those of the unit who could act, whatever else they are', async () => {
  const app = await startApp();
  const unit = app.unit('qingyang-street');
  const root = { person: app.app.features.directory.withLogin('demo-root')?._id ?? '' };
  // Beside a name stands the moderator's post; what counts is that there is a worker's too.
  await app.app.features.people.appoint(root, { id: newId(), unit, person: app.person('moderator'), role: 'worker' });
  const spokesperson = await signIn(app, 'spokesperson');
  const of = async (input: object): Promise<string[]> => {
    const { people } = (await spokesperson.done('people:members', { unit, ...input })) as unknown as {
      people: { name: string }[];
    };
    return people.map(({ name }) => name).sort();
  };
  expect(await of({ as: 'deputy' })).toEqual(['何芳', '吴丹', '唐明', '张睿', '马晓燕'].sort());
  expect(await of({})).toContain('赵蕾');
});

test('coverage shows a gap from the moment the only one who signs is suspended, and none when they are back', async () => {
  const app = await startApp();
  const admin = await signIn(app, 'admin');
  const unit = app.unit('qingyang-street');
  const lacks = async (): Promise<string[]> => {
    const { units } = (await admin.done('people:coverage', { unit })) as unknown as {
      units: { unit: string; spans: { lacks: string[] }[] }[];
    };
    expect(units[0]?.unit).toBe(unit);
    expect(units).toHaveLength(5); // with its four communities
    return units.flatMap(({ spans }) => spans.flatMap((span) => span.lacks));
  };
  expect(await lacks()).toEqual([]); // the street's own, with the district's above them
  const { people, directory } = app.app.features;
  const root = { person: directory.withLogin('demo-root')?._id ?? '' };
  for (const login of ['approver', 'longbin']) {
    await people.suspend(root, { id: newId(), person: app.person(login), reason: REASON });
  }
  expect(await lacks()).toEqual(Array.from({ length: 5 }, () => 'approver'));
  await people.reactivate(root, { id: newId(), person: app.person('approver'), reason: '查清' });
  expect(await lacks()).toEqual([]);
  await eventually(() => app.app.consumers.stuck().length === 0);
});

test('why somebody lost a post, and who is proposed for one, is read on the unit’s stream by administrators alone', async () => {
  const app = await startApp();
  const [admin, worker] = [await signIn(app, 'admin'), await signIn(app, 'worker')];
  const [unit, person, appointment] = [app.unit('wenshu'), app.person('songxia'), newId()];
  await admin.done('people:appoint', { id: appointment, unit, person, role: 'officer' });
  await admin.done('people:appoint', { id: newId(), unit, person, role: 'auditor' });
  await admin.done('people:end', { id: newId(), unit, appointment, reason: '正在接受审查' });
  const seen = async (client: TestClient) => {
    const opened = await client.done('stream:open', { stream: `unit:${unit}`, have: 0 });
    const events = opened['events'] as { type?: string; data?: object }[];
    return { types: events.map(({ type }) => type), text: JSON.stringify(events) };
  };
  const [full, less] = [await seen(admin), await seen(worker)];
  expect(full.types).toEqual(expect.arrayContaining(['people.proposed', 'people.ended']));
  expect(full.text).toContain('正在接受审查');
  expect(less.types).toHaveLength(full.types.length); // the chain holds without what they say
  expect(less.types).not.toContain('people.proposed');
  expect(less.text).not.toContain('正在接受审查');
});

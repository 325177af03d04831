import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { newId, signIn } from '../support/client.ts';

/* Moments that no Date reads: refused at the door, harmless where an older version took one in. */

const UNREADABLE = '2026-11-22T10:00:00+08';

test('a moment that nobody can read is refused by name, whatever it is for', async () => {
  const app = await startApp();
  const [officer, spokesperson] = [await signIn(app, 'officer'), await signIn(app, 'spokesperson')];
  const unit = app.unit('wenshu');
  const meeting = { id: newId(), unit, title: '例会', body: 'committee', startsAt: UNREADABLE };
  expect((await officer.request('minutes:create', meeting)).error).toMatchObject({
    code: 'bad_input',
    field: 'startsAt',
  });
  const flag = { id: newId(), unit, title: '停水', what: '停水了', knownAt: UNREADABLE };
  expect((await officer.request('incidents:flag', flag)).error).toMatchObject({ code: 'bad_input', field: 'knownAt' });
  const lent = { id: newId(), unit: app.unit('qingyang-street'), person: app.person('deputy'), reason: '外出' };
  const dated = { ...lent, from: new Date().toISOString(), until: UNREADABLE };
  expect((await spokesperson.request('people:delegate', dated)).error).toMatchObject({
    code: 'bad_input',
    field: 'until',
  });
});

test('a meeting stored with such a moment stands in the list and holds up nothing that comes after it', async () => {
  const app = await startApp();
  const officer = await signIn(app, 'officer');
  const { streams, consumers } = app.app;
  const unit = app.unit('wenshu');
  const [old, signer] = [newId(), app.person('officer')];
  const data = { unit, title: '旧的', body: 'committee', startsAt: UNREADABLE, items: [], signer, doc: newId() };
  await streams.inTurn(`meeting:${old}`, () =>
    streams.append(`meeting:${old}`, { id: old, type: 'created', actor: signer, data }),
  );
  const next = { id: newId(), unit, title: '新的', body: 'committee', startsAt: '2026-11-20T10:00:00+08:00' };
  await officer.done('minutes:create', next);
  await consumers.settled();
  expect(consumers.stuck()).toEqual([]);
  const { meetings } = await officer.done('minutes:list', { unit });
  expect((meetings as { id: string }[]).map(({ id }) => id)).toEqual([old, next.id]);
});

test('a delegation stored with such an end gives nothing, instead of all the time the post has left', async () => {
  const app = await startApp();
  const { directory } = app.app.features;
  const { streams } = app.app;
  const deputy = app.person('deputy');
  const before = directory.actor(deputy)?.delegations.length;
  const write = (type: string, data: object) =>
    streams.inTurn(`person:${deputy}`, () =>
      streams.append(`person:${deputy}`, { id: newId(), type, actor: deputy, data }),
    );
  const delegation = newId();
  const lent = { delegation, principal: app.person('spokesperson'), unit: app.unit('qingyang-street'), reason: 'r' };
  const appointed = [...directory.posts()].find(({ person }) => person === app.person('spokesperson'));
  if (appointed === undefined) throw new Error('no spokesperson');
  const until = new Date(Date.now() + 300 * 24 * 3600_000).toISOString();
  const post = {
    appointment: appointed._id,
    person: appointed.person,
    role: appointed.role,
    from: appointed.from,
    until,
  };
  await streams.inTurn(`unit:${appointed.unit}`, () =>
    streams.append(`unit:${appointed.unit}`, { id: newId(), type: 'people.appointed', actor: 'system', data: post }),
  );
  await write('people.delegated', { ...lent, from: new Date().toISOString(), until: UNREADABLE });
  await write('people.accepted', { delegation });
  expect(directory.actor(deputy)?.delegations).toHaveLength(before ?? 0);
});

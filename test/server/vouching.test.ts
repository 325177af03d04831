import { expect, test } from 'vitest';
import { ask, enrolFactor, HOUR, MINUTE, startReal, tryToSignIn } from '../support/account.ts';
import { startApp } from '../support/app.ts';
import { newId } from '../support/client.ts';
import { appointed, OWN, rolesOf, START, takeAccount } from '../support/vouching.ts';

/* A post that takes two begins when its holder shows a code from an administrator who never gave them a way in. */

test('a post that takes two begins when its holder shows the code that the second administrator handed over', async () => {
  const real = await startReal();
  const { app } = real;
  const { admin, root, done, codeFor, person, unit, login, post } = await appointed(real);
  const cookie = await takeAccount(real, login);
  const me = async () => (await ask(app.url, cookie, 'people:me'))['user'];
  expect(await me()).toMatchObject({ appointments: [], begins: [{ role: 'spokesperson', unit: { id: unit } }] });
  expect(rolesOf(real, person)).toEqual([]);
  const { posts } = await ask(app.url, root, `people:roster?unit=${unit}`);
  expect(posts).toContainEqual(expect.objectContaining({ appointment: post, waiting: false, begins: true }));

  const means = async (asker: string) => (await ask(app.url, asker, `people:means?person=${person}`))['vouch'];
  expect([await means(admin), await means(root)]).toEqual(['another', 'yours']);
  expect(await codeFor(admin, 'people:give-code', { person })).toBe('people.gave_way_in');
  const { code } = await done(root, 'people:give-code', { person });
  expect(await codeFor(cookie, 'people:take-up', { code: '0000-0000-0000' })).toBe('people.vouch_code_wrong');
  expect(rolesOf(real, person)).toEqual([]);
  const shown = { code: String(code).toUpperCase().replaceAll('-', ' ') }; // as people type it
  await done(cookie, 'people:take-up', shown);
  expect(await me()).toMatchObject({ appointments: [{ role: 'spokesperson' }] });
  expect(await me()).not.toHaveProperty('begins');
  expect(await means(root)).toBeNull();
  await done(cookie, 'people:take-up', shown); // again: nothing is wrong

  const { streams, features } = app.app;
  const by = features.directory.withLogin('demo-root')?._id;
  const { seq } = await streams.head(`person:${person}`);
  expect((await streams.read(`person:${person}`, 1, seq)).slice(-2)).toMatchObject([
    { type: 'people.code_given', actor: by, data: {} },
    { type: 'people.vouched', actor: person, data: { by } },
  ]);
  const next = newId();
  await done(admin, 'people:appoint', { id: next, unit, person, role: 'auditor' });
  await done(root, 'people:confirm', { unit, appointment: next });
  expect(rolesOf(real, person)).toEqual(['spokesperson', 'auditor']); // met once, as long as the factor is the same
});

test('whoever takes an account with the start password before its person has nothing of the post', async () => {
  const real = await startReal();
  const { app } = real;
  const { root, done, codeFor, person, login } = await appointed(real);
  const thief = await takeAccount(real, login); // the administrator who enrolled them
  const { code } = await done(root, 'people:give-code', { person });
  const theirs = await tryToSignIn(app.url, { name: login, password: START });
  expect(theirs.body.error?.code).toBe('unauthenticated'); // so the person comes back to who gave the code
  expect(rolesOf(real, person)).toEqual([]);
  expect(await codeFor(thief, 'people:give-code', { person })).toBe('not_found');
  for (let guess = 0; guess < 5; guess++)
    expect(await codeFor(thief, 'people:take-up', { code: `0000-0000-000${guess}` })).toBe('people.vouch_code_wrong');
  expect(await codeFor(thief, 'people:take-up', { code })).toBe('rate_limited'); // wrong ones make the next one wait
});

test('a code counts for a day, and only the last one that was given', async () => {
  const real = await startReal();
  const { root, done, person, login } = await appointed(real);
  await takeAccount(real, login);
  const { vouching } = real.app.app.features;
  const actor = real.app.app.features.directory.actor(person);
  if (actor === undefined) throw new Error('nobody');
  const show = (code: unknown) => vouching.takeUp({ actor, session: 's' }, { id: newId(), code: String(code) });
  const first = await done(root, 'people:give-code', { person });
  const second = await done(root, 'people:give-code', { person });
  await expect(show(first['code'])).rejects.toMatchObject({ code: 'people.vouch_code_wrong' });
  real.later(24 * HOUR + MINUTE);
  await expect(show(second['code'])).rejects.toMatchObject({ code: 'people.vouch_code_wrong' });
  expect(rolesOf(real, person)).toEqual([]);
});

test('after a reset by two, or once the factor was given up, posts that take two begin with a code again', async () => {
  const real = await startReal();
  const { app } = real;
  const { admin, root, done, codeFor, person, login, unit, post } = await appointed(real);
  const cookie = await takeAccount(real, login);
  const { code } = await done(root, 'people:give-code', { person });
  await done(cookie, 'people:take-up', { code });
  const reset = newId();
  await done(admin, 'people:reset-factor', { id: reset, person, reason: '手机丢失' });
  expect(rolesOf(real, person)).toEqual(['spokesperson']); // until another confirms
  await done(root, 'people:confirm-reset', { person, reset });
  expect(rolesOf(real, person)).toEqual([]);

  const { cookies } = await tryToSignIn(app.url, { name: login, password: OWN });
  const again = (await enrolFactor(app, cookies[0] ?? '', real.clock.now())).cookie;
  real.later(MINUTE);
  expect(await codeFor(again, 'people:take-up', { code })).toBe('people.vouch_code_wrong'); // that of before
  await done(again, 'people:take-up', { code: (await done(root, 'people:give-code', { person }))['code'] });
  expect(rolesOf(real, person)).toEqual(['spokesperson']);

  await done(root, 'people:end', { unit, appointment: post });
  expect(await ask(app.url, again, 'people:drop-factor', {})).toMatchObject({ ok: true });
  const next = newId();
  await done(admin, 'people:appoint', { id: next, unit, person, role: 'approver' });
  await done(root, 'people:confirm', { unit, appointment: next });
  expect(rolesOf(real, person)).toEqual([]);
});

test('a hub that was started again still knows who was vouched for, and which posts have yet to begin', async () => {
  const real = await startReal();
  const { root, done, person, login, unit } = await appointed(real);
  const cookie = await takeAccount(real, login);
  await done(cookie, 'people:take-up', { code: (await done(root, 'people:give-code', { person }))['code'] });
  const other = await done(root, 'people:enrol', { unit, login: 'other', name: '另一位', password: START });
  const post = { id: newId(), unit, person: other['person'], role: 'approver' };
  await done(root, 'people:appoint', post);
  await real.app.app.features.people.confirm(
    { person: real.app.person('admin') },
    { id: newId(), unit, appointment: post.id },
  );
  await real.app.close();
  const again = await startApp({ seed: false, clock: real.clock, folder: real.app.folder });
  const { directory } = again.app.features;
  expect(directory.actor(person)?.appointments.map(({ role }) => role)).toEqual(['spokesperson']);
  expect(directory.actor(String(other['person']))).toMatchObject({ appointments: [], begins: true });
});

import { expect, test } from 'vitest';
import { ask, askAndKeep, codeFor, enrolFactor, HOUR, MINUTE, SECOND, startReal } from '../support/account.ts';
import { newId } from '../support/client.ts';
import { WATER } from '../support/incident-calls.ts';
import { administrators, appointed, OWN, rolesOf, START, takeAccount, type Real } from '../support/vouching.ts';

/* One administrator who means ill, or a thief, and an account that is not theirs: each of these worked once. */

const DAY = 24 * HOUR;
const NEXT = 'yellow bicycle 93 beside the lake';

/** The demo's people hold posts that were given before there were codes, with the set-up code. */
const postOf = ({ app }: Real, login: string, role: string) => {
  const person = app.person(login);
  const post = [...app.app.features.directory.posts()].find((one) => one.person === person && one.role === role);
  if (post === undefined) throw new Error(`${login} is no ${role}`);
  return post;
};

/** Resets somebody's second factor: the city's administrator, who enrolled them, asks, and the district's confirms. */
async function resetBy(real: Real, person: string, { done, admin, root }: Awaited<ReturnType<typeof administrators>>) {
  const reset = newId();
  await done(root, 'people:reset-factor', { id: reset, person, reason: '账号被盗' });
  await done(admin, 'people:confirm-reset', { person, reset });
  real.later(MINUTE);
}

/** Signs in with a password and enrols another factor, as whoever knows it can after a reset. */
async function enterAnew(real: Real, name: string, password?: string): Promise<string> {
  const { cookies } = await real.enter(name, password === undefined ? {} : { password });
  const { cookie } = await enrolFactor(real.app, cookies[0] ?? '', real.clock.now());
  real.later(MINUTE);
  return cookie;
}

test('whoever knows the password alone has nothing after a reset by the operator, whose code begins the posts', async () => {
  const real = await startReal();
  const { app } = real;
  const { done, person, login } = await appointed(real);
  const { resets, vouching } = app.app.features;
  await resets.resetByOperator(person, newId());
  const given = await vouching.giveByOperator(person, newId());
  const cookie = await takeAccount(real, login); // with the start password
  expect(rolesOf(real, person)).toEqual([]);
  await done(cookie, 'people:take-up', { code: given?.code });
  expect(rolesOf(real, person)).toEqual(['spokesperson']);
});

test('a post of before there were codes stops as well when the factor of its holder is reset', async () => {
  const real = await startReal();
  const acts = await administrators(real);
  await real.enrolled('spokesperson');
  const person = real.app.person('spokesperson');
  await acts.done(acts.root, 'people:reset-password', { person, password: START }); // there is a factor
  await resetBy(real, person, acts);
  const thief = await takeAccount(real, 'spokesperson');
  expect(rolesOf(real, person)).toEqual([]);
  expect(await acts.codeFor(acts.root, 'people:give-code', { person })).toBe('people.gave_way_in');
  const { code } = await acts.done(acts.admin, 'people:give-code', { person }); // if it is them who come for it
  await acts.done(thief, 'people:take-up', { code });
  expect(rolesOf(real, person)).toEqual(['spokesperson']);
});

/** A response that the approver signed; publishing it answers with a code, or how it was refused. */
async function signed(real: Real, { done }: Awaited<ReturnType<typeof administrators>>) {
  const { app } = real;
  const [officer, spokesperson, approver] = await Promise.all(
    ['officer', 'spokesperson', 'approver'].map(async (login) => (await real.enter(login)).cookies[0] ?? ''),
  );
  const at = async (cookie = '') => (await enrolFactor(app, cookie, real.clock.now())).cookie;
  const [off, spo, app1] = [await at(officer), await at(spokesperson), await at(approver)];
  const unit = app.unit('wenshu');
  const { incident } = await done(off, 'incidents:flag', { unit, title: '金马街停水', what: WATER });
  const graded = { severity: 'III', category: 'livelihood', verification: 'corroborated' };
  await done(off, 'incidents:triage', { incident, expected: 1, communities: [unit], ...graded });
  await done(off, 'incidents:note', { incident, about: 'known', text: '水质检测全部合格。' });
  const { response } = await done(spo, 'responses:draft', { incident, kind: 'holding', title: '停水' });
  const version = async (): Promise<unknown> => {
    const view = (await ask(app.url, spo, `responses:view?response=${String(response)}`))['response'];
    return (view as { version: string }).version;
  };
  const { contentHash } = await done(spo, 'responses:submit', { response, expected: await version() });
  await done(app1, 'responses:approve', { response, expected: await version(), contentHash });
  return async () => {
    const answer = await ask(app.url, spo, 'responses:publish', { id: newId(), response, expected: await version() });
    return answer.error?.code ?? 'published';
  };
}

test('what an account signed before it was suspended, or its factor reset, does not go out when its person is back', async () => {
  for (const how of ['suspended', 'reset'] as const) {
    const real = await startReal();
    const acts = await administrators(real);
    const publish = await signed(real, acts);
    const person = real.app.person('approver');
    if (how === 'reset') await resetBy(real, person, acts);
    else await acts.done(acts.root, 'people:suspend', { person, reason: '账号被盗' });
    expect(await publish(), how).toBe('responses.not_enough_approvals');
    if (how === 'reset') {
      const again = await enterAnew(real, 'approver');
      const { code } = await acts.done(acts.admin, 'people:give-code', { person });
      await acts.done(again, 'people:take-up', { code });
    } else await acts.done(acts.root, 'people:reactivate', { person, reason: '查清' });
    expect(rolesOf(real, person), how).toEqual(['approver']);
    expect(await publish(), how).toBe('responses.not_enough_approvals');
  }
}, 30_000);

test('what an account lent before its factor was reset is not lent any more when its person is back', async () => {
  const real = await startReal();
  const { app, clock } = real;
  const acts = await administrators(real);
  const spokesperson = await real.enrolled('spokesperson');
  const [person, officer] = [app.person('spokesperson'), app.person('officer')];
  const { unit } = postOf(real, 'spokesperson', 'spokesperson');
  await acts.done(acts.admin, 'people:appoint', { unit, person: officer, role: 'officer' });
  const deputy = await real.enrolled('officer');
  const at = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const lent = { id: newId(), unit, person: officer, from: at(0), until: at(13 * DAY), reason: '休假' };
  await acts.done(spokesperson.cookie, 'people:delegate', lent);
  await acts.done(deputy.cookie, 'people:accept', { delegation: lent.id });
  const runs = () => app.app.features.directory.actor(officer)?.delegations.length;
  expect(runs()).toBe(1);
  await resetBy(real, person, acts);
  const again = await enterAnew(real, 'spokesperson');
  await acts.done(again, 'people:take-up', {
    code: (await acts.done(acts.admin, 'people:give-code', { person }))['code'],
  });
  expect(rolesOf(real, person)).toEqual(['spokesperson']);
  expect(runs()).toBe(0);
});

test('whoever ends the posts of the other administrators is not the only one by that, for a fortnight', async () => {
  const real = await startReal();
  const { app } = real;
  const { root, done } = await administrators(real);
  const unit = app.unit('wenshu');
  const { person } = await done(root, 'people:enrol', { unit, login: 'puppet', name: '傀儡', password: START });
  const { features } = app.app;
  const other = postOf(real, 'admin', 'admin');
  await done(root, 'people:end', { unit: other.unit, appointment: other._id });
  const post = { unit, person, role: 'spokesperson', code: features.setup.code };
  expect(await done(root, 'people:appoint', post)).toMatchObject({ pending: true });
  const sender = { person: features.directory.withLogin('demo-root')?._id ?? '' };
  const later = { id: newId(), unit, person: String(person), role: 'approver' as const, code: features.setup.code };
  real.later(14 * DAY);
  expect(await features.people.appoint(sender, later)).toMatchObject({ pending: false });
});

test('one administrator gives no way in to somebody who was asked to act for a spokesperson and has no second factor', async () => {
  const real = await startReal();
  const { app, clock } = real;
  const { admin, done, codeFor } = await administrators(real);
  const spokesperson = await real.enrolled('spokesperson');
  const person = app.person('worker');
  const { unit } = postOf(real, 'spokesperson', 'spokesperson');
  await done(admin, 'people:appoint', { unit, person, role: 'worker' });
  await done(admin, 'people:reset-password', { person, password: START }); // before they were asked
  const at = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const lent = { id: newId(), unit, person, from: at(0), until: at(DAY), reason: '休假' };
  await done(spokesperson.cookie, 'people:delegate', lent);
  expect(await codeFor(admin, 'people:reset-password', { person, password: NEXT })).toBe('people.no_factor_yet');
  await done(spokesperson.cookie, 'people:revoke', { delegation: lent.id });
  expect(await codeFor(admin, 'people:reset-password', { person, password: NEXT })).toBeUndefined();
});

test('no code counts that comes from who proposed the post, who asked for the reset, or who was suspended since', async () => {
  const real = await startReal();
  const { app } = real;
  const acts = await administrators(real);
  const { admin, root, done, codeFor: refusal } = acts;
  const unit = app.unit('wenshu');
  const { person } = await done(root, 'people:enrol', { unit, login: 'newcomer', name: '新来的', password: START });
  const post = newId();
  await done(admin, 'people:appoint', { id: post, unit, person, role: 'auditor' });
  await done(root, 'people:confirm', { unit, appointment: post });
  for (const giver of [admin, root])
    expect(await refusal(giver, 'people:give-code', { person })).toBe('people.gave_way_in');

  await real.enrolled('spokesperson');
  const spokesperson = app.person('spokesperson');
  await resetBy(real, spokesperson, acts);
  expect(await refusal(root, 'people:give-code', { person: spokesperson })).toBe('people.gave_way_in');
  const { code } = await done(admin, 'people:give-code', { person: spokesperson });
  const again = await enterAnew(real, 'spokesperson');
  await done(root, 'people:suspend', { person: app.person('admin'), reason: '账号被盗' });
  expect(await refusal(again, 'people:take-up', { code })).toBe('people.vouch_code_wrong');
  expect(rolesOf(real, spokesperson)).toEqual([]);
});

test('another authenticator takes a code of the one it replaces', async () => {
  const real = await startReal();
  const { app, clock, later } = real;
  const { cookie, code } = await real.enrolled('spokesperson');
  const begun = await ask(app.url, cookie, 'people:begin-factor', {});
  const confirm = async (old?: string) => {
    const input = { code: codeFor(String(begun['uri']), clock.now()), ...(old !== undefined && { old }) };
    return (await askAndKeep(app.url, cookie, 'people:confirm-factor', input)).answer;
  };
  for (const old of [undefined, '000000']) expect((await confirm(old)).error?.code).toBe('people.old_code_wrong');
  later(30 * SECOND);
  expect(await confirm(code())).toMatchObject({ ok: true });
});

test('a code that was given counts no more once the factor was given up', async () => {
  const real = await startReal();
  const { app } = real;
  const { root, done, person, login, unit, post } = await appointed(real);
  await takeAccount(real, login);
  const { code } = await done(root, 'people:give-code', { person });
  const { vouching, directory } = app.app.features;
  await vouching.unvouch(person);
  expect(directory.person(person)?.vouched).toBe(false);
  const actor = directory.actor(person);
  if (actor === undefined) throw new Error('nobody');
  const show = () => vouching.takeUp({ actor, session: 's' }, { id: newId(), code: String(code) });
  await expect(show()).rejects.toMatchObject({ code: 'people.vouch_code_wrong' });
  await done(root, 'people:end', { unit, appointment: post });
  await expect(show()).rejects.toMatchObject({ code: 'people.nothing_to_confirm' });
});

test('whoever knows the password guesses codes no faster by showing it in between', async () => {
  const real = await startReal();
  const { app } = real;
  const { root, done, codeFor: refusal, person, login } = await appointed(real);
  const cookie = await takeAccount(real, login);
  await done(root, 'people:give-code', { person });
  const said: unknown[] = [];
  for (let guess = 0; guess < 12; guess++) {
    said.push(await refusal(cookie, 'people:take-up', { code: `0000-0000-00${10 + guess}` }));
    // The right one, and another that is refused after that: nothing has changed.
    const change = { old: OWN, password: 'password1234' };
    expect((await ask(app.url, cookie, 'people:change-password', change)).error?.code).toBe('people.password_short');
  }
  expect(said.filter((code) => code === 'rate_limited').length).toBeGreaterThan(5);
});

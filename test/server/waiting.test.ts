import { expect, test } from 'vitest';
import { ask, enrolFactor } from '../support/account.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cookieFor, newId } from '../support/client.ts';

/* What one administrator asked for and a second has to confirm is found without looking for it. */

const linesFor = async ({ url }: TestApp, cookie: string, unit: string) => {
  const { error, waiting } = await ask(url, cookie, `people:waiting?unit=${unit}`);
  return error?.code ?? waiting;
};

/** A post and a reset that the district's administrator has asked for, in that order. */
async function twoThings(app: TestApp) {
  const admin = await cookieFor(app.url, 'admin');
  const root = await cookieFor(app.url, 'demo-root', `${app.app.features.setup.code}-demo`);
  const done = async (cookie: string, name: string, input: object) => {
    const answer = await ask(app.url, cookie, name, { id: newId(), ...input });
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
    return answer;
  };
  await enrolFactor(app, await cookieFor(app.url, 'officer'));
  const unit = app.unit('wenshu');
  const post = { id: newId(), unit, person: app.person('worker'), role: 'auditor' };
  expect(await done(admin, 'people:appoint', post)).toMatchObject({ pending: true });
  const reset = { id: newId(), person: app.person('officer'), reason: '手机和恢复码都丢了' };
  await done(admin, 'people:reset-factor', reset);
  const by = { by: app.person('admin'), at: expect.any(String) as string };
  const lines = [
    { kind: 'post', id: post.id, unit, person: post.person, role: 'auditor', ...by },
    { kind: 'factor', id: reset.id, person: reset.person, reason: reset.reason, ...by },
  ];
  return { admin, root, unit, post, reset, lines, done };
}

test('what waits for a second administrator is listed to whoever administers the unit or one above, after a restart too', async () => {
  const app = await startApp();
  const { admin, root, unit, lines } = await twoThings(app);
  for (const [cookie, asked] of [
    [root, unit],
    [root, app.unit('qingyang-street')],
    [admin, unit], // who asked sees that it waits
  ] as const)
    expect(await linesFor(app, cookie, asked)).toEqual(lines);
  expect(await linesFor(app, await cookieFor(app.url, 'worker2'), unit)).toBe('not_found');
  expect(await linesFor(app, await cookieFor(app.url, 'approver'), unit)).toBe('not_found');
  const elsewhere = app.app.features.directory
    .units()
    .find(({ id }) => !app.app.features.directory.tree.path(unit).includes(id));
  expect(await linesFor(app, root, elsewhere?.id ?? '')).toEqual([]);

  await app.close();
  const again = await startApp({ folder: app.folder });
  expect(await linesFor(again, root, unit)).toEqual(lines);
});

test('what was confirmed, declined or taken back waits no more, and a declined reset has changed nothing', async () => {
  const app = await startApp();
  const { admin, root, unit, post, reset, lines, done } = await twoThings(app);
  const { person } = reset;
  await done(root, 'people:confirm', { unit, appointment: post.id });
  expect(await linesFor(app, root, unit)).toEqual(lines.slice(1));
  await done(root, 'people:decline-reset', { person, reset: reset.id });
  expect(await linesFor(app, root, unit)).toEqual([]);
  const late = { id: newId(), person, reset: reset.id };
  for (const verb of ['decline-reset', 'confirm-reset'])
    expect((await ask(app.url, root, `people:${verb}`, late)).error?.code).toBe('people.nothing_to_confirm');
  expect(await ask(app.url, root, `people:means?person=${person}`)).toMatchObject({ factor: true, reset: null });

  const next = { id: newId(), unit, person: app.person('worker2'), role: 'auditor' };
  await done(admin, 'people:appoint', next);
  const second = newId();
  await done(admin, 'people:reset-factor', { id: second, person, reason: '再来' });
  expect(await linesFor(app, admin, unit)).toHaveLength(2);
  await done(admin, 'people:end', { unit, appointment: next.id });
  await done(admin, 'people:decline-reset', { person, reset: second });
  expect(await linesFor(app, admin, unit)).toEqual([]);
});

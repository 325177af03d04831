import { expect, test } from 'vitest';
import type { Role } from '#shared/people/people.policy.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { newId, signIn, type TestClient } from '../support/client.ts';
import { flag, triage } from '../support/incident-calls.ts';

/* Two people for every official word: by which detours one alone, or one who is out, could stand for both. */

/** A post by the administrator of the whole city, confirmed by another. */
async function give(app: TestApp, { login, role, unit: code }: { login: string; role: Role; unit: string }) {
  const { directory, people, setup } = app.app.features;
  const root = directory.withLogin('demo-root')?._id ?? '';
  const [id, unit] = [newId(), app.unit(code)];
  const post = { id, unit, person: app.person(login), role, code: setup.code };
  const { pending } = await people.appoint({ person: root }, post);
  if (pending) await people.confirm(app.actor('admin'), { id: newId(), unit, appointment: id });
}

async function on(client: TestClient, response: string) {
  const view = (await client.done('responses:view', { response })) as unknown as { response: { version: number } };
  return { id: newId(), response, expected: view.response.version };
}

/** A concern in its unit, told of by one, and what a spokesperson drafts of it, submitted. */
async function submitted(app: TestApp, facts: { severity?: string; mustAnswer?: number }, by = 'officer') {
  const officer = await signIn(app, 'officer');
  const { incident } = await flag(officer, app);
  await officer.done('incidents:triage', triage(app, incident, facts));
  const whoTells = await signIn(app, by);
  await whoTells.done('incidents:note', { id: newId(), incident, about: 'known', text: '水质检测全部合格。' });
  const spokes = await signIn(app, 'spokesperson');
  const { response = '' } = (await spokes.done('responses:draft', {
    ...{ id: newId(), incident, kind: 'holding', title: '停水' },
  })) as { response?: string };
  const { contentHash } = await spokes.done('responses:submit', await on(spokes, response));
  const approve = async (login: string) => {
    const client = await signIn(app, login);
    return client.request('responses:approve', { ...(await on(client, response)), contentHash });
  };
  const publish = async (more: object = {}) =>
    spokes.request('responses:publish', { ...(await on(spokes, response)), ...more });
  return { incident, response, approve, publish, spokes };
}

test('whoever stated the facts that a text begins with does not sign it, though they typed no letter of it', async () => {
  const app = await startApp();
  const { approve, publish } = await submitted(app, {}, 'approver');
  expect((await approve('approver')).error?.code).toBe('responses.contributor');
  expect((await publish()).ok).toBe(false);
});

test('what was signed does not go out once its only signer is suspended: not by hand, nor at the moment that was set', async () => {
  const app = await startApp();
  const { approve, publish } = await submitted(app, {});
  expect((await approve('approver')).ok).toBe(true);
  const admin = await signIn(app, 'admin');
  await admin.done('people:suspend', { id: newId(), person: app.person('approver'), reason: '账号被盗' });
  expect((await publish()).error?.code).toBe('responses.not_enough_approvals');
  const publishAt = new Date(Date.now() + 6_000).toISOString();
  expect((await publish({ publishAt })).error?.code).toBe('responses.not_enough_approvals');
});

test('a unit that took the place of a closed one is not a unit above it: two of its approvers do for severity I what one does', async () => {
  const app = await startApp();
  await give(app, { login: 'songxia', role: 'approver', unit: 'babaojie' });
  await give(app, { login: 'pengbo', role: 'approver', unit: 'babaojie' });
  const { approve, publish } = await submitted(app, { severity: 'I', mustAnswer: 1 });
  const admin = await signIn(app, 'admin');
  const unit = app.unit('wenshu');
  await admin.done('people:close-unit', {
    ...{ id: newId(), unit, successors: [app.unit('babaojie')], reason: '合并' },
  });
  for (const login of ['songxia', 'pengbo']) expect((await approve(login)).ok).toBe(true);
  expect((await publish()).error?.code).toBe('responses.wrong_state');
});

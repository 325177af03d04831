import { render } from 'vitest-browser-svelte';
import { page } from 'vitest/browser';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { language } from '#client/platform/i18n.svelte.ts';
import '#client/styles/tokens.css';
import '#client/styles/base.css';
import { id, WENSHU } from '../support/incident-desk.ts';
import type { FromMessage } from '#client/incidents/flag.state.svelte.ts';
import LevelChip from '#client/incidents/LevelChip.svelte';
import { fakeHub } from './incidents-hub.ts';
import FlagStage from './FlagStage.svelte';

const units = [{ id: WENSHU, code: 'wenshu', name: '文殊社区', level: 'community', parent: null }];
const similar = { incident: id(7), code: 'I-7', title: '五岳宫街水压低', score: 0.7 };
const WHAT = '金马街 3 号院没水，泵房有焦味';

async function form(more: { from?: FromMessage } = {}, answers: Parameters<typeof fakeHub>[0] = {}) {
  const fake = fakeHub({ 'people:units': () => ({ units }), 'incidents:similar': () => ({ similar: [] }), ...answers });
  const onsent = vi.fn();
  await render(FlagStage, { hub: fake.hub, given: { onsent, ...more } });
  await expect.element(page.getByText('文殊社区', { exact: true }).first()).toBeVisible();
  return { ...fake, onsent };
}
const what = () => page.getByRole('textbox', { name: '发生了什么' });
const send = () => page.getByRole('button', { name: '标记并送出' });

beforeEach(() => {
  language.choose('zh');
});

describe('flagging', () => {
  it('takes what happened and nothing else, and gives it a title and the moment it was known', async () => {
    const { sent, onsent } = await form();
    await expect.element(send()).toBeDisabled();
    const before = Date.now();
    await what().fill(`${WHAT}。`);
    await send().click();
    expect(sent[0]).toMatchObject({ name: 'incidents:flag', input: { title: WHAT, what: `${WHAT}。`, unit: WENSHU } });
    expect(Date.parse(String(sent[0]?.input['knownAt']))).toBeLessThanOrEqual(before);
    sent[0]?.answer({ seq: 1, incident: sent[0].input['id'], code: 'I-1', similar: [] });
    await vi.waitFor(() => {
      expect(onsent).toHaveBeenCalledExactlyOnceWith(sent[0]?.input['id']);
    });
  });

  it('carries where, who told and the level', async () => {
    const { sent } = await form();
    await what().fill(WHAT);
    await page.getByRole('textbox', { name: '在哪里' }).fill('金马街 3 号院');
    await page.getByText('居民说的').click();
    await page.getByText('级别、演练').click();
    await page.getByRole('combobox', { name: '您看有多重' }).selectOptions('III 较大');
    await send().click();
    expect(sent[0]?.input).toMatchObject({ where: '金马街 3 号院', source: '居民说的', severity: 'III' });
    expect(sent[0]?.input).not.toHaveProperty('exercise');
  });

  it('goes to the outbox without a line and lets the person go on', async () => {
    const { sent, onsent, become } = await form();
    become('offline');
    await what().fill(WHAT);
    await send().click();
    expect(sent).toHaveLength(1);
    expect(onsent).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  it('keeps what was written for the next time, until it is sent', async () => {
    const { hub, onsent } = await form();
    await what().fill(WHAT);
    await expect.element(page.getByText('已存在本机')).toBeVisible();
    expect(hub.drafts.of('flag').text).toContain(WHAT);
    await send().click();
    expect(hub.drafts.of('flag').text).toBe('');
    expect(onsent).not.toHaveBeenCalled(); // it waits for the code
  });

  it('begins with the message it comes from', async () => {
    const from = { room: id(40), seq: 12, text: '金马街没水了', author: id(101), at: '2026-11-22T00:40:00Z' };
    const { sent } = await form({ from });
    await expect.element(what()).toHaveValue('金马街没水了');
    await send().click();
    expect(sent[0]?.input).toMatchObject({ from: { room: id(40), seq: 12 }, what: '金马街没水了' });
  });

  it('shows what is alike, and adds to it only if the person says so', async () => {
    const view = { incident: { id: id(7), title: similar.title, what: '水压低', severity: 'IV', state: 'flagged' } };
    const { sent, onsent } = await form(
      {},
      {
        'incidents:similar': () => ({ similar: [similar] }),
        'incidents:view': () => ({
          incident: { ...view.incident, leadUnit: WENSHU, flaggedAt: '2026-11-22T00:00:00Z' },
        }),
      },
    );
    await what().fill(WHAT);
    await page.getByRole('button', { name: '对比' }).click();
    await page.getByRole('button', { name: '是同一件事，补进去' }).click();
    await expect.poll(() => onsent.mock.calls.length).toBe(1); // the last thing that happens
    expect(sent.map(({ name }) => name)).toEqual(['incidents:report']);
    expect(sent[0]?.input).toMatchObject({ incident: id(7), text: WHAT, unit: WENSHU });
    expect(onsent).toHaveBeenCalledExactlyOnceWith(id(7));
  });

  it('tells whoever may not flag whom to tell', async () => {
    const fake = fakeHub({ 'people:units': () => ({ units: [] }) });
    await render(FlagStage, { hub: fake.hub, given: { onsent: () => undefined } });
    await expect.element(page.getByText('您的岗位不能标记关注', { exact: false })).toBeVisible();
  });
});

describe('a level', () => {
  it('has its numeral and its word, in the language of the page', async () => {
    const { container } = await render(LevelChip, { level: 'III' });
    expect(container.textContent).toMatch(/III\s*较大/);
    language.choose('en');
    await expect.element(page.getByText('Major')).toBeVisible();
  });
});

import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';
import { newId } from '../support/client.ts';

const soon = { timeout: 10_000 };
const PHONE = { width: 390, height: 844 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function open(
  url: string,
  login: string,
  { section = 'delegations', password = DEMO_PASSWORD } = {},
): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: PHONE, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const headers = { origin: url, 'x-linli': '1' };
  await context.request.post(`${url}/api/session`, { headers, data: { name: login, password } });
  const page = await context.newPage();
  page.setDefaultTimeout(soon.timeout);
  await page.goto(`${url}/admin/${section}`);
  return page;
}

test('whoever acts for somebody is asked before they stop, in words that are said to them', async () => {
  const app = await startApp();
  const acts = (): number => app.actor('deputy').delegations.length;
  const page = await open(app.url, 'deputy');
  await page.getByRole('button', { name: '不再代行' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('您不再代陈静行使发言人的职权').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(acts()).toBe(1);
  await page.getByRole('button', { name: '不再代行' }).click();
  await dialog.getByRole('button', { name: '不再代行' }).click();
  await page.getByText('已不再代行').waitFor();
  expect(acts()).toBe(0);
});

test('a spokesperson is offered as deputies those who may act, and is asked before taking one back', async () => {
  const app = await startApp();
  const page = await open(app.url, 'spokesperson');
  await page.getByRole('button', { name: '请人代行' }).click();
  const dialog = page.getByRole('dialog');
  const offered = dialog.getByLabel('请谁').getByRole('option');
  await expect.poll(() => offered.allTextContents(), soon).toContain('唐明 · 信息员');
  expect((await offered.allTextContents()).slice(1).filter((one) => !/信息员|社区工作者/.test(one))).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '收回' }).click();
  await dialog.getByText('唐明不再代您行使发言人的职权').waitFor();
  expect(app.actor('deputy').delegations).toHaveLength(1);
  await dialog.getByRole('button', { name: '收回' }).click();
  await page.getByText('已收回').first().waitFor();
  expect(app.actor('deputy').delegations).toHaveLength(0);
});

test('whoever was asked is told that their yes was heard, and their no', async () => {
  const app = await startApp();
  const { people } = app.app.features;
  const day = (n: number): string => new Date(Date.now() + n * 24 * 3600_000).toISOString();
  const given = { unit: app.unit('qingyang-street'), person: app.person('deputy'), from: day(13), until: day(15) };
  await people.delegate(app.actor('spokesperson'), { id: newId(), ...given, reason: '外出学习' });
  const page = await open(app.url, 'deputy');
  await page.getByRole('button', { name: '接受', exact: true }).click();
  await page.getByText('您接受了代行。').waitFor();
  await people.delegate(app.actor('spokesperson'), { id: newId(), ...given, reason: '还有一次' });
  await page.goto(`${app.url}/me`);
  await page.getByRole('link', { name: /^代行\s*1 件等您$/ }).click();
  await page.getByRole('button', { name: '不接受' }).click();
  await page.getByText('您没有接受。').waitFor();
});

test('whom to ask is asked for as somebody to choose', async () => {
  const app = await startApp();
  const page = await open(app.url, 'spokesperson');
  await page.getByRole('button', { name: '请人代行' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '提交' }).click();
  await page.getByRole('dialog').getByText('请选一位').waitFor();
});

test.each(['normal', 'large'])(
  'who covers a week, or that nobody does, is not cut on a phone: %s text',
  async (text) => {
    const app = await startApp();
    const setUp = `${app.app.features.setup.code}-demo`;
    for (const [login, shown, password] of [
      ['admin', '唐明', DEMO_PASSWORD],
      ['demo-root', '没有人', setUp],
    ] as const) {
      const page = await open(app.url, login, { section: 'coverage', password });
      await page.evaluate((size) => (document.documentElement.dataset['text'] = size), text);
      const names = page.locator('td span');
      await names.getByText(shown).first().waitFor();
      const lines = await names.evaluateAll((all) =>
        all.map((one) => Math.round(one.clientHeight / parseFloat(getComputedStyle(one).lineHeight))),
      );
      expect(lines.filter((n) => n !== 1)).toEqual([]);
      // Nor does a moment reach into the column beside it.
      const room = await page
        .locator('th span')
        .evaluateAll((all) => all.map((one) => (one.parentElement?.clientWidth ?? 0) - one.clientWidth));
      expect(room.filter((left) => left < 0)).toEqual([]);
    }
  },
);

import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';

const soon = { timeout: 10_000 };
const PHONE = { width: 390, height: 844 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function open(url: string, login: string, section = 'delegations'): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN', viewport: PHONE, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const headers = { origin: url, 'x-linli': '1' };
  await context.request.post(`${url}/api/session`, { headers, data: { name: login, password: DEMO_PASSWORD } });
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

test('whoever covers a week is named in one piece on a phone', async () => {
  const app = await startApp();
  const page = await open(app.url, 'admin', 'coverage');
  const names = page.locator('td span');
  await names.getByText('唐明').first().waitFor();
  const lines = await names.evaluateAll((all) => all.map((one) => one.getClientRects().length));
  expect(lines.filter((n) => n !== 1)).toEqual([]);
});

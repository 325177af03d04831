import { mkdirSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { startHub, type Hub } from '../support/hub.ts';
import { temporaryFolder } from '../support/streams.ts';

/*
 * The story through the interface, in Chinese: a worker and an officer (on a phone) talk, the officer flags what the
 * worker said, both write the minutes, the spokesperson answers, the approver signs, a resident reads. The worker's
 * line is cut in the middle. Its pictures are the README's, taken anew when LINLI_TEST_PICTURES is set.
 */

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
const PICTURES = process.env['LINLI_TEST_PICTURES'];
const soon = { timeout: 15_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

interface Window {
  context: BrowserContext;
  page: Page;
}

/** Everything the browser complained about, by window: a page that works says nothing. */
const complaints: string[] = [];

async function open(size: { width: number; height: number }, scripts = true): Promise<Window> {
  const context = await browser.newContext({
    viewport: size,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    javaScriptEnabled: scripts,
    reducedMotion: 'reduce',
  });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && message.text().includes('Content Security Policy'))
      complaints.push(message.text());
  });
  return { context, page };
}

async function signIn(hub: Hub, login: string, size: { width: number; height: number }): Promise<Window> {
  const window = await open(size);
  const { page } = window;
  await page.goto(`${hub.url}/sign-in`);
  await page.getByLabel('登录名').fill(login);
  await page.getByLabel('密码', { exact: true }).fill('linli-demo');
  await page.getByRole('button', { name: '登录' }).click();
  await page.getByRole('link', { name: /消息/ }).first().waitFor();
  return window;
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync('docs/pictures', { recursive: true });
  await page.screenshot({ path: `docs/pictures/${name}.png` });
}

async function say(page: Page, words: string): Promise<void> {
  await page.getByPlaceholder('写给社区工作群').fill(words);
  await page.getByRole('button', { name: '送出' }).click();
}

const message = (page: Page, words: string) => page.getByRole('article').filter({ hasText: words }).last();

const openRoom = (page: Page): Promise<void> =>
  page
    .getByRole('link', { name: /社区工作群/ })
    .first()
    .click();

async function talk(worker: Window, officer: Page): Promise<void> {
  await openRoom(worker.page);
  await openRoom(officer);
  await say(worker.page, '文殊院街 9 号门口井盖松了，刚才有人差点绊倒。');
  await message(officer, '井盖松了').waitFor();
  await expect.poll(() => message(worker.page, '井盖松了').innerText(), soon).toContain('已送达');

  // The line is cut: what is written stays on the machine, and says so.
  await worker.context.setOffline(true);
  await say(worker.page, '我先放一个隔离墩。');
  await expect.poll(() => message(worker.page, '隔离墩').innerText(), soon).toContain('在本机');
  await say(officer, '收到，我标出来。');
  expect(await officer.getByText('我先放一个隔离墩').count()).toBe(0);
  await worker.context.setOffline(false);
  await message(officer, '隔离墩').waitFor({ timeout: 45_000 });
  await message(worker.page, '收到，我标出来').waitFor({ timeout: 45_000 });
  await expect.poll(() => message(worker.page, '隔离墩').innerText(), soon).toContain('已送达');
  await picture(worker.page, 'room-desktop');
  await picture(officer, 'room-phone');
}

async function flag(officer: Page): Promise<string> {
  await message(officer, '井盖松了').click({ button: 'right' });
  await officer.getByRole('menuitem', { name: '标记为关注' }).click();
  await expect.poll(() => officer.getByLabel('发生了什么').inputValue(), soon).toContain('井盖松了');
  await officer.getByPlaceholder('路、院、楼').fill('文殊院街 9 号');
  await picture(officer, 'flag-phone');
  await officer.getByRole('button', { name: '标记并送出' }).click();
  await officer.waitForURL(/\/concerns\/[0-9a-f-]+/);

  await officer.getByRole('button', { name: '研判' }).click();
  const sheet = officer.getByRole('dialog');
  await sheet.getByText('IV', { exact: true }).first().click();
  await sheet.getByRole('combobox').first().selectOption({ label: '民生' });
  await sheet.getByText('已核实').click();
  await sheet.getByRole('button', { name: '研判' }).click();
  await officer.getByRole('button', { name: '我来承办' }).click();
  await officer.getByText('处置中').first().waitFor();
  await picture(officer, 'concern-phone');
  return officer.url();
}

const openMeeting = async (hub: Hub, page: Page): Promise<void> => {
  await page.goto(`${hub.url}/meetings`);
  await page
    .getByRole('link', { name: /文殊社区居民代表会议/ })
    .first()
    .click();
};

async function minutes(hub: Hub, worker: Page, officer: Page): Promise<void> {
  await openMeeting(hub, worker);
  await openMeeting(hub, officer);
  const item = (page: Page) => page.getByLabel(/停车自治公约施行三个月/).last();
  await item(worker).click();
  await worker.locator('.ProseMirror-focused').waitFor(); // the text at hand becomes the live one
  await worker.keyboard.type('杨婷介绍三个月来的停车情况。');
  await officer.getByText('杨婷介绍三个月来的停车情况').first().waitFor();
  await expect.poll(() => worker.getByText(/已保存/).count(), soon).toBeGreaterThan(0);
  await picture(worker, 'minutes-desktop');
}

async function answer(concern: string, spokesperson: Page, approver: Page): Promise<string> {
  await spokesperson.goto(concern);
  await spokesperson.getByRole('button', { name: '起草' }).click();
  await spokesperson.getByRole('button', { name: /先期通报/ }).click();
  const text = spokesperson.getByRole('textbox', { name: '正文' });
  await text.click();
  await spokesperson.locator('.ProseMirror-focused').waitFor();
  await spokesperson.keyboard.press('Control+End');
  await spokesperson.keyboard.type('社区值班 028 5550 0123');
  await expect.poll(() => spokesperson.getByText('已保存').count(), soon).toBeGreaterThan(0);
  await spokesperson.getByRole('button', { name: '送审' }).first().click();
  await spokesperson.getByText('审签中').first().waitFor();

  await approver.goto(concern);
  await approver.getByText('送审稿指纹').waitFor();
  await picture(approver, 'approve-desktop');
  await approver.getByRole('button', { name: /审签第 1 版/ }).click();
  await spokesperson.getByRole('button', { name: /发布/ }).first().click();
  const link = spokesperson.getByRole('link', { name: /公开页/ });
  await link.waitFor();
  return (await link.getAttribute('href')) ?? '';
}

test(
  'four people in four windows live through it, one of them without a line in the middle',
  { timeout: 240_000 },
  async () => {
    const hub = await startHub(await temporaryFolder());
    onTestFinished(() => hub.kill());
    const worker = await signIn(hub, 'worker', DESK);
    const officer = await signIn(hub, 'officer', PHONE);
    const spokesperson = await signIn(hub, 'spokesperson', DESK);
    const approver = await signIn(hub, 'approver', DESK);

    await talk(worker, officer.page);
    const concern = await flag(officer.page);
    await minutes(hub, worker.page, officer.page);
    const address = await answer(concern, spokesperson.page, approver.page);
    await approver.page.goto(`${hub.url}/concerns`);
    await approver.page.getByText('文殊院街 9 号门口井盖松了').first().waitFor();
    await picture(approver.page, 'board-desktop');

    // No sign-in, no script.
    const resident = await open(PHONE, false);
    await resident.page.goto(`${hub.url}${new URL(address, hub.url).pathname}`);
    expect(await resident.page.locator('body').innerText()).toContain('028 5550 0123');
    await resident.page.goto(`${hub.url}/public`);
    await resident.page
      .getByRole('link', { name: /金马街3号院至6号院停水/ })
      .first()
      .click();
    await resident.page.getByText('更正').first().waitFor();
    await picture(resident.page, 'response-phone');
    expect(complaints).toEqual([]);
  },
);

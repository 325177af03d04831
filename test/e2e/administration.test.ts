import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { startHub, type Hub } from '../support/hub.ts';
import { temporaryFolder } from '../support/streams.ts';

/*
 * The city has nobody who speaks or signs. Its administrator enrols two people and proposes their posts, a second one
 * confirms them, and the city is covered.
 */

const soon = { timeout: 15_000 };
const PASSWORD = '一句很长很长的口令一二三';

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

interface Signed {
  page: Page;
  ask: (name: string, body?: object) => Promise<Record<string, unknown>>;
}

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

async function signIn(hub: Pick<Hub, 'url'>, name: string, password = 'linli-demo', viewport = DESK): Promise<Signed> {
  const context = await browser.newContext({ viewport, locale: 'zh-CN', reducedMotion: 'reduce' });
  onTestFinished(() => context.close());
  const headers = { origin: hub.url, 'x-linli': '1' };
  const signed = await context.request.post(`${hub.url}/api/session`, { headers, data: { name, password } });
  expect(signed.ok()).toBe(true);
  const page = await context.newPage();
  page.setDefaultTimeout(soon.timeout);
  const ask = async (command: string, data?: object) => {
    const url = `${hub.url}/api/${command}`;
    const answer = await (data === undefined ? context.request.get(url) : context.request.post(url, { headers, data }));
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body['ok'], JSON.stringify(body)).toBe(true);
    return body;
  };
  return { page, ask };
}

/** The city's first administrator, and 石雯 as the second, confirmed by the set-up code that is asked for once it is needed. */
async function administrators(hub: Hub, folder: string) {
  const code = (await readFile(path.join(folder, 'secrets', 'setup-code'), 'utf8')).trim();
  const first = await signIn(hub, 'demo-root', `${code}-demo`);
  await first.page.goto(`${hub.url}/admin/posts`);
  await first.page.getByRole('button', { name: '给岗位' }).click();
  const dialog = first.page.getByRole('dialog');
  await dialog.getByLabel('给谁').first().fill('shiwen');
  await dialog.getByRole('radio', { name: '石雯' }).check();
  await dialog.getByLabel('岗位').selectOption('admin');
  await dialog.getByRole('button', { name: '提交' }).click();
  await dialog.getByLabel('设置码').fill(code);
  await first.page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  return { first, second: await signIn(hub, 'shiwen') };
}

async function enrol(page: Page, login: string, name: string): Promise<void> {
  await page.getByRole('button', { name: '登记新人' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('姓名').fill(name);
  await dialog.getByLabel('登录名').fill(login);
  await dialog.getByLabel('起始密码').fill(PASSWORD);
  await dialog.getByRole('button', { name: '登记', exact: true }).click();
  await page.getByRole('listitem').filter({ hasText: login }).waitFor();
}

/** Whose name looks like somebody else's: that is said, and a second press goes on. */
async function enrolAlike(page: Page, login: string, name: string, other: string): Promise<void> {
  await page.getByRole('button', { name: '登记新人' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('姓名').fill(name);
  await dialog.getByLabel('登录名').fill(login);
  await dialog.getByLabel('起始密码').fill(PASSWORD);
  await dialog.getByRole('button', { name: '登记', exact: true }).click();
  await dialog.getByRole('alert').getByText(other, { exact: true }).waitFor();
  expect(await page.getByRole('listitem').filter({ hasText: login }).count()).toBe(0);
  await dialog.getByRole('button', { name: '登记', exact: true }).click();
  await page.getByRole('listitem').filter({ hasText: login }).waitFor();
}

async function propose(page: Page, name: string, role: string): Promise<void> {
  await page.getByRole('button', { name: '给岗位' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('给谁').first().fill(name);
  await dialog.getByRole('radio', { name }).check();
  await dialog.getByLabel('岗位').selectOption(role);
  await dialog.getByRole('button', { name: '提交' }).click();
  await page.getByRole('listitem').filter({ hasText: name }).getByText('等确认').waitFor();
}

/** Says yes or no, by keyboard, to what waits for a second administrator about somebody. */
async function answer(page: Page, name: string, word: string): Promise<void> {
  const waiting = page.getByRole('region', { name: '等第二位管理员确认' });
  await waiting.getByRole('listitem').filter({ hasText: name }).getByRole('button', { name: word }).press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: word }).press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** Another start password, as it is shown once. */
async function givePassword(page: Page, login: string): Promise<string> {
  const line = page.getByRole('listitem').filter({ hasText: login });
  await line.getByRole('button', { name: '管理' }).click();
  await line.getByRole('button', { name: '重置密码' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '重置密码' }).click();
  const password = await dialog.locator('code').innerText();
  await dialog.getByRole('button', { name: '记下了' }).click();
  await dialog.waitFor({ state: 'detached' });
  return password;
}

/** After what had the focus is gone: the next key goes to what is near, not to the top of the page. */
async function hasFocus(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), soon).not.toBe('BODY');
}

test('an administrator opens the first room of a unit, who reads there finds it, and of a second one of its name is told first', async () => {
  const hub = await startHub(await temporaryFolder());
  onTestFinished(() => hub.kill());
  const { page } = await signIn(hub, 'admin');
  await page.goto(`${hub.url}/admin/units`);
  const street = page.getByRole('listitem').filter({ hasText: '青羊街道' });
  await street.getByRole('button', { name: '管理' }).click();
  await street.getByRole('button', { name: '开一个房间' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '开一个房间' }).click();
  await dialog.getByText('请填写').waitFor();
  await dialog.getByLabel('房间名').fill('防汛值班');
  await dialog.getByRole('switch', { name: '含下级单位' }).check();
  await page.keyboard.press('Enter');
  await page.getByText('「防汛值班」开好了').waitFor();

  await street.getByRole('button', { name: '开一个房间' }).click();
  await dialog.getByLabel('房间名').fill('防汛值班');
  await page.keyboard.press('Enter');
  await dialog.getByText('这个单位已经有这样叫的房间').waitFor();
  await dialog.getByLabel('房间名').fill('防汛值班二组');
  await dialog.getByText('这个单位已经有这样叫的房间').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  const worker = await signIn(hub, 'worker'); // of a community below
  await worker.page.goto(hub.url);
  await worker.page.getByRole('link', { name: '防汛值班' }).waitFor();
}, 60_000);

test('what the hub does not take of a new unit stands at its field until that is changed', async () => {
  const hub = await startHub(await temporaryFolder());
  onTestFinished(() => hub.kill());
  const { page } = await signIn(hub, 'admin', undefined, PHONE);
  await page.goto(`${hub.url}/admin/units`);
  const street = page.getByRole('listitem').filter({ hasText: '青羊街道' });
  await street.getByRole('button', { name: '管理' }).click();
  await street.getByRole('button', { name: '新建下级单位' }).click();
  const dialog = page.getByRole('dialog');
  const [name, code] = [dialog.getByLabel('名称'), dialog.getByLabel('单位代号')];
  const marked = (): Promise<(string | null)[]> =>
    Promise.all([name, code].map((field) => field.getAttribute('aria-invalid')));
  await dialog.getByRole('button', { name: '新建' }).click();
  await expect.poll(marked, soon).toEqual(['true', 'true']);
  await name.fill('新社区');
  await code.fill('wenshu'); // another's
  await dialog.getByRole('button', { name: '新建' }).click();
  await expect.poll(marked, soon).toEqual([null, 'true']);
  expect(await code.getAttribute('aria-describedby')).not.toBeNull();
  expect(await dialog.getByText('这个单位代号已经有人用了').count()).toBe(2); // at the field, and said to a reader
  await code.fill('Xin She Qu');
  await expect.poll(marked, soon).toEqual([null, null]);
  await page.keyboard.press('Enter');
  await expect.poll(marked, soon).toEqual([null, 'true']);
  await code.fill('xinshequ');
  await page.keyboard.press('Enter');
  await page.getByRole('listitem').filter({ hasText: '新社区' }).waitFor();
}, 60_000);

test('the only administrator is asked for the set-up code in full view, also when it was not right', async () => {
  const app = await startApp();
  const { page } = await signIn(app, 'demo-root', `${app.app.features.setup.code}-demo`, PHONE);
  await page.goto(`${app.url}/admin/posts`);
  await page.getByRole('button', { name: '给岗位' }).click();
  const dialog = page.getByRole('dialog', { name: '给岗位 · 成都市' });
  await dialog.getByLabel('给谁').first().fill('shiwen');
  await dialog.getByRole('radio', { name: '石雯' }).check();
  await dialog.getByLabel('岗位', { exact: true }).selectOption('admin');
  await dialog.getByRole('button', { name: '提交' }).click();
  const code = dialog.getByRole('textbox', { name: '设置码' });
  const isReady = (): Promise<boolean> =>
    code.evaluate((field) => {
      const words = document.getElementById(field.getAttribute('aria-describedby') ?? '')?.getBoundingClientRect();
      const foot = field.closest('[role=dialog]')?.querySelector('footer')?.getBoundingClientRect();
      return field === document.activeElement && words !== undefined && words.bottom <= (foot?.top ?? 0);
    });
  await dialog.getByText('只有一位时，请填设置码').first().waitFor();
  await expect.poll(isReady, soon).toBe(true);
  await page.keyboard.type('not-this-one');
  await expect.poll(() => code.getAttribute('aria-invalid'), soon).toBeNull();
  await page.keyboard.press('Enter');
  await dialog.getByText('设置码不对').first().waitFor();
  await expect.poll(isReady, soon).toBe(true);
  await code.fill(app.app.features.setup.code);
  await page.keyboard.press('Enter');
  await page.getByText('岗位给了。').waitFor();
});

test('where no unit could take its place, the dialog says so and has no button for it', async () => {
  const app = await startApp();
  const { page } = await signIn(app, 'admin');
  await page.goto(`${app.url}/admin/units`);
  const street = page.getByRole('listitem').filter({ hasText: '青羊街道' });
  await street.getByRole('button', { name: '管理' }).click();
  await street.getByRole('button', { name: '撤并' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('没有可以接替的同级单位').waitFor();
  expect(await dialog.getByRole('button', { name: '撤并' }).count()).toBe(0);
});

test('an administrator enrols and proposes, a second one confirms, and the unit is covered', async () => {
  const folder = await temporaryFolder();
  const hub = await startHub(folder);
  onTestFinished(() => hub.kill());
  const { first, second } = await administrators(hub, folder);
  const complaints: string[] = [];
  for (const { page } of [first, second]) page.on('pageerror', (error) => complaints.push(String(error)));
  const city = (page: Page) => page.getByRole('region', { name: '成都市' });

  await first.page.goto(`${hub.url}/me`);
  await first.page.getByRole('link', { name: '在岗' }).click();
  await city(first.page).getByText('没有人能发布，没有人能审签').waitFor();
  await first.page.getByRole('link', { name: '人员' }).click();
  await enrol(first.page, 'linxiao', '林晓');
  await enrol(first.page, 'gaoyuan', '高远');
  await enrolAlike(first.page, 'tongming', '林 晓', '林晓（成都市）');
  await first.page.getByRole('link', { name: '岗位' }).click();
  await propose(first.page, '林晓', 'spokesperson');
  await propose(first.page, '高远', 'approver');

  await second.page.goto(`${hub.url}/admin/posts`);
  const waiting = second.page.getByRole('region', { name: '等第二位管理员确认' });
  for (const name of ['林晓', '高远']) {
    await answer(second.page, name, '确认');
    await second.page.getByRole('listitem').filter({ hasText: name }).getByText('石雯确认').waitFor();
  }
  await waiting.waitFor({ state: 'detached' });
  await hasFocus(second.page);
  await propose(first.page, '高远', 'auditor');
  await second.page.getByRole('link', { name: '单位' }).click();
  await second.page.reload();
  await answer(second.page, '高远', '不同意');
  await waiting.waitFor({ state: 'detached' });
  await second.page.getByRole('link', { name: '在岗' }).click();
  await city(second.page).getByText('七天都有人').waitFor();
  await expect.poll(() => city(second.page).innerText(), soon).toContain('林晓');

  await first.page.getByRole('link', { name: '人员' }).click();
  const given = await givePassword(first.page, 'linxiao');
  const entered = await fetch(`${hub.url}/api/session`, {
    method: 'POST',
    headers: { origin: hub.url, 'x-linli': '1', 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'linxiao', password: given }),
  });
  expect(await entered.json()).toEqual({ ok: true, need: 'password' });
  expect(complaints).toEqual([]);
}, 60_000);

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { seedPeople } from '#server/demo/demo.people.ts';
import { createClock } from '#server/platform/clock.ts';
import { codeFor } from '../support/account.ts';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';
import { newId } from '../support/client.ts';

const soon = { timeout: 10_000 };
const PHONE = { width: 390, height: 844 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function signIn(page: Page, login = 'admin'): Promise<void> {
  await page.getByLabel('登录名').fill(login);
  await page.getByLabel('密码', { exact: true }).fill(DEMO_PASSWORD);
  await page.keyboard.press('Enter');
}

/** Resolves when a page has opened a line to the hub and heard from it. */
function lineOf(page: Page): Promise<void> {
  return new Promise((resolve) => {
    page.on('websocket', (socket) => {
      socket.once('framereceived', () => {
        resolve();
      });
    });
  });
}

/** Outside the demo, in the built client: what an administrator meets on the first morning and on the second. */
test('an administrator enrols at the door, signs in with a code the next time, and shows another for what weighs most', async () => {
  const clock = createClock();
  const app = await startApp({ seed: false, clock });
  await seedPeople(app.app);
  const context = await browser.newContext({ locale: 'zh-CN', viewport: PHONE, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const page = await context.newPage();

  await page.goto(`${app.url}/sign-in`);
  await signIn(page);
  await page.getByRole('heading', { name: '启用动态码' }).waitFor(soon);
  await page.getByRole('img', { name: '给验证器扫的二维码' }).waitFor(soon);
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN'); // the button that had it is gone
  const secret = ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '');
  const uri = `otpauth://totp/x?secret=${secret}`;
  const field = page.getByRole('textbox', { name: '动态码' });
  await field.fill('000000');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => page.getByRole('alert').allTextContents(), soon)
    .toContainEqual(expect.stringContaining('不对'));
  await field.fill(codeFor(uri));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '请把恢复码抄下来' }).waitFor(soon);
  expect(await page.locator('.recovery li').count()).toBe(10);
  await page.getByRole('button', { name: '我抄好了' }).click();
  await page.getByRole('navigation').first().waitFor(soon);
  expect(new URL(page.url()).pathname).toBe('/'); // and no longer the door's

  await page.goto(`${app.url}/me`);
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByLabel('登录名').waitFor(soon);
  clock.set(new Date(Date.now() + 60_000)); // the code that enrolled it is used
  await signIn(page);
  await page.getByText('密码对了').waitFor(soon);
  await page.getByRole('textbox', { name: '动态码' }).fill(codeFor(uri, clock.now()));
  await page.keyboard.press('Enter');
  await page.getByRole('navigation').first().waitFor(soon);

  const tab = await context.newPage();
  for (const one of [tab, page]) {
    await one.goto(`${app.url}/me/account`);
    await one.getByRole('button', { name: '换一组恢复码' }).waitFor(soon);
  }
  clock.set(new Date(clock.now().getTime() + 6 * 60_000));
  await page.getByRole('button', { name: '换一组恢复码' }).click();
  const dialog = page.getByRole('dialog', { name: '请确认是您本人' });
  await dialog.getByRole('textbox', { name: '动态码' }).fill(codeFor(uri, clock.now()));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '请把恢复码抄下来' }).waitFor(soon);
  expect(await dialog.count()).toBe(0);

  // Another tab, on a line from before, is asked nothing; both come back by themselves when that line is cut.
  const again = async (one: Page): Promise<void> => {
    const done = one.getByRole('button', { name: '我抄好了' });
    if ((await done.count()) > 0) await done.click();
    await one.getByRole('button', { name: '换一组恢复码' }).click();
    await one.getByRole('heading', { name: '请把恢复码抄下来' }).waitFor(soon);
    expect(await one.getByRole('dialog').count()).toBe(0);
  };
  await again(tab);
  const back = [lineOf(page), lineOf(tab)];
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 11_000);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  await Promise.all(back);
  const overHttp: string[] = [];
  for (const one of [page, tab]) {
    one.on('request', (request) => {
      if (request.url().endsWith('/api/people/renew-recovery')) overHttp.push(request.url());
    });
    await again(one);
  }
  expect(overHttp).toEqual([]); // the lines they have now know what was proved
}, 60_000);

test('a worker takes their data along and asks to be forgotten, an administrator does it, and the page lets go', async () => {
  const app = await startApp();
  const open = async (login: string, at: string, viewport = PHONE): Promise<Page> => {
    const context = await browser.newContext({ locale: 'zh-CN', viewport, serviceWorkers: 'block' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(app.url);
    await signIn(page, login);
    await page.getByRole('navigation').first().waitFor(soon);
    await page.goto(`${app.url}${at}`);
    return page;
  };
  const page = await open('worker2', '/me/account');
  const coming = page.waitForEvent('download', soon);
  await page.getByRole('button', { name: '下载我的数据' }).click();
  const file = await coming;
  expect(file.suggestedFilename()).toBe('linli-worker2.jsonl');
  const lines = (await readFile(await file.path(), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines[0]).toMatchObject({ about: 'account', what: { login: 'worker2' } });
  await page.getByRole('status').getByText(`一共 ${lines.length} 条`).waitFor(soon);
  await page.getByRole('button', { name: '申请注销' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '申请注销' }).click();
  await page.getByText('等管理员确认。在那以前').waitFor(soon);

  const desk = await open('admin', '/admin/staff', { width: 1280, height: 800 });
  await desk.getByRole('switch', { name: '只看申请注销的' }).check();
  await desk.getByRole('button', { name: '注销', exact: false }).click();
  await desk.getByRole('dialog').getByRole('button', { name: '注销', exact: true }).click();
  await desk.getByText('现在没有人申请注销').waitFor(soon);
  await page.getByLabel('登录名').waitFor(soon);
}, 60_000);

test('whoever was given a post, or lost it, sees so at the latest when the page is loaded again', async () => {
  const app = await startApp();
  const context = await browser.newContext({ locale: 'zh-CN', viewport: PHONE, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(`${app.url}/sign-in`);
  await signIn(page, 'worker');
  await page.getByRole('navigation').first().waitFor(soon);
  await page.goto(`${app.url}/me`);
  const officer = page.getByText('信息员', { exact: false }).first();
  await page.getByText('社区工作者').first().waitFor(soon);
  expect(await officer.count()).toBe(0);

  const { directory, people } = app.app.features;
  const root = { person: directory.withLogin('demo-root')?._id ?? '' };
  const [appointment, unit] = [newId(), app.unit('wenshu')];
  const until = new Date(2099, 11, 6).toISOString(); // over at the midnight after the fifth
  await people.appoint(root, { id: appointment, unit, person: app.person('worker'), role: 'officer', until });
  await page.reload();
  await officer.waitFor(soon);
  await page.getByText('12月5日').first().waitFor(soon); // its last day, and not the one after
  await people.end(root, { id: newId(), unit, appointment });
  await page.reload();
  await expect.poll(() => officer.count(), soon).toBe(0);
});

test('the first set-up takes back what it refused once that is changed, shows a wrong code at its field, and afterwards leads to the sign-in', async () => {
  const app = await startApp({ seed: false });
  const code = (await readFile(path.join(app.folder, 'secrets', 'setup-code'), 'utf8')).trim();
  const context = await browser.newContext({ locale: 'zh-CN', viewport: PHONE, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(soon.timeout);
  await page.goto(app.url);
  const password = page.getByLabel('密码', { exact: true });
  const given = { 设置码: code, 管理员姓名: '周敏', 登录名: 'zhoumin', 最上一级单位: '青羊区', 单位代号: 'qingyang' };
  for (const [label, value] of Object.entries(given)) await page.getByLabel(label).fill(value);
  await password.fill('123456789012345');
  const first = page.getByLabel('设置码');
  await first.fill('not-this-one');
  await password.press('Enter');
  await expect.poll(() => first.getAttribute('aria-invalid'), soon).toBe('true');
  await expect.poll(() => first.evaluate((field) => field === document.activeElement), soon).toBe(true);
  await first.fill(code);
  await expect.poll(() => first.getAttribute('aria-invalid'), soon).toBeNull();
  await page.keyboard.press('Enter');
  const common = page.getByText('这个密码太常见');
  await common.waitFor();
  await password.fill('一句只有我想得到的话，从上个月的雨说起');
  await common.waitFor({ state: 'detached' });
  await page.keyboard.press('Enter');
  await page.getByText('设置好了，请用刚才的登录名登录').waitFor();

  await page.goto(`${app.url}/setup`);
  await page.getByText('这里已经设置好了').waitFor();
  expect(await page.getByRole('textbox').count()).toBe(0);
  await page.getByRole('link', { name: '登录' }).click();
  await page.getByLabel('登录名').waitFor();
});

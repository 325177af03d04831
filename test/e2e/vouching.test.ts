import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { ask, codeFor, enrolFactor, MINUTE, startReal } from '../support/account.ts';
import { newId } from '../support/client.ts';

/* Outside the demo: how a post that takes two administrators reaches the person it is meant for. */

const soon = { timeout: 10_000 };
const START = 'green umbrella 47 in the rain';
const OWN = 'blue kettle 12 under the stairs';
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function open(url: string, at: string, viewport: { width: number; height: number }, cookie?: string) {
  const context = await browser.newContext({ locale: 'zh-CN', viewport, serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const [name = '', value = ''] = cookie?.split('=') ?? [];
  if (name !== '') await context.addCookies([{ name, value, url }]);
  const page = await context.newPage();
  page.setDefaultTimeout(soon.timeout);
  await page.goto(`${url}${at}`);
  return page;
}

/** Signs in with the start password, chooses another, sets up the authenticator, and is in. */
async function firstSteps(page: Page, login: string, now: () => Date): Promise<void> {
  await page.getByLabel('登录名').fill(login);
  await page.getByLabel('密码', { exact: true }).fill(START);
  await page.keyboard.press('Enter');
  await page.getByLabel('管理员给您的密码').fill(START);
  await page.getByLabel('新密码').fill(START);
  await page.keyboard.press('Enter');
  await page.getByText('不能和原来的密码一样').first().waitFor(soon);
  await page.getByLabel('新密码').fill(OWN);
  await page.keyboard.press('Enter');
  await page.getByRole('img', { name: '给验证器扫的二维码' }).waitFor(soon);
  const secret = ((await page.locator('code').textContent()) ?? '').replaceAll(' ', '');
  await page.getByRole('textbox', { name: '动态码' }).fill(codeFor(`otpauth://totp/x?secret=${secret}`, now()));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '我抄好了' }).click();
}

test('the second administrator is given a code to hand over, and the post begins where its holder enters it', async () => {
  const { app, clock, later, enter, enrolled } = await startReal();
  const { cookie: admin } = await enrolled('admin');
  const [entered = ''] = (await enter('demo-root', { password: `${app.app.features.setup.code}-demo` })).cookies;
  const { cookie: root } = await enrolFactor(app, entered, clock.now());
  later(MINUTE);
  const unit = app.unit('qingyang-street');
  /** Enrolled by whoever has this cookie, and proposed as a spokesperson by the first administrator. */
  const proposed = async (by: string, login: string, name: string): Promise<void> => {
    const { person } = await ask(app.url, by, 'people:enrol', { id: newId(), unit, login, name, password: START });
    const post = { id: newId(), unit, person, role: 'spokesperson' };
    expect(await ask(app.url, admin, 'people:appoint', post)).toMatchObject({ pending: true });
  };
  await proposed(admin, 'newcomer', '何新来');
  await proposed(root, 'latecomer', '方后到');

  const second = await open(app.url, '/me', DESKTOP, root); // where it says that something waits for them
  await second.getByRole('link', { name: /^岗位\s*2 件等您$/ }).click();
  await second
    .getByRole('button', { name: /^确认\s*何新来/ })
    .first()
    .click();
  await second.getByRole('dialog').getByRole('button', { name: '确认', exact: true }).click();
  const handing = second.getByRole('dialog', { name: '交核验码 · 何新来' });
  await handing.getByRole('button', { name: '生成核验码' }).click();
  const code = (await handing.locator('code').textContent()) ?? '';
  expect(code).toMatch(/^(\w{4}-){2}\w{4}$/);
  await handing.getByRole('button', { name: '记下了' }).click();

  // Whom the second one enrolled they confirm, and may not vouch for: they are told who may.
  await second.getByRole('button', { name: /^确认\s*方后到/ }).click();
  await second.getByRole('dialog').getByRole('button', { name: '确认', exact: true }).click();
  const told = second.getByRole('listitem').filter({ hasText: '上级单位的管理员' });
  await told.filter({ hasText: '已确认' }).waitFor(soon);
  await second
    .getByRole('button', { name: /^当前单位：成都市/ })
    .first()
    .click();
  const units = second.getByRole('dialog', { name: '看哪个单位' });
  await units.getByRole('button', { name: '看青羊区下面的单位' }).click();
  await units.getByRole('button', { name: /^青羊街道/ }).click();
  await second.getByRole('button', { name: /^生成核验码\s*方后到/ }).click();
  await told.filter({ hasNotText: '已确认' }).waitFor(soon);
  // Nor may whoever proposed it: they are not offered to.
  const first = await open(app.url, '/admin/posts', DESKTOP, admin);
  await first.getByRole('listitem').filter({ hasText: '何新来' }).getByText('等核验码').waitFor(soon);
  expect(await first.getByRole('button', { name: /^生成核验码/ }).count()).toBe(0);

  const page = await open(app.url, '/sign-in', PHONE);
  await firstSteps(page, 'newcomer', () => clock.now());
  for (const place of ['关注', '会议']) {
    await page.getByRole('link', { name: place }).click();
    await page.getByText('您现在没有岗位，岗位开始后这里才有内容').waitFor(soon);
    expect(await page.getByRole('link', { name: '看我的岗位' }).getAttribute('href')).toBe('/me');
    expect(await page.getByRole('button', { name: '再试一次' }).count()).toBe(0);
  }
  await page.getByRole('link', { name: '岗位等您核验' }).click();
  await page.getByText(/^等您填核验码：.*发言人$/).waitFor(soon);
  const field = page.getByRole('textbox', { name: '核验码' });
  await field.fill('0000-0000-0000');
  await page.getByRole('button', { name: '核验', exact: true }).click();
  await page.getByText('还没有核验').first().waitFor(soon);
  await field.fill(code.toUpperCase().replaceAll('-', '')); // the hyphens are there to read it by
  await page.keyboard.press('Enter');
  await page.getByText('核验好了，岗位可以用了。').waitFor(soon);
  await page.getByRole('listitem').filter({ hasText: '发言人' }).waitFor(soon);
  expect(await page.getByRole('link', { name: '岗位等您核验' }).count()).toBe(0);

  // A list from before still offers it: it is not asked for any more, and the list is put right.
  const stale = second.getByRole('button', { name: /^生成核验码\s*何新来/ });
  await stale.click();
  await second.getByText('现在不用核验码').waitFor(soon);
  await stale.waitFor({ state: 'detached', ...soon });
}, 60_000);

import type { Page } from 'playwright';
import { roomId } from '#server/demo/demo.forum.ts';
import { demoId } from '#server/demo/demo.people.ts';
import { incidentId } from '#server/demo/demo.timeline.ts';
import { DOOR } from './axe-door.ts';

/*
 * Every page there is, with what opens on it. The demo has the same ids each time, so an address is enough; its words
 * are Chinese in both languages.
 */

export interface Case {
  name: string;
  /** A login of the demo; undefined for somebody who has not signed in. */
  who?: string;
  at: string;
  /** What must be in sight first, so that nothing half loaded is looked at. */
  shows: string | RegExp;
  /** What is then done on it, up to where it shows. */
  act?: (page: Page) => Promise<unknown>;
  /** The densest of its kind: looked at in every look. */
  dense?: true;
}

const ROOM = `/rooms/${roomId('work')}`;
/** A PNG of one pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WATER = `/concerns/${incidentId('water')}`;
const meeting = (key: string): string => `/meetings/${demoId(`meeting ${key}`)}`;

const seen = (page: Page, role: 'button' | 'link', name: RegExp) =>
  page.getByRole(role, { name }).filter({ visible: true }).first();
const press = (name: RegExp) => (page: Page) => seen(page, 'button', name).click();
const opening =
  (name: RegExp, layer: 'dialog' | 'menu' = 'dialog') =>
  async (page: Page): Promise<void> => {
    await press(name)(page);
    await page.getByRole(layer).waitFor();
  };

/** On a phone the response stands on a page of its own, behind the second of two choices. */
const toResponse =
  (shows: string | RegExp) =>
  async (page: Page): Promise<void> => {
    const part = page.locator('label').filter({ hasText: /回应|Response/, visible: true });
    if ((await part.count()) > 0) await part.click();
    await page.getByText(shows).filter({ visible: true }).first().waitFor();
  };

async function findIn(page: Page, button: RegExp): Promise<void> {
  await press(button)(page);
  await page.locator('search input').fill('送水');
  await page.locator('search li').first().waitFor();
}

async function write(page: Page): Promise<void> {
  await page
    .getByLabel(/停车自治公约施行三个月/)
    .last()
    .click();
  await page.locator('.ProseMirror-focused').waitFor();
}

async function messageMenu(page: Page): Promise<void> {
  await page.getByRole('article').last().click({ button: 'right' });
  await page.getByRole('menu').waitFor();
}

async function keyMap(page: Page): Promise<void> {
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
}

/** The corrected response, by its address in the list: its code is made by chance. */
async function corrected(page: Page): Promise<void> {
  await seen(page, 'link', /正在抢修/).click();
  await page.locator('.versions').waitFor();
}
async function olderVersion(page: Page): Promise<void> {
  await corrected(page);
  await page.locator('.versions a').last().click();
  await page.waitForURL(/rev=1/);
}
async function check(page: Page): Promise<void> {
  await corrected(page);
  await page.locator('.check a').click();
  await page.locator('.answer').waitFor();
}

const MESSAGES: readonly Case[] = [
  { name: 'messages', who: 'worker', at: '/', shows: /社区工作群/ },
  {
    name: 'search in all rooms',
    who: 'worker',
    at: '/',
    shows: /社区工作群/,
    act: (page) => findIn(page, /^(搜索消息|Search)/),
  },
  { name: 'a room', who: 'worker', at: ROOM, shows: '送水车', dense: true },
  {
    name: 'search in a room',
    who: 'worker',
    at: ROOM,
    shows: '送水车',
    act: (page) => findIn(page, /房间里搜索|in (this|the) room/),
  },
  { name: 'a room with a menu open', who: 'moderator', at: ROOM, shows: '送水车', act: messageMenu },
  { name: 'a room with files', who: 'worker2', at: ROOM, shows: '送水车', act: files, dense: true },
  { name: 'a picture of a message', who: 'worker2', at: ROOM, shows: '送水车', act: largePicture },
  { name: 'choosing a unit', who: 'worker', at: '/', shows: /社区工作群/, act: opening(/文殊社区/) },
  { name: 'the keys', who: 'officer', at: ROOM, shows: '送水车', act: keyMap },
  { name: 'no such page', who: 'worker', at: '/nowhere', shows: /没有这一页|no such page/ },
];

/** A message with files, and others that are still to go: one there, one refused. */
async function files(page: Page): Promise<void> {
  const add = (name: string, text: string) =>
    page.locator('input[type=file]').setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) });
  const done = page.getByText(/^(已上传|Uploaded) ·/);
  await seen(page, 'button', /^(添加文件|Attach files)$/).waitFor();
  await page.locator('input[type=file]').setInputFiles([
    { name: '现场.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') },
    { name: '名单.txt', mimeType: 'text/plain', buffer: Buffer.from('王敏') },
  ]);
  await done.nth(1).waitFor();
  await press(/^(送出|Send)$/)(page);
  await page.getByRole('link', { name: /名单/ }).last().waitFor();
  await add('通知.txt', '通知');
  await done.waitFor();
  await add('程序.exe', 'MZ\0');
  await page.getByText(/这种文件不能添加|is not taken/).waitFor();
}

async function largePicture(page: Page): Promise<void> {
  await files(page);
  await page.getByRole('button', { name: '现场.png' }).last().click();
  await page.getByRole('dialog').waitFor();
}

const MEETINGS: readonly Case[] = [
  { name: 'meetings', who: 'worker', at: '/meetings', shows: '文殊社区居民代表会议' },
  {
    name: 'calling a meeting',
    who: 'officer',
    at: '/meetings',
    shows: '文殊社区居民代表会议',
    act: opening(/^(新建会议|New meeting|Call)/),
  },
  { name: 'a signed meeting', who: 'worker', at: meeting('council'), shows: '院落晾衣架方案' },
  {
    name: 'its signature',
    who: 'officer',
    at: meeting('council'),
    shows: '院落晾衣架方案',
    act: opening(/看签署|See the signature/),
  },
  { name: 'a draft being written', who: 'worker', at: meeting('assembly'), shows: '物业说明', act: write, dense: true },
];

const CONCERNS: readonly Case[] = [
  { name: 'the board', who: 'deputy', at: '/concerns', shows: '八宝街夜间施工噪声', dense: true },
  {
    name: 'the board filtered',
    who: 'deputy',
    at: '/concerns',
    shows: '八宝街夜间施工噪声',
    act: opening(/级别、状态|Level, state/),
  },
  { name: 'a concern', who: 'officer', at: WATER, shows: '泵房有焦味', dense: true },
  {
    name: 'a concern with a menu open',
    who: 'officer',
    at: WATER,
    shows: '泵房有焦味',
    act: opening(/^(更多|More)$/, 'menu'),
  },
  {
    name: 'triage',
    who: 'deputy',
    at: `/concerns/${incidentId('noise')}`,
    shows: '打夯到零点',
    act: opening(/^(研判|Triage)$/),
  },
  { name: 'flagging', who: 'officer', at: '/flag', shows: /发生了什么|What happened/ },
];

const RESPONSES: readonly Case[] = [
  {
    name: 'a response in review',
    who: 'approver',
    at: WATER,
    shows: '泵房有焦味',
    act: toResponse(/送审稿指纹|^Fingerprint/),
  },
  {
    name: 'a response being drafted',
    who: 'spokesperson',
    at: `/concerns/${incidentId('rumour')}`,
    shows: '文殊片区要统一断气三天',
    act: toResponse(/没有停气计划/),
  },
  {
    name: 'a response that is out',
    who: 'spokesperson',
    at: `/concerns/${incidentId('lamp')}`,
    shows: '一排路灯不亮',
    act: toResponse(/全部版本|All versions/),
  },
  { name: 'me', who: 'officer', at: '/me', shows: /大字|Large/ },
  { name: 'account', who: 'officer', at: '/me/account', shows: /这台设备|This device/ },
  {
    name: 'asking that the account be closed',
    who: 'worker',
    at: '/me/account',
    shows: /这台设备|This device/,
    act: async (page) => {
      for (const part of await page.locator('summary').all()) await part.click();
      await opening(/申请注销|Ask to close it/)(page);
    },
  },
  {
    name: 'enrolling a second factor',
    who: 'worker',
    at: '/me/account',
    shows: /这台设备|This device/,
    act: async (page) => {
      await press(/启用动态码|Set up the code/)(page);
      await page.getByRole('img', { name: /二维码|QR code/ }).waitFor();
    },
  },
];

const ADMINISTRATION: readonly Case[] = [
  {
    name: 'units',
    who: 'admin',
    at: '/admin/units',
    shows: '五岳宫社区',
    act: press(/(管理|Administration)\s*文殊社区/),
  },
  {
    name: 'a merger',
    who: 'admin',
    at: '/admin/units',
    shows: '五岳宫社区',
    act: async (page) => {
      await press(/(管理|Administration)\s*文殊社区/)(page);
      await opening(/^(撤并|Merge or split)$/)(page);
    },
  },
  { name: 'people', who: 'admin', at: '/admin/staff', shows: '罗建平' },
  { name: 'enrolling', who: 'admin', at: '/admin/staff', shows: '罗建平', act: opening(/登记新人|Enrol somebody/) },
  { name: 'posts', who: 'admin', at: '/admin/posts', shows: '陈静', dense: true },
  { name: 'giving a post', who: 'admin', at: '/admin/posts', shows: '陈静', act: opening(/给岗位|Give a post/) },
  { name: 'coverage', who: 'admin', at: '/admin/coverage', shows: '赵蕾' },
  { name: 'deputies', who: 'spokesperson', at: '/admin/delegations', shows: '外出培训' },
  {
    name: 'asking for a deputy',
    who: 'spokesperson',
    at: '/admin/delegations',
    shows: '外出培训',
    act: opening(/请人代行|Ask for a deputy/),
  },
  { name: 'streams for audit', who: 'auditor', at: '/admin/audit?kind=incident', shows: /泵房|送水|停水/ },
  {
    name: 'a stream under audit',
    who: 'auditor',
    at: `/admin/audit?stream=incident:${incidentId('water')}`,
    shows: /报了关注|Concern flagged/,
    act: async (page) => {
      await page.locator('summary').first().click();
      await page.locator('pre').waitFor();
    },
    dense: true,
  },
];

const PUBLIC: readonly Case[] = [
  { name: 'public responses', at: '/public', shows: '白云寺街路灯已经修好' },
  { name: 'those of a unit', at: '/public/units/wenshu', shows: '白云寺街路灯已经修好' },
  { name: 'a corrected response', at: '/public', shows: /正在抢修/, act: corrected, dense: true },
  { name: 'its older version', at: '/public', shows: /正在抢修/, act: olderVersion },
  { name: 'verification', at: '/public/verify', shows: /核验一条回应|Check a response/ },
  { name: 'a verified text', at: '/public', shows: /正在抢修/, act: check },
  { name: 'no such public page', at: '/public/responses/R-none', shows: /没有这个页面|no such page/ },
];

export const CASES: readonly Case[] = [
  ...[...DOOR, ...MESSAGES, ...MEETINGS, ...CONCERNS, ...RESPONSES],
  ...[...ADMINISTRATION, ...PUBLIC],
];

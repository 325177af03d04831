import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { DEMO_PASSWORD } from '#server/demo/demo.cast.ts';
import { startHub, type Hub } from '../support/hub.ts';
import { CASES, type Case } from './axe-cases.ts';

/*
 * What a machine can say about WCAG 2.2 AA: every page of the built client and of the public side, in both languages,
 * light and dark, on a phone and a desktop. Each page in two looks that have nothing in common, the densest in all.
 */

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What stands outside the landmarks by right, since it holds the focus while it is open: axe's own list, and menus. */
const OVERLAYS = 'dialog, [role=dialog], [role=alertdialog], svg, [role=menu]';
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };
type Look = readonly ['light' | 'dark', keyof typeof SIZES];
type Language = 'zh' | 'en';
const OPPOSITE: Record<Language, readonly [Look, ...Look[]]> = { zh: [['light', 'phone']], en: [['dark', 'desk']] };
const OTHERS: readonly Look[] = [
  ['light', 'phone'],
  ['dark', 'phone'],
  ['light', 'desk'],
  ['dark', 'desk'],
];

let hub: Hub;
let browser: Browser;
let folder: string;
let looked = 0;
const rooms = new Map<string, Promise<BrowserContext>>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'linli-axe-'));
  [hub, browser] = await Promise.all([startHub(folder), chromium.launch(inject('chromium'))]);
}, 60_000);
afterAll(async () => {
  console.log(`axe ${axe.version}: ${CASES.length} pages, ${looked} looks`);
  await browser.close();
  await hub.kill();
  await rm(folder, { recursive: true, force: true });
});

/** A browser of one person in one language; they sign in once. */
async function browserOf(who: string | undefined, language: Language): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  });
  if (who === undefined) return context;
  const answer = await context.request.post(`${hub.url}/api/session`, {
    headers: { origin: hub.url, 'x-linli': '1' },
    data: { name: who, password: DEMO_PASSWORD },
  });
  expect(answer.ok()).toBe(true);
  return context;
}

async function wear(page: Page, [theme, size]: Look): Promise<void> {
  await page.setViewportSize(SIZES[size]);
  await page.emulateMedia({ colorScheme: theme });
}

async function stand({ who, at, shows, act }: Case, language: Language): Promise<Page> {
  const key = `${who ?? ''} ${language}`;
  const room = rooms.get(key) ?? browserOf(who, language);
  rooms.set(key, room);
  const page = await (await room).newPage();
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
      const said = globalThis as unknown as { refused?: string[] };
      (said.refused ??= []).push(`${effectiveDirective} ${blockedURI} ${sample}`);
    });
  });
  page.setDefaultTimeout(15_000);
  await wear(page, OPPOSITE[language][0]);
  const isPublic = at.startsWith('/public') && language === 'en';
  await page.goto(`${hub.url}${at}${isPublic ? '?lang=en' : ''}`);
  await page.getByText(shows).filter({ visible: true }).first().waitFor();
  await act?.(page);
  // What the debugger evaluates is not subject to the page's policy: it stays as it is.
  await page.evaluate(axe.source);
  return page;
}

/** What axe objects to, each with the element and what would help. */
async function objections(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(
    ({ tags, overlays }) => {
      const { axe: run } = globalThis as unknown as { axe: typeof axe };
      run.configure({ checks: [{ id: 'region', options: { regionMatcher: overlays } }] });
      return run.run(document, { runOnly: tags, resultTypes: ['violations'] });
    },
    { tags: TAGS, overlays: OVERLAYS },
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary, html }) => `${id}: ${target.join(' ')}\n${html}\n${failureSummary ?? ''}`),
  );
}

async function look(one: Case, language: Language): Promise<string[]> {
  const page = await stand(one, language);
  const found: string[] = [];
  for (const each of one.dense === true ? OTHERS : OPPOSITE[language]) {
    await wear(page, each);
    found.push(...(await objections(page)).map((words) => `${language} ${each.join(' ')} ${words}`));
    looked += 1;
  }
  // What its own policy would not let it load, run or make HTML of, from its first byte to here (security #48).
  const refused = await page.evaluate(() => (globalThis as unknown as { refused?: string[] }).refused ?? []);
  await page.close();
  return [...found, ...refused.map((what) => `${language} refused by the page’s policy: ${what}`)];
}

test.each(CASES)('axe finds nothing wrong with $name, and its own policy refuses it nothing', async (one) => {
  const found = await Promise.all([look(one, 'zh'), look(one, 'en')]);
  expect(found.flat()).toEqual([]);
});

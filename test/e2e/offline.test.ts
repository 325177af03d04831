import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';

/** A busy machine is no reason to fail. */
const soon = { timeout: 10_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function aPage(): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN' });
  onTestFinished(() => context.close());
  return context.newPage();
}

/** Paths the service worker keeps. */
const kept = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return all.flatMap((requests) => requests.map(({ url }) => new URL(url).pathname));
  });

/** The service worker is installed and answers, not only under way. */
const atWork = (page: Page): Promise<void> => page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

const shown = (page: Page): Promise<string> => page.locator('body').innerText();

/** A build of two files, another one each time `release` is called. `broken` builds name a file that is not there. */
async function aBuild(): Promise<{ url: string; release: (n: number, broken?: boolean) => void }> {
  const worker = readFileSync('client/public/sw.js');
  let files = new Map<string, string>();
  const release = (n: number, broken = false): void => {
    const html = `<link href="/assets/a-${n}.css"><script type="module" src="/assets/a-${n}.js"></script><p>build ${n}</p>`;
    files = new Map([
      ['/', html],
      [`/assets/a-${n}.css`, 'p {}'],
      [`/assets/later-${n}.js`, ''],
    ]);
    const script = `navigator.serviceWorker.register('/sw.js'); ["assets/later-${n}.js"]`;
    if (!broken) files.set(`/assets/a-${n}.js`, script);
  };
  const types: Record<string, string> = { '/': 'text/html', js: 'text/javascript', css: 'text/css' };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const file = path === '/sw.js' ? worker : files.get(path);
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': types[path.split('.')[1] ?? '/'] ?? 'text/plain',
    });
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  release(1);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, release };
}

describe('without a network', () => {
  it('the app opens for the person who was there, and keeps nothing that is theirs', async () => {
    const app = await startApp();
    const page = await aPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    const answer = await page.request.post(`${app.url}/api/session`, {
      headers: { origin: app.url, 'x-linli': '1' },
      data: { name: 'worker', password: DEMO_PASSWORD },
    });
    expect(answer.ok()).toBe(true);
    await page.goto(app.url);
    await expect.poll(() => kept(page), soon).toContain('/');
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
    const scripts = loaded.map((name) => new URL(name).pathname).filter((path) => path.endsWith('.js'));
    await expect.poll(() => kept(page), soon).toEqual(expect.arrayContaining(scripts));
    await atWork(page);
    await page.context().setOffline(true);
    await app.close();
    await page.goto(`${app.url}/me`);
    await expect.poll(() => page.locator('nav').count(), soon).toBeGreaterThan(0);
    expect((await kept(page)).filter((path) => /^\/(api|socket\.io|collab|public)/.test(path))).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('the newest build is there once all of its files are, and old files go', async () => {
    const { url, release } = await aBuild();
    const page = await aPage();
    await page.goto(url);
    const first = async (): Promise<string[]> => (await kept(page)).sort();
    await expect.poll(first, soon).toEqual(['/', '/assets/a-1.css', '/assets/a-1.js', '/assets/later-1.js']);
    await atWork(page);

    release(2);
    await page.goto(url); // the network comes first: a new build shows at once
    expect(await shown(page)).toBe('build 2');
    await expect.poll(() => kept(page), soon).toContain('/assets/later-2.js');
    release(3, true);
    await page.goto(url);
    expect(await shown(page)).toBe('build 3');
    release(4);
    await page.goto(url);
    await expect.poll(() => kept(page), soon).toContain('/assets/later-4.js');
    await expect.poll(async () => (await kept(page)).filter((path) => path.includes('-1')), soon).toEqual([]);

    release(5, true);
    await page.goto(url);
    await page.context().setOffline(true);
    await page.goto(`${url}rooms/1`);
    expect(await shown(page)).toBe('build 4'); // the last one that was whole
  });
});

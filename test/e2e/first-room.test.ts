import { chromium, type Browser } from 'playwright';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { startHub } from '../support/hub.ts';
import { temporaryFolder } from '../support/streams.ts';

const soon = { timeout: 10_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

/** What `bench bundle` weighs is all there is to wait for: every other script is kept away here, and the line with it. */
it('a room shows its messages and takes words with the scripts its page names and no line', async () => {
  const hub = await startHub(await temporaryFolder());
  onTestFinished(() => hub.kill());
  const context = await browser.newContext({ locale: 'zh-CN', serviceWorkers: 'block' });
  onTestFinished(() => context.close());
  const headers = { origin: hub.url, 'x-linli': '1' };
  const data = { name: 'worker', password: 'linli-demo' };
  await context.request.post(`${hub.url}/api/session`, { headers, data });
  const { rooms } = (await (await context.request.get(`${hub.url}/api/forum/rooms`)).json()) as {
    rooms: { id: string; title: string; last?: { text: string } }[];
  };
  const { id, title, last } = rooms.find((room) => room.title === '社区工作群') ?? rooms[0] ?? {};
  const html = await (await context.request.get(hub.url)).text();

  const page = await context.newPage();
  const named = ({ pathname }: URL): boolean => html.includes(pathname);
  const isLater = (url: URL): boolean => /^\/(assets\/.*\.js|socket\.io\/)/.test(url.pathname) && !named(url);
  await page.route(isLater, (route) => route.abort());
  await page.goto(`${hub.url}/rooms/${id}`);
  const log = page.getByRole('log');
  await expect.poll(() => log.getByRole('article').count(), soon).toBeGreaterThan(0);
  expect(await log.innerText()).toContain(last?.text);
  await page.getByPlaceholder(`写给${title}`).fill('还没有线路时写的');
  await page.getByRole('button', { name: '送出' }).click();
  await expect.poll(() => log.innerText(), soon).toContain('还没有线路时写的');

  await page.unroute(isLater);
  const answered = async (): Promise<number> => {
    const asked = await context.request.get(`${hub.url}/api/forum/messages?room=${id}&limit=50`);
    const { messages } = (await asked.json()) as { messages: { text: string }[] };
    return messages.filter(({ text }) => text === '还没有线路时写的').length;
  };
  await expect.poll(answered, soon).toBe(1);
});

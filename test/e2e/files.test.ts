import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';
import { photo } from '../support/files.ts';
import { aRoom } from '../support/rooms.ts';

/** From its sources the process of a picture takes a while to start, and the machine may be busy. */
const soon = { timeout: 30_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch(inject('chromium'));
});
afterAll(() => browser.close());

async function pageOf(url: string, name: string): Promise<Page> {
  const context = await browser.newContext({ locale: 'zh-CN' });
  onTestFinished(() => context.close());
  const headers = { origin: url, 'x-linli': '1' };
  await context.request.post(`${url}/api/session`, { headers, data: { name, password: DEMO_PASSWORD } });
  return context.newPage();
}

/** The size a picture came in, in px; 0 while it has not. */
const widthOf = (page: Page, within: string): Promise<number> =>
  page.locator(`${within} img[alt="现场.jpg"]`).evaluate((image: HTMLImageElement) => image.naturalWidth);

it('a picture and a document go with a message: others see them, also after a reload, large and saved', async () => {
  const app = await startApp();
  const room = await aRoom(app, { kind: 'members', people: ['worker', 'worker2'] });
  const [sender, reader] = await Promise.all([pageOf(app.url, 'worker'), pageOf(app.url, 'worker2')]);
  await Promise.all([sender.goto(`${app.url}/rooms/${room}`), reader.goto(`${app.url}/rooms/${room}`)]);

  await sender.getByRole('button', { name: '添加文件' }).waitFor(soon);
  await sender.locator('input[type=file]').setInputFiles([
    { name: '现场.jpg', mimeType: 'image/jpeg', buffer: await photo(1200, 800) },
    { name: '告知书.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n') },
    { name: '坏的.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ\0\0') },
  ]);
  const send = sender.getByRole('button', { name: '送出' });
  await sender.getByText('这种文件不能添加').waitFor(soon);
  await expect.poll(() => sender.getByText('已上传 ·').count(), soon).toBe(2);
  expect(await send.isDisabled()).toBe(true);
  await sender.getByRole('button', { name: '移除：坏的.pdf' }).click();
  await send.click(); // no word is needed beside a file

  const link = reader.getByRole('link', { name: /告知书\.pdf.*PDF/ });
  await link.waitFor(soon);
  await expect.poll(() => widthOf(reader, 'article'), soon).toBe(480);
  await reader.reload();
  await link.waitFor(soon);
  const picture = reader.getByRole('button', { name: '现场.jpg' });
  expect(await picture.locator('img').evaluate((image) => [image.clientWidth, image.clientHeight])).toEqual([160, 240]);

  await picture.focus();
  await reader.keyboard.press('Enter');
  await reader.getByRole('dialog', { name: '现场.jpg' }).waitFor(soon);
  await expect.poll(() => widthOf(reader, '[role=dialog]'), soon).toBe(800);
  await reader.keyboard.press('Escape');
  await reader.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await picture.evaluate((button) => button === document.activeElement)).toBe(true);

  const [saved] = await Promise.all([reader.waitForEvent('download', soon), link.click()]);
  expect(saved.suggestedFilename()).toBe('告知书.pdf');
  expect(reader.url()).toContain(room);
}, 90_000);

import type { Page } from 'playwright';
import type { Case } from './axe-cases.ts';

/** As on a hub that has nobody yet. */
async function setUpAhead(page: Page): Promise<void> {
  const json = { ok: false, error: { code: 'unauthenticated', message: '', setup: true } };
  await page.route('**/api/session', (route) => route.fulfill({ status: 401, json }));
  await page.reload();
  await page.getByText(/打印在启动|Printed where/).waitFor();
}

export const DOOR: readonly Case[] = [
  { name: 'sign-in', at: '/sign-in', shows: 'spokesperson' },
  { name: 'set-up that is done', at: '/setup', shows: /已经设置好|set up already/ },
  { name: 'set-up', at: '/setup', shows: /已经设置好|set up already/, act: setUpAhead },
];

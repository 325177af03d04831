import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import { ROUTES } from '#shared/people/ways.policy.ts';
import type { Contract } from '#shared/wire/define.ts';
import { startApp } from '../support/app.ts';
import { cookieFor, newId, signIn } from '../support/client.ts';
import { letter, uploaded, zipped } from '../support/files.ts';

/* Every answer says what it is, and text in which characters (ASVS 4.1.1): nothing is left for a browser to guess. */

const ROWS = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, { kind }]) => `${kind === 'query' ? 'GET' : 'POST'} /api/${feature}/${verb}`),
);
const PAGES = [
  '/',
  '/rooms/1',
  '/sw.js',
  '/look.js',
  '/icon.svg',
  '/manifest.webmanifest',
  '/none.txt',
  '/assets/none.js',
];
const ERRORS = [
  'GET /api/nothing/here',
  'PATCH /',
  'PUT /',
  'DELETE /public',
  'POST /public/verify',
  'GET /socket.io/',
];

/** Addresses of a route whose names stand for something, one that is there where there is one. */
const addressesOf =
  (files: readonly string[]) =>
  (route: string): string[] => {
    const [method = '', path = ''] = route.split(' ');
    if (path === '/{*rest}') return PAGES.map((page) => `GET ${page}`);
    const names = path.startsWith('/api/files')
      ? [...files, newId(), 'x']
      : path.startsWith('/public/units')
        ? ['wenshu', 'none']
        : ['R-00000-00000', 'R-00000-00000.xml', 'none'];
    return names.map((name) => `${method} ${path.replace(/:\w+/, name)}`);
  };

/** Types that are text, whatever a browser makes of it. */
const IS_TEXT = /^(text\/|application\/([\w.+-]*\+)?(json|xml)\b|application\/(javascript|manifest\+json))/;
/** Of JSON a reader needs no word: it is UTF-8 (RFC 8259 §8.1); a manifest as well. Where there is one, it is right. */
const SAYS_BY_ITSELF = /^application\/([\w.-]+\+)?json\b/;

async function faultsOf(url: string, address: string, headers: Record<string, string>): Promise<string[]> {
  const [method = '', path = ''] = address.split(' ');
  const body = method === 'GET' ? {} : { body: '{}' };
  const sent = { 'content-type': 'application/json', accept: 'text/html,*/*', ...headers };
  const answer = await fetch(`${url}${path}`, { method, headers: sent, redirect: 'manual', ...body });
  const bytes = (await answer.arrayBuffer()).byteLength;
  const type = answer.headers.get('content-type');
  const said = `${address} ${answer.status}: ${type ?? 'nothing'}`;
  if (bytes === 0) return [];
  if (type === null) return [said];
  const charset = /charset=([\w-]+)/i.exec(type)?.[1]?.toLowerCase();
  if (charset !== undefined) return charset === 'utf-8' ? [] : [said];
  return IS_TEXT.test(type) && !SAYS_BY_ITSELF.test(type) ? [said] : [];
}

test('every answer of every route says its type, and its characters where it is text, whoever asks', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const { cookie } = worker;
  const files = [await uploaded(worker, '名单'), await uploaded(worker, zipped(letter('明天停水')))];
  const all = [...new Set([...Object.keys(ROUTES).flatMap(addressesOf(files)), ...ROWS, ...ERRORS])];
  const ours = { origin: app.url, 'x-linli': '1', 'sec-fetch-site': 'same-origin' };
  const other = await cookieFor(app.url, 'worker2');
  const faults: string[] = [];
  for (const headers of [{}, ours, { ...ours, cookie: other }, { ...ours, cookie }]) {
    const asked = all.filter((address) => !/^DELETE \/api\/session/.test(address) || !('cookie' in headers));
    faults.push(...(await Promise.all(asked.map((address) => faultsOf(app.url, address, headers)))).flat());
  }
  expect([...new Set(faults)].sort()).toEqual([]);
});

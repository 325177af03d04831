import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect as dial } from 'node:net';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import { startKeptApp, type TestApp } from '../support/app.ts';
import { connect, cookieFor, newId } from '../support/client.ts';

/* Who may speak to the hub: pages of this hub, and nobody who only looks like one (security #1, #61). */

let app: TestApp;
let cookie: string;
let doc: string;
beforeAll(async () => {
  app = await startKeptApp();
  cookie = await cookieFor(app.url, 'officer');
  const facts = {
    id: newId(),
    unit: app.unit('wenshu'),
    title: 'a',
    body: 'committee',
    startsAt: '2026-11-24T06:00:00Z',
  };
  const headers = { cookie, origin: app.url, 'x-linli': '1', 'content-type': 'application/json' };
  const made = await fetch(`${app.url}/api/minutes/create`, { method: 'POST', headers, body: JSON.stringify(facts) });
  doc = ((await made.json()) as { doc: string }).doc;
});

/** Thirteen that are not ours, made of ours: each is what a careless comparison would take. */
const HOSTILE: readonly [string, (ours: URL) => string | undefined][] = [
  ['null, as a sandboxed frame says', () => 'null'],
  ['none at all', () => undefined],
  ['ours as the beginning of another host', ({ origin }) => `${origin}.evil.example`],
  ['ours as the end of another host', ({ port }) => `http://evil-127.0.0.1:${port}`],
  ['another port', ({ port }) => `http://127.0.0.1:${Number(port) - 1}`],
  ['another scheme', ({ host }) => `https://${host}`],
  ['ours as a name before another host', ({ host }) => `http://${host}@evil.example`],
  ['a dot behind the host', ({ port }) => `http://localhost.:${port}`],
  ['upper case, which no browser sends', ({ port }) => `HTTP://LOCALHOST:${port}`],
  ['a look-alike in punycode', ({ port }) => `http://xn--lcalhost-54g:${port}`],
  ['the same address as a number', ({ port }) => `http://2130706433:${port}`],
  ['ours in a list', ({ origin }) => `${origin}, https://evil.example`],
  ['ours and a space', ({ port }) => `http://127.0.0.1 :${port}`],
];

/** The status line of an answer to a handshake with a valid session. */
function upgrade(path: string, origin: readonly string[]): Promise<string> {
  const { hostname, port, host } = new URL(app.url);
  const lines = [
    ...[`GET ${path} HTTP/1.1`, `host: ${host}`, 'connection: Upgrade', 'upgrade: websocket', `cookie: ${cookie}`],
    ...['sec-websocket-version: 13', `sec-websocket-key: ${randomBytes(16).toString('base64')}`],
    ...origin.map((value) => `origin: ${value}`),
  ];
  return new Promise((resolve, reject) => {
    const line = dial(Number(port), hostname, () => line.write(`${lines.join('\r\n')}\r\n\r\n`));
    line.setTimeout(5_000, () => line.destroy(new Error('left open')));
    line.once('data', (bytes) => {
      resolve(bytes.toString().split('\r\n', 1)[0] ?? '');
      line.destroy();
    });
    line.on('error', reject);
  });
}

describe.each([
  ['/socket.io/', () => '/socket.io/?EIO=4&transport=websocket'],
  ['/collab/', () => `/collab/${doc}`],
])('%s', (_, path) => {
  test('takes a page of ours', async () => {
    expect(await upgrade(path(), [app.url])).toContain('101');
    expect(await upgrade(path(), [app.url.replace('127.0.0.1', 'localhost')])).toContain('101');
  });

  test.each(HOSTILE)('refuses %s, with a valid session', async (_name, make) => {
    const origin = make(new URL(app.url));
    expect(await upgrade(path(), origin === undefined ? [] : [origin])).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  test('refuses two origins at once, ours among them', async () => {
    expect(await upgrade(path(), [app.url, 'https://evil.example'])).toMatch(/^HTTP\/1\.1 40[03] /);
    expect(await upgrade(path(), ['https://evil.example', app.url])).toMatch(/^HTTP\/1\.1 40[03] /);
  });
});

test('a second line beside one that is open is nobody’s way in, from whichever page', async () => {
  const socket = await connect(app.url, cookie);
  onTestFinished(() => {
    socket.disconnect();
  });
  for (const sid of [socket.io.engine.id, 'no-such-line', '']) {
    for (const key of ['sid', '%73id']) {
      const path = `/socket.io/?EIO=4&transport=websocket&${key}=${sid}`;
      expect(await upgrade(path, ['https://evil.example']), path).toMatch(/^HTTP\/1\.1 400 /);
      expect(await upgrade(path, [app.url]), path).toMatch(/^HTTP\/1\.1 400 /);
    }
  }
  expect(socket.connected).toBe(true);
});

const COMMANDS = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, { kind }]) => ({ path: `/api/${feature}/${verb}`, kind })),
);
const UNSAFE = [
  ...COMMANDS.filter(({ kind }) => kind === 'command').map(({ path }) => ['POST', path] as const),
  ...(['POST', 'DELETE'] as const).map((method) => [method, '/api/session'] as const),
  ['POST', '/api/setup'] as const,
  ...(['POST', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [method, '/public/verify'] as const),
  ['POST', '/'] as const,
];

/** What a foreign page, an old browser's form or a program without care sends. */
function forgeries(ours: string): Record<string, Record<string, string>> {
  const mark = { 'x-linli': '1' };
  const others = HOSTILE.flatMap(([name, make]) => {
    const origin = make(new URL(ours));
    return origin === undefined ? [] : [[name, { ...mark, origin }] as const];
  });
  return {
    ...Object.fromEntries(others),
    'no header of ours': { origin: ours },
    'a header of ours that says something else': { origin: ours, 'x-linli': 'true' },
    'neither origin nor site': mark,
    'a foreign site': { ...mark, 'sec-fetch-site': 'cross-site' },
    'a neighbouring site': { ...mark, 'sec-fetch-site': 'same-site' },
    'typed into the address line': { ...mark, 'sec-fetch-site': 'none' },
    'our origin from a foreign site': { ...mark, origin: ours, 'sec-fetch-site': 'cross-site' },
    'a foreign origin from our site': { ...mark, origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
  };
}

test(`each of ${UNSAFE.length} unsafe requests is refused unless a page of ours sends it`, async () => {
  const passed: string[] = [];
  for (const [name, headers] of Object.entries(forgeries(app.url))) {
    const attempts = UNSAFE.map(async ([method, path]) => {
      const { status } = await fetch(`${app.url}${path}`, { method, headers: { cookie, ...headers } });
      if (status !== 403) passed.push(`${method} ${path}, ${name}: ${status}`);
    });
    await Promise.all(attempts);
  }
  expect(passed).toEqual([]);
});

test('each way in which a browser says "this is a page of yours" is enough', async () => {
  for (const said of [{ origin: app.url }, { 'sec-fetch-site': 'same-origin' }]) {
    const headers = { cookie, 'x-linli': '1', 'content-type': 'application/json', ...said };
    const { status } = await fetch(`${app.url}/api/forum/post`, { method: 'POST', headers, body: '{}' });
    expect(status).toBe(400); // understood, and not as expected
  }
});

test('what can be read over the API is read by our pages and by programs, not through a foreign page', async () => {
  const status = async (site?: string): Promise<number> =>
    (await fetch(`${app.url}/api/people/me`, { headers: { cookie, ...(site && { 'sec-fetch-site': site }) } })).status;
  expect(await status()).toBe(200);
  expect(await status('same-origin')).toBe(200);
  expect(await status('none')).toBe(200);
  expect(await status('cross-site')).toBe(403);
  expect(await status('same-site')).toBe(403);
});

test('no answer invites a foreign page to read it', async () => {
  for (const path of ['/', '/api/people/me', '/public', '/public/feed.json', '/look.js', '/healthz']) {
    const { headers } = await fetch(`${app.url}${path}`, { headers: { cookie, origin: 'https://evil.example' } });
    expect(headers.get('access-control-allow-origin'), path).toBeNull();
    expect(headers.get('access-control-allow-credentials'), path).toBeNull();
  }
});

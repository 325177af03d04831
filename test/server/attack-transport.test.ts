import { connect as dial } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.ts';
import { cookieFor, newId } from '../support/client.ts';

/* Which ways in there are, below the commands. */

/** What comes back to these very bytes until the hub closes; whoever keeps the line open instead fails the test. */
function answerTo({ url }: TestApp, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const line = dial(Number(port), hostname, () => line.write(bytes));
    let heard = '';
    line.setTimeout(5_000, () => line.destroy(new Error('left open')));
    line.on('data', (chunk) => (heard += chunk.toString()));
    line.on('error', reject);
    line.on('close', () => {
      resolve(heard);
    });
  });
}

/** An open line to an address, with what the handshake agreed on and the messages that come. */
async function open({ url }: TestApp, address: string, cookie: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${address}`, {
    headers: { cookie, origin: url },
    perMessageDeflate: true,
  });
  const heard: string[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data: Buffer) => {
    heard.push(data.toString());
    waiting.shift()?.();
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const next = async (): Promise<string> => {
    if (heard.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    return heard.shift() ?? '';
  };
  return { socket, next };
}

test('Socket.IO is spoken over WebSockets in its present version alone, and the hub hands out no client for it', async () => {
  const { url } = await startApp();
  const ways = ['EIO=4&transport=polling', 'EIO=3&transport=polling', 'EIO=3&transport=websocket', 'EIO=4'];
  const files = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js'];
  for (const asked of [...ways.map((way) => `?${way}`), ...files]) {
    const { status } = await fetch(`${url}/socket.io/${asked}`, { headers: { origin: url } });
    expect(status, asked).toBe(400);
  }
});

test('no line is compressed, and none can be taken up where another broke off', async () => {
  const app = await startApp();
  const cookie = await cookieFor(app.url, 'worker');
  const { socket, next } = await open(app, '/socket.io/?EIO=4&transport=websocket', cookie);
  expect(socket.extensions).toBe('');
  await next(); // Engine.IO's own greeting
  socket.send('40');
  const connected = JSON.parse((await next()).slice(2)) as object;
  expect(Object.keys(connected)).toEqual(['sid']); // a `pid` would be the promise to bring its rooms back unasked
  socket.terminate();
  const text = await open(app, `/collab/${newId()}`, cookie);
  expect(text.socket.extensions).toBe('');
  text.socket.terminate();
});

test('a request that two could read differently is refused, so that nothing is smuggled past a proxy', async () => {
  const app = await startApp();
  const { host } = new URL(app.url);
  for (const rest of [
    'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n',
    'content-length: 2\r\ncontent-length: 3\r\n\r\n{}',
    'content-length: +2\r\n\r\n{}',
    'x-a: b\nx-b: c\r\n\r\n',
    'content-length : 2\r\n\r\n{}',
  ]) {
    const answer = await answerTo(app, `POST /api/session HTTP/1.1\r\nhost: ${host}\r\n${rest}`);
    expect(answer, rest).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g), rest).toHaveLength(1);
  }
});

test('a method that is on no list is refused at every address, and the list is said', async () => {
  const app = await startApp();
  const { host } = new URL(app.url);
  const ours = `host: ${host}\r\norigin: ${app.url}\r\nx-linli: 1\r\nconnection: close\r\n\r\n`;
  for (const method of ['OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'LINK', 'PURGE', 'M-SEARCH'])
    for (const path of ['/', '/api/session', '/api/forum/post', '/public', '/healthz', '/nothing']) {
      const answer = await answerTo(app, `${method} ${path} HTTP/1.1\r\n${ours}`);
      expect(answer, `${method} ${path}`).toMatch(/^HTTP\/1\.1 405 /);
      expect(answer).toMatch(/\r\nAllow: GET, HEAD, POST, PUT, DELETE\r\n/i);
    }
});

test('a query sent as a command, and a command asked for as a query, do nothing and hear the method of their row', async () => {
  const app = await startApp();
  const headers = {
    ...{ cookie: await cookieFor(app.url, 'officer'), origin: app.url, 'x-linli': '1' },
    'content-type': 'application/json',
  };
  const rooms = async () =>
    (await (await fetch(`${app.url}/api/forum/rooms`, { headers })).json()) as { rooms: unknown[] };
  const before = await rooms();
  const asked = await fetch(`${app.url}/api/forum/rooms`, { method: 'POST', headers, body: '{}' });
  expect(asked.status).toBe(404);
  expect(await asked.json()).toMatchObject({ error: { code: 'not_found', method: 'GET' } });
  const room = { id: newId(), unit: app.unit('wenshu'), title: '新群', kind: 'open' };
  const told = await fetch(`${app.url}/api/forum/create?${new URLSearchParams(room).toString()}`, { headers });
  expect(told.status).toBe(404);
  expect(await told.json()).toMatchObject({ error: { code: 'not_found', method: 'POST' } });
  expect(await rooms()).toEqual(before);
});

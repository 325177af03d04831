import { createServer, get, type IncomingMessage } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import express from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { builtPage } from '#server/platform/page.ts';

const SCRIPT = 'export const word = "邻里";\n'.repeat(200);

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** A built client of one script and one picture, behind a server; answers are as they come over the line. */
async function aPage(): Promise<(where: string, headers?: Record<string, string>) => Promise<Answer>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-page-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<p>shell</p>');
  await writeFile(path.join(folder, 'assets/room-abc123.js'), SCRIPT);
  await writeFile(path.join(folder, 'assets/mark-abc123.png'), 'no picture');
  const server = createServer(express().use(builtPage(folder)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  return (where, headers = {}) =>
    new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path: where, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) });
        });
      }).on('error', reject);
    });
}

test.each([
  ['br', 'gzip, deflate, br, zstd', brotliDecompressSync],
  ['gzip', 'gzip, deflate', gunzipSync],
  ['gzip', 'br;q=0, gzip', gunzipSync],
])('a built script goes out as %s to a browser that takes %s', async (encoding, accepted, unpack) => {
  const ask = await aPage();
  for (const time of ['packed', 'kept']) {
    const { status, headers, body } = await ask('/assets/room-abc123.js', { 'accept-encoding': accepted });
    expect(status, time).toBe(200);
    expect(headers).toMatchObject({
      'content-encoding': encoding,
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    expect(body.length).toBeLessThan(SCRIPT.length / 10);
    expect(unpack(body).toString()).toBe(SCRIPT);
  }
});

test('it goes out as it is to whoever unpacks nothing, and in parts', async () => {
  const ask = await aPage();
  const plain = await ask('/assets/room-abc123.js');
  expect(plain.body.toString()).toBe(SCRIPT);
  expect(plain.headers.vary).toBe('Accept-Encoding');
  expect(plain.headers['cache-control']).toContain('immutable');
  expect(plain.headers['content-encoding']).toBeUndefined();
  const part = await ask('/assets/room-abc123.js', { range: 'bytes=0-5', 'accept-encoding': 'br' });
  expect([part.status, part.body.toString()]).toEqual([206, 'export']);
});

test('a picture is left as it is', async () => {
  const ask = await aPage();
  const { headers, body } = await ask('/assets/mark-abc123.png', { 'accept-encoding': 'br' });
  expect(headers['content-encoding']).toBeUndefined();
  expect(body.toString()).toBe('no picture');
});

test('what is not there is not there, packed or not, and no way leads out of the folder', async () => {
  const ask = await aPage();
  for (const where of ['/assets/gone-abc123.js', '/assets/..%2Findex.html.js', '/assets/../secret.js']) {
    const { status } = await ask(where, { 'accept-encoding': 'br' });
    expect(status, where).toBe(404);
  }
});

test('every address of the app is the shell, always fresh', async () => {
  const ask = await aPage();
  const { headers, body } = await ask('/rooms/1', { accept: 'text/html', 'accept-encoding': 'br' });
  expect(headers['cache-control']).toBe('no-cache');
  expect(body.toString()).toBe('<p>shell</p>');
});

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { securityHeaders } from '#server/platform/headers.ts';
import { startKeptApp, type TestApp } from '../support/app.ts';
import { cookieFor } from '../support/client.ts';

/* What a browser is told with each kind of answer (security §4.9). */

let app: TestApp;
let cookie: string;
beforeAll(async () => {
  app = await startKeptApp();
  cookie = await cookieFor(app.url, 'worker');
});

const ask = (path: string): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers: { cookie, accept: 'text/html,*/*' } });

/** A policy as names with their sources. */
function policyOf({ headers }: Response): Record<string, string> {
  const parts = (headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim());
  return Object.fromEntries(parts.map((part) => [part.split(' ', 1)[0] ?? '', part.slice(part.indexOf(' ') + 1)]));
}

const PUBLIC = ['/public', '/public/verify?q=x', '/public/units/wenshu', '/public/responses/nothing'];
const MACHINES = ['/public/feed.atom', '/public/feed.json', '/public/cap/R-00000-00000.xml'];
const PAGES = ['/', '/rooms/1', '/sign-in', '/setup'];
const API = ['/api/session', '/api/people/me', '/api/nothing/here', '/api/openapi.json'];
const FILES = ['/look.js', '/sw.js', '/icon.svg', '/manifest.webmanifest', '/assets/none.js', '/none.txt'];
const SIGNS = ['/healthz', '/readyz'];
const ALL = [...PUBLIC, ...MACHINES, ...PAGES, ...API, ...FILES, ...SIGNS];

test.each(ALL)('%s says what a browser may do with it, and nothing about the server', async (path) => {
  const answer = await ask(path);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'SAMEORIGIN',
  });
  const policy = policyOf(answer);
  expect(policy).toMatchObject({ 'default-src': "'none'", 'base-uri': "'none'", 'frame-ancestors': "'none'" });
  expect(JSON.stringify(policy)).not.toMatch(/unsafe|\*|https?:/);
  for (const feature of ['camera', 'microphone', 'geolocation', 'payment', 'usb'])
    expect(answer.headers.get('permissions-policy')).toContain(`${feature}=()`);
  expect(answer.headers.get('x-powered-by')).toBeNull();
  expect(answer.headers.get('server')).toBeNull();
  expect(answer.headers.get('strict-transport-security')).toBeNull(); // a plain address
});

describe('the pages of those who sign in', () => {
  test.each(PAGES)('%s runs scripts of this hub alone and makes no HTML out of text', async (path) => {
    const policy = policyOf(await ask(path));
    expect(policy).toMatchObject({
      'script-src': "'self'",
      'style-src': "'self'",
      'form-action': "'self'",
      'require-trusted-types-for': "'script'",
      'trusted-types': 'svelte-trusted-html ProseMirrorClipboard linli-offline',
    });
    expect(policy['connect-src']).toContain(app.url.replace('http', 'ws'));
  });

  test('hold no inline script, style or handler, since none would run', async () => {
    const html = await (await ask('/')).text();
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/i);
  });

  test('are told to come back by TLS where the hub is reached by TLS', async () => {
    const page: RequestHandler = (_request, response) => {
      response.send('here');
    };
    const server = createServer(
      express().use(
        securityHeaders(() => ['https://hub.example']),
        page,
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    const { headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(headers.get('strict-transport-security')).toBe('max-age=63072000; includeSubDomains');
    expect(headers.get('content-security-policy')).toContain("connect-src 'self' wss://hub.example");
  });
});

describe('the pages of residents', () => {
  test.each([...PUBLIC, ...MACHINES])('%s runs no script', async (path) => {
    const answer = await ask(path);
    expect(policyOf(answer)['script-src']).toBe("'none'");
    expect(await answer.text()).not.toMatch(/<script|\son[a-z]+="/i);
  });

  test.each([...PUBLIC, ...MACHINES])('%s may be kept for five seconds, and sets no cookie', async (path) => {
    const { headers } = await ask(path);
    expect(headers.get('cache-control')).toBe('public, max-age=5');
    expect(headers.get('etag')).not.toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
  });
});

test.each(API)('%s is kept by nobody', async (path) => {
  expect((await ask(path)).headers.get('cache-control')).toContain('no-store');
});

test('who signs out leaves nothing in the cache', async () => {
  const theirs = await cookieFor(app.url, 'worker2');
  const headers = { cookie: theirs, origin: app.url, 'x-linli': '1' };
  const answer = await fetch(`${app.url}/api/session`, { method: 'DELETE', headers });
  expect(answer.headers.get('clear-site-data')).toContain('"cache"');
  expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
});

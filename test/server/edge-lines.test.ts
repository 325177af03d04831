import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { AppError } from '#shared/wire/error.ts';
import { createSocket } from '#client/platform/socket.ts';
import { createLimiter } from '#server/platform/limits.ts';
import { createLines, LINES, type Kind } from '#server/platform/lines.ts';
import { startKeptApp, type TestApp } from '../support/app.ts';
import { connect, cookieFor, eventually, newId, signIn } from '../support/client.ts';

/* How many lines stay open at once, by person, by address and in all (security #3, #9). */

let app: TestApp;
beforeAll(async () => {
  app = await startKeptApp({ env: { LINLI_LIMITS: 'normal' } });
});

/** A handshake without anything behind it. Resolves with the line, or with how it was refused. */
async function knock(path: string, cookie?: string) {
  const headers = { origin: app.url, ...(cookie !== undefined && { cookie }) };
  const line = new WebSocket(`${app.url.replace('http', 'ws')}${path}`, { headers });
  onTestFinished(() => {
    line.terminate();
  });
  line.on('error', () => undefined);
  const refusal = new Promise<IncomingMessage>((resolve) => {
    line.once('unexpected-response', (_request, answer: IncomingMessage) => {
      resolve(answer);
    });
  });
  const answer = await Promise.race([once(line, 'open').then(() => undefined), refusal]);
  return { line, answer, status: answer?.statusCode ?? 101 };
}

const SOCKET = '/socket.io/?EIO=4&transport=websocket';
const TEXT = (): string => `/collab/${newId()}`;

async function refusalOf(answer: IncomingMessage | undefined): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer ?? []) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

describe('a person', () => {
  test('has eight pages open, and the ninth closes the oldest, which then stays away', async () => {
    const cookie = await cookieFor(app.url, 'worker');
    const sockets = [];
    while (sockets.length < LINES.person + 1) {
      const socket = await connect(app.url, cookie);
      onTestFinished(() => {
        socket.disconnect();
      });
      sockets.push(socket);
    }
    const [oldest, ...others] = sockets;
    await eventually(() => oldest?.connected === false);
    expect(others.every(({ connected }) => connected)).toBe(true);
    expect(oldest?.active).toBe(false); // the stock client, too, knows that it was meant
  });

  test('goes on working in the page that was closed, and no two pages throw each other out in turns', async () => {
    const cookie = await cookieFor(app.url, 'worker2');
    let tries = 0;
    const pages = Array.from({ length: LINES.person + 1 }, () =>
      createSocket({
        origin: app.url,
        headers: { cookie, origin: app.url },
        random: () => {
          tries++;
          return 1;
        },
      }),
    );
    onTestFinished(() => {
      for (const page of pages) page.stop();
    });
    for (const page of pages) {
      page.start();
      await eventually(() => page.status === 'online');
    }
    const [oldest, ...others] = pages;
    await eventually(() => oldest?.blocked); // it says so once it knows that commands get through by HTTP
    expect(await oldest?.request('people:me', {})).toHaveProperty('user');
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 'online'));
    expect(tries).toBe(1);
  });
});

describe('an address', () => {
  test('has two hundred lines of a kind, and the next is told when to come again', async () => {
    const cookie = await cookieFor(app.url, 'officer');
    const held = await Promise.all(Array.from({ length: LINES.address }, () => knock(SOCKET, cookie)));
    expect(new Set(held.map(({ status }) => status))).toEqual(new Set([101]));
    const { status, answer } = await knock(SOCKET, cookie);
    expect(status).toBe(429);
    expect(Number(answer?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await refusalOf(answer)).toMatchObject({ ok: false, error: { code: 'rate_limited', retryAfter: 10 } });
    expect((await knock(TEXT(), cookie)).status).toBe(101); // texts are counted by themselves
    for (const { line } of held) line.terminate();
    await eventually(async () => (await knock(SOCKET, cookie)).status === 101);
  });

  test('that is full of strangers has room for whoever has a session', async () => {
    const cookie = await cookieFor(app.url, 'approver');
    const strangers = await Promise.all(
      Array.from({ length: LINES.strangers + 5 }, (_, i) =>
        knock(SOCKET, i % 2 === 0 ? undefined : `sid=${randomBytes(32).toString('base64url')}`),
      ),
    );
    expect(strangers.filter(({ status }) => status === 101)).toHaveLength(LINES.strangers);
    expect(strangers.filter(({ status }) => status === 429)).toHaveLength(5);
    expect((await knock(TEXT())).status).toBe(429);
    expect((await knock(SOCKET, cookie)).status).toBe(101);
    expect((await signIn(app, 'approver')).socket.connected).toBe(true);
  });
});

describe('the count of lines', () => {
  /** Lines counted without a network: who asks from where, with or without a session. */
  function aDoor() {
    let now = 0;
    const lines = createLines({
      limiter: createLimiter(() => now),
      addressOf: ({ url }) => url,
      isKnown: ({ headers }) => Promise.resolve(headers.cookie !== undefined),
    });
    const ask = async (address: string | undefined, known: boolean, kind: Kind = 'socket') => {
      const socket = Object.assign(new EventEmitter(), { destroyed: false });
      const request = { url: address, headers: known ? { cookie: 'sid=x' } : {}, socket };
      const refused = await lines.admit(request as unknown as IncomingMessage, kind).then(
        () => undefined,
        (error: unknown) => (error instanceof AppError ? error.details?.retryAfter : NaN),
      );
      return { refused, close: () => socket.emit('close') };
    };
    return { ask, lines, later: (ms: number) => (now += ms) };
  }

  test('ends at ten thousand in all, wherever they come from', async () => {
    const { ask, lines } = aDoor();
    const all = await Promise.all(Array.from({ length: LINES.all }, (_, i) => ask(`10.0.${i % 255}.${i >> 8}`, true)));
    expect(all.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect((await ask('203.0.113.7', true)).refused).toBe(10);
    all[0]?.close();
    expect((await ask('203.0.113.7', true, 'text')).refused).toBeUndefined();
    for (const { close } of all.slice(1)) close();
    expect(lines.count('all')).toBe(1);
  });

  test('gives strangers a tenth of it, so that there is always room for people', async () => {
    const { ask } = aDoor();
    const all = await Promise.all(
      Array.from({ length: LINES.allStrangers + 1 }, (_, i) => ask(`10.0.${i % 255}.1`, false)),
    );
    expect(all.filter(({ refused }) => refused !== undefined)).toHaveLength(1);
    expect((await ask('10.0.0.1', true)).refused).toBeUndefined();
  });

  test('lets a stranger knock sixty times a minute, and people as often as they like', async () => {
    const { ask, later } = aDoor();
    const knockOnce = async (known: boolean) => {
      const { refused, close } = await ask('203.0.113.7', known);
      close();
      return refused;
    };
    for (let i = 0; i < 60; i++) expect(await knockOnce(false)).toBeUndefined();
    expect(await knockOnce(false)).toBe(1);
    for (let i = 0; i < 200; i++) expect(await knockOnce(true)).toBeUndefined();
    later(1_000);
    expect(await knockOnce(false)).toBeUndefined();
  });

  test('does not take all people behind a proxy nobody told of for one', async () => {
    const { ask } = aDoor();
    const all = await Promise.all(Array.from({ length: LINES.address * 2 }, () => ask(undefined, true)));
    expect(all.filter(({ refused }) => refused !== undefined)).toEqual([]);
  });
});

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

async function codeOf(line: WebSocket): Promise<unknown> {
  const [code] = (await once(line, 'close')) as unknown[];
  return code;
}

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

describe('a person at the door', () => {
  test('opens fifty lines of a kind, the next is told when to come again, and whoever sits beside them is let in', async () => {
    const cookie = await cookieFor(app.url, 'officer');
    const held = await Promise.all(Array.from({ length: LINES.known }, () => knock(SOCKET, cookie)));
    expect(new Set(held.map(({ status }) => status))).toEqual(new Set([101]));
    const { status, answer } = await knock(SOCKET, cookie);
    expect(status).toBe(429);
    expect(Number(answer?.headers['retry-after'])).toBeGreaterThan(0);
    expect(await refusalOf(answer)).toMatchObject({ ok: false, error: { code: 'rate_limited', retryAfter: 10 } });
    expect((await knock(TEXT(), cookie)).status).toBe(101); // texts are counted by themselves
    expect((await knock(SOCKET, await cookieFor(app.url, 'moderator'))).status).toBe(101);
    for (const { line } of held) line.terminate();
    await eventually(async () => (await knock(SOCKET, cookie)).status === 101);
  });
});

describe('an address', () => {
  test('that is full of strangers has room for whoever has a session', async () => {
    const cookie = await cookieFor(app.url, 'approver');
    const strangers = await Promise.all(
      Array.from({ length: LINES.strangers + 5 }, (_, i) =>
        knock(SOCKET, i % 2 === 0 ? undefined : `sid=${randomBytes(32).toString('base64url')}`),
      ),
    );
    expect(strangers.filter(({ status }) => status === 101)).toHaveLength(LINES.strangers);
    expect(strangers.filter(({ status }) => status === 429)).toHaveLength(5);
    const text = await knock(TEXT());
    expect(await codeOf(text.line)).toBe(4529); // said in the words of a live text: a code, and no document is looked at
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
      personOf: async ({ headers }) => {
        await answering;
        return headers.cookie;
      },
    });
    let answering = Promise.resolve();
    const ask = async (address: string | undefined, person?: string, kind: Kind = 'socket') => {
      const socket = Object.assign(new EventEmitter(), { destroyed: false });
      const request = { url: address, headers: person === undefined ? {} : { cookie: person }, socket };
      const refused = await lines.admit(request as unknown as IncomingMessage, kind).then(
        () => undefined,
        (error: unknown) => (error instanceof AppError ? error.details?.retryAfter : NaN),
      );
      return { refused, close: () => socket.emit('close') };
    };
    const answerAfter = (store: Promise<void>): void => {
      answering = store;
    };
    return { ask, lines, answerAfter, later: (ms: number) => (now += ms) };
  }

  test('ends at ten thousand in all, though all of them come from one address', async () => {
    const { ask, lines } = aDoor();
    const all = [];
    while (all.length < LINES.all) {
      const people = Array.from({ length: LINES.asking }, (_, i) => ask('10.0.0.1', `p${all.length + i}`));
      all.push(...(await Promise.all(people)));
    }
    expect(all.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect((await ask('203.0.113.7', 'p')).refused).toBe(10);
    all[0]?.close();
    expect((await ask('203.0.113.7', 'p', 'text')).refused).toBeUndefined();
    for (const { close } of all.slice(1)) close();
    expect(lines.count('all')).toBe(1);
  });

  test('gives strangers a tenth of it, so that there is always room for people', async () => {
    const { ask } = aDoor();
    const all = await Promise.all(Array.from({ length: LINES.allStrangers + 1 }, (_, i) => ask(`10.0.${i % 255}.1`)));
    expect(all.filter(({ refused }) => refused !== undefined)).toHaveLength(1);
    expect((await ask('10.0.0.1', 'p')).refused).toBeUndefined();
  });

  test('lets a stranger knock sixty times a minute, and people as often as they like', async () => {
    const { ask, later } = aDoor();
    const knockOnce = async (person?: string) => {
      const { refused, close } = await ask('203.0.113.7', person);
      close();
      return refused;
    };
    for (let i = 0; i < 60; i++) expect(await knockOnce()).toBeUndefined();
    expect(await knockOnce()).toBe(1);
    for (let i = 0; i < 200; i++) expect(await knockOnce('p')).toBeUndefined();
    later(1_000);
    expect(await knockOnce()).toBeUndefined();
  });

  test('gives nobody the places of others, from however many addresses they come, and takes back what is closed', async () => {
    const { ask } = aDoor();
    const mine = await Promise.all(Array.from({ length: LINES.known }, (_, i) => ask(`10.0.0.${i}`, 'p')));
    expect(mine.filter(({ refused }) => refused !== undefined)).toEqual([]);
    expect((await ask('203.0.113.7', 'p')).refused).toBe(10);
    expect((await ask('203.0.113.7', 'p', 'text')).refused).toBeUndefined();
    expect((await ask('203.0.113.7', 'q')).refused).toBeUndefined();
    mine[0]?.close();
    expect((await ask('203.0.113.7', 'p')).refused).toBeUndefined();
  });

  test('holds a place for each of whom it is still asked who they are, and no more than a thousand of one address', async () => {
    const { ask, answerAfter, lines } = aDoor();
    let answer = (): void => undefined;
    answerAfter(new Promise<void>((resolve) => (answer = resolve)));
    const all = Array.from({ length: LINES.asking }, (_, i) => ask('203.0.113.7', `p${i}`));
    expect((await ask('203.0.113.7', 'late')).refused).toBe(10);
    const elsewhere = ask('203.0.113.8', 'other');
    expect(lines.count('all')).toBe(LINES.asking + 1);
    answer();
    const held = [...(await Promise.all(all)), await elsewhere];
    expect(held.filter(({ refused }) => refused !== undefined)).toEqual([]);
    for (const { close } of held) close();
    expect(lines.count('all')).toBe(0);
  });

  test('does not take all people behind a proxy nobody told of for one', async () => {
    const { ask } = aDoor();
    const all = await Promise.all(Array.from({ length: LINES.asking * 2 }, (_, i) => ask(undefined, `p${i}`)));
    expect(all.filter(({ refused }) => refused !== undefined)).toEqual([]);
  });

  test('says why a line is closed so long as that costs little: twenty times at once for one address', () => {
    const { lines, later } = aDoor();
    const from = (address: string) => lines.mayTurnAway({ url: address } as IncomingMessage);
    const turned = Array.from({ length: 30 }, () => from('203.0.113.7'));
    expect(turned.filter(Boolean)).toHaveLength(20);
    const all = Array.from({ length: 300 }, (_, i) => from(`10.0.0.${i}`));
    expect(all.filter(Boolean)).toHaveLength(180);
    later(1_000);
    expect(from('203.0.113.7')).toBe(true);
  });
});

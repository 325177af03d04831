import { randomBytes } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { uuidv7 } from '#shared/wire/ids.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { server } from './store-url.ts';

/** What came back: the envelope, whatever it holds. */
export type Answer = { ok: boolean; error?: { code: string; [detail: string]: unknown } } & Record<string, unknown>;

export interface TestClient {
  cookie: string;
  url: string;
  socket: Socket;
  /** Over the socket. */
  request: (name: string, input: unknown) => Promise<Answer>;
  /** Over the socket, and a refusal is a failure of the test. */
  done: (name: string, input: unknown) => Promise<Answer>;
  /** Over HTTP: `GET /api/<path>` or `POST` where a body is given. */
  http: (path: string, body?: unknown) => Promise<{ status: number; body: Answer }>;
  /** Every `stream:event` received so far. */
  events: WireEvent[];
}

const DEADLINE = server === undefined ? 5_000 : 20_000; // ms; one that reads without indexes shares the machine with the hub

export const newId = (): string => uuidv7(Date.now(), randomBytes(16));

const headers = (url: string, cookie: string) => ({ cookie, origin: url, 'x-linli': '1' });

/** The cookie of a fresh session; throws when signing in is refused. */
export async function cookieFor(url: string, name: string, password = 'linli-demo'): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'x-linli': '1' },
    body: JSON.stringify({ name, password }),
  });
  if (!response.ok) throw new Error(`${name} could not sign in: ${await response.text()}`);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** A socket with a session; rejects with the server's word when it is refused. */
export async function connect(url: string, cookie: string): Promise<Socket> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie, origin: url },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

/** Signs a demo person in and connects them, as a browser would be. */
export async function signIn({ url }: { url: string }, name: string): Promise<TestClient> {
  const cookie = await cookieFor(url, name);
  const socket = await connect(url, cookie);
  onTestFinished(() => {
    socket.disconnect();
  });
  const events: WireEvent[] = [];
  socket.on('stream:event', (event: WireEvent) => events.push(event));
  const request = (command: string, input: unknown): Promise<Answer> =>
    socket.timeout(DEADLINE).emitWithAck(command, input) as Promise<Answer>;
  const done = async (command: string, input: unknown): Promise<Answer> => {
    const answer = await request(command, input);
    if (!answer.ok) throw new Error(`${name} ${command}: ${JSON.stringify(answer.error)}`);
    return answer;
  };
  const http = async (path: string, body?: unknown) => {
    const response = await fetch(`${url}/api/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers(url, cookie), ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return { cookie, url, socket, request, done, http, events };
}

/** Resolves when `check` returns something, asked again at every turn of the loop until the deadline. */
export async function eventually<T>(check: () => T | Promise<T>, deadline = DEADLINE): Promise<NonNullable<T>> {
  const until = performance.now() + deadline;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > until) throw new Error(`not within ${deadline} ms: ${check.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The first event that matches, already received or still to come. */
export const nextEvent = (client: TestClient, type: string, stream?: string): Promise<WireEvent> =>
  eventually(() =>
    client.events.find(
      (event) => 'type' in event && event.type === type && (stream === undefined || event.stream === stream),
    ),
  );

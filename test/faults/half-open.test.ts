import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { connect, cookieFor, eventually, newId, signIn, type Answer } from '../support/client.ts';
import { startProbedHub } from '../support/probed-hub.ts';

/* Connections that begin something and never end it (security #3, #60), on a hub without limits: none may be needed. */

const EACH = 500;
const REFUSED = 100;
const DRIP = 400; // ms between two lines of a header without an end

interface Held {
  socket: Socket;
  /** When it was closed, ms after it was opened. */
  closedAfter: number | undefined;
}

test(`${4 * EACH} connections that never come to the point are closed in time and keep nobody waiting`, async () => {
  const hub = await startProbedHub();
  const { host, hostname, port } = new URL(hub.url);
  const cookie = await cookieFor(hub.url, 'worker');
  const writer = await signIn(hub, 'officer');
  const { rooms } = (await writer.done('forum:rooms', {})) as unknown as { rooms: { id: string; kind: string }[] };
  const room = rooms.find(({ kind }) => kind === 'open')?.id;
  /** How long somebody waits who connects and says something, the middle one of five, ms. */
  const serve = async (): Promise<number> => {
    const took: number[] = [];
    while (took.length < 5) {
      const began = performance.now();
      const socket = await connect(hub.url, cookie);
      const answer = (await socket.emitWithAck('forum:post', { id: newId(), room, text: '在的' })) as Answer;
      took.push(performance.now() - began);
      socket.disconnect();
      expect(answer.ok).toBe(true);
    }
    return took.sort((a, b) => a - b)[2] ?? Infinity;
  };
  const alone = await serve();
  const before = await hub.descriptors();

  const held: Held[] = [];
  /** One that keeps its own side open whatever the hub does: only who closes both is rid of it. */
  const hold = async (bytes: string): Promise<Socket> => {
    const socket = dial({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.on('error', () => undefined);
    const began = performance.now();
    const one: Held = { socket, closedAfter: undefined };
    const gone = (): void => void (one.closedAfter ??= performance.now() - began);
    socket.on('end', gone).on('close', gone).resume();
    held.push(one);
    await once(socket, 'connect');
    if (bytes !== '') socket.write(bytes);
    return socket;
  };
  const head = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${more}`;
  const upgrade = (path: string, origin = hub.url): string =>
    head(path, `connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\norigin: ${origin}\r\n`) +
    `sec-websocket-key: ${randomBytes(16).toString('base64')}\r\ncookie: ${cookie}\r\n\r\n`;
  const many = (count: number, bytes: () => string) => Promise.all(Array.from({ length: count }, () => hold(bytes())));

  await many(EACH, () => '');
  await many(EACH, () => head('/', 'accept: te'));
  const slow = await many(EACH, () => head('/public'));
  const dripping = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write(`x-${newId()}: y\r\n`);
  }, DRIP);
  onTestFinished(() => {
    clearInterval(dripping);
    for (const { socket } of held) socket.destroy();
  });
  await many(EACH, () => upgrade('/socket.io/?EIO=4&transport=websocket'));
  const most = await hub.descriptors(); // on a slow machine the first have been closed by now
  // What is refused at once must not stay either, though its sender never hangs up.
  await many(REFUSED, () => upgrade('/nowhere'));
  await many(REFUSED, () => upgrade(`/collab/${newId()}`, 'https://evil.example'));
  await many(REFUSED, () => upgrade(`/collab/${newId()}`));

  const among = await serve();
  expect(among).toBeLessThan(Math.max(1_000, 5 * alone));

  await eventually(() => held.every(({ closedAfter }) => closedAfter !== undefined), 30_000);
  const left = await eventually(async () => {
    const now = await hub.descriptors();
    return now <= before + 5 ? now : undefined;
  }, 30_000);
  const latest = Math.max(...held.map(({ closedAfter }) => closedAfter ?? Infinity));
  console.log(
    `a person was served in ${Math.round(among)} ms, alone in ${Math.round(alone)} ms, the last was closed after ${Math.round(latest)} ms, descriptors ${before} → ${most} → ${left}`,
  );
  expect(most).toBeGreaterThan(before + EACH);
  expect(writer.socket.connected).toBe(true);
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
  expect(hub.errors()).toBe('');
});

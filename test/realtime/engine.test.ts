import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';
import { frameOf, writeFrames } from '#server/platform/engine.ts';
import { eventually } from '../support/client.ts';

/** A Socket.IO server with one stock client on it, as the hub runs it. */
async function connected() {
  const http = createServer();
  const server = new Server(http, { transports: ['websocket'], serveClient: false, perMessageDeflate: false });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  const arrived = once(server, 'connection') as Promise<[Socket]>;
  const client = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
  const got: unknown[] = [];
  client.onAny((...args: unknown[]) => got.push(args));
  onTestFinished(async () => {
    client.disconnect();
    await server.close();
  });
  await once(client as unknown as NodeJS.EventEmitter, 'connect');
  const [socket] = await arrived;
  await eventually(() => (socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length === 0);
  return { socket, client, got };
}

test('a stock client gets every event of one write, whatever its size', async () => {
  const { socket, got } = await connected();
  // Around each length at which a frame's head changes its form (RFC 6455 §5.2).
  const overhead = frameOf('e', { text: '' }).length - 2;
  const sizes = [0, 1, ...[125, 126, 127, 65_535, 65_536, 65_537].map((size) => size - overhead), 200_000];
  const bodies = sizes.map((size) => ({ text: 'x'.repeat(size) }));
  const chinese = { text: '水管爆裂，二单元停水。'.repeat(20) };
  expect(writeFrames(socket.conn, Buffer.concat([...bodies, chinese].map((body) => frameOf('e', body))))).toBe(true);
  await eventually(() => got.length === bodies.length + 1);
  expect(got).toEqual([...bodies, chinese].map((body) => ['e', body]));
});

test('frames keep their place among what is sent the ordinary way', async () => {
  const { socket, got } = await connected();
  const order: number[] = [];
  for (let n = 0; n < 300; n++) {
    order.push(n);
    // Every third one goes the ordinary way and leaves something waiting above the socket: then frames must not go.
    if (n % 3 === 0) socket.emit('n', { n });
    else if (!writeFrames(socket.conn, frameOf('n', { n }))) socket.emit('n', { n });
    if (n % 7 === 0) await new Promise(setImmediate);
  }
  await eventually(() => got.length === order.length);
  expect(got.map((one) => (one as [string, { n: number }])[1].n)).toEqual(order);
});

test('nothing is written to a connection that is closed or not what was expected', async () => {
  const { socket, client } = await connected();
  expect(writeFrames({}, frameOf('e', {}))).toBe(false);
  client.disconnect();
  await eventually(() => !socket.connected);
  expect(writeFrames(socket.conn, frameOf('e', {}))).toBe(false);
});

import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { cookieFor, eventually, newId, signIn } from '../support/client.ts';
import { startProbedHub } from '../support/probed-hub.ts';

const DEAF = 50;
const TEXT = 'x'.repeat(8_000);
const POSTS = 3_800; // of 8 KB: 30 MB to everybody who reads
const UNDER_WAY = 16;
const MiB = 1024 * 1024;

/** Opens a stream and then never reads again: the kernel's buffers fill up, then the hub's. */
async function deafSocket(url: string, cookie: string, stream: string): Promise<WebSocket> {
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(address, { headers: { cookie, origin: url }, perMessageDeflate: false });
  onTestFinished(() => {
    socket.terminate();
  });
  await once(socket, 'open');
  const opened = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString().startsWith('40'))
        socket.send(`421["stream:open",${JSON.stringify({ stream, have: 10_000 })}]`);
      if (data.toString().startsWith('431')) resolve();
    });
  });
  socket.send('40');
  await opened;
  socket.pause();
  return socket;
}

const socketsOf = async (url: string): Promise<number> =>
  Number(/^linli_sockets (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

test(`${DEAF} sockets that never read cost the hub 64 MiB at most and the others nothing`, async () => {
  const hub = await startProbedHub();
  const readers = await Promise.all(['worker', 'worker2', 'officer'].map((name) => signIn(hub, name)));
  const [writer] = readers;
  if (writer === undefined) throw new Error('nobody writes');
  const { rooms } = (await writer.done('forum:rooms', {})) as unknown as { rooms: { id: string; kind: string }[] };
  const room = rooms.find(({ kind }) => kind === 'open')?.id ?? '';
  const stream = `room:${room}`;
  for (const reader of readers) await reader.done('stream:open', { stream, have: 10_000 });
  const cookie = await cookieFor(hub.url, 'worker');
  const post = (): Promise<unknown> => writer.done('forum:post', { id: newId(), room, text: TEXT });
  for (let warm = 0; warm < 200; warm++) await post();
  for (let deaf = 0; deaf < DEAF; deaf++) await deafSocket(hub.url, cookie, stream);
  expect(await socketsOf(hub.url)).toBe(readers.length + DEAF);
  await hub.condition();
  const before = await hub.memory();

  let highest = 0;
  let slowest = 0;
  for (let sent = 0; sent < POSTS; sent += UNDER_WAY) {
    const began = performance.now();
    await Promise.all(Array.from({ length: UNDER_WAY }, post));
    slowest = Math.max(slowest, performance.now() - began);
    if (sent % (UNDER_WAY * 20) === 0) {
      await hub.condition(); // garbage is no burden of theirs
      highest = Math.max(highest, await hub.memory());
    }
  }
  const grown = Math.round((highest - before) / MiB);
  console.log(
    `${DEAF} deaf sockets: memory +${grown} MiB at most, ${UNDER_WAY} posts took ${Math.round(slowest)} ms at most`,
  );
  expect(grown).toBeLessThan(64);

  // Ten seconds of grace, and then the next message or the next look closes them.
  await eventually(async () => {
    await post();
    await wait(100); // a pace
    return (await socketsOf(hub.url)) === readers.length;
  }, 25_000);
  for (const reader of readers) {
    const seqs = reader.events.filter((event) => event.stream === stream).map(({ seq }) => seq);
    const from = seqs[0] ?? 0;
    expect(seqs.length).toBeGreaterThan(POSTS);
    expect(seqs).toEqual(seqs.map((_, i) => from + i)); // all of it, in order
  }
  expect(hub.errors()).toBe('');
});

import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';
import { sha256 } from '#server/platform/crypto.ts';
import { createRandom, type Random } from '#server/demo/random.ts';
import { dataHash, eventHash, isWhole, ZERO_HASH, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import { connect, cookieFor, newId, type Answer } from '../support/client.ts';
import { startHub, type Hub } from '../support/hub.ts';
import { temporaryFolder } from '../support/streams.ts';

const CYCLES = Number(process.env['LINLI_TEST_KILLS'] ?? 50);
const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 1122);
const WRITERS = ['worker', 'worker2', 'officer', 'zhoujianguo', 'liuyulan'];

/** What a writer was promised: command id → the seq it was told. */
type Acked = Map<string, { room: string; seq: number; text: string }>;

interface Sent {
  acked: Acked;
  /** Commands without an answer when the hub died: their outcome is unknown until they are sent again. */
  unknown: { id: string; room: string; text: string }[];
}

/** One after the other, as an outbox does: the same command again until it has an answer. */
async function write(socket: Socket, rooms: readonly string[], sent: Sent): Promise<void> {
  while (socket.connected) {
    const again = sent.unknown.shift();
    const id = again?.id ?? newId();
    const room = again?.room ?? rooms[sent.acked.size % rooms.length] ?? '';
    const text = again?.text ?? `第 ${sent.acked.size} 条 ${id}`;
    try {
      const answer = (await socket.timeout(3_000).emitWithAck('forum:post', { id, room, text })) as Answer;
      if (!answer.ok) throw new Error(JSON.stringify(answer.error));
      sent.acked.set(id, { room, seq: Number(answer['seq']), text });
    } catch {
      sent.unknown.push({ id, room, text });
      return;
    }
  }
}

async function readAll(socket: Socket, stream: string): Promise<WireEvent[]> {
  const all: WireEvent[] = [];
  for (;;) {
    const from = all.length + 1;
    const answer = (await socket.emitWithAck('stream:range', { stream, from, to: from + 199 })) as Answer & {
      events: WireEvent[];
    };
    expect(answer).toMatchObject({ ok: true });
    all.push(...answer.events);
    if (answer.events.length < 200) return all;
  }
}

/** The stream is dense, its chain unbroken, and every whole event's hash covers what it says. */
function expectChain(events: readonly WireEvent[]): void {
  let prev = ZERO_HASH;
  events.forEach((event, i) => {
    expect(event.seq).toBe(i + 1);
    expect(event.prev).toBe(prev);
    if (isWhole(event))
      expect(eventHash(sha256, { ...event, dataHash: dataHash(sha256, event.data) })).toBe(event.hash);
    prev = event.hash;
  });
}

async function expectKept(hub: Hub, cookie: string, rooms: readonly string[], acked: Acked): Promise<void> {
  const socket = await connect(hub.url, cookie);
  const byId = new Map<string, StreamEvent[]>();
  for (const room of rooms) {
    const events = await readAll(socket, `room:${room}`);
    expectChain(events);
    for (const event of events.filter(isWhole)) byId.set(event.id, [...(byId.get(event.id) ?? []), event]);
  }
  socket.disconnect();
  for (const [id, { room, seq, text }] of acked) {
    const found = byId.get(id) ?? [];
    expect(found, `acked as ${seq}`).toHaveLength(1); // there, and there once
    expect(found[0]).toMatchObject({ stream: `room:${room}`, seq, data: { text } });
  }
}

async function load(hub: Hub, sent: readonly Sent[], rooms: readonly string[], random: Random): Promise<void> {
  const sockets = await Promise.all(WRITERS.map(async (name) => connect(hub.url, await cookieFor(hub.url, name))));
  const writing = sockets.map((socket, i) => write(socket, rooms, sent[i] ?? { acked: new Map(), unknown: [] }));
  await wait(50 + random.below(200)); // the moment of the fault, not a wait for a result
  await hub.kill();
  for (const socket of sockets) socket.disconnect();
  await Promise.all(writing);
}

test(`after ${CYCLES} kills under load every acknowledged message is there, once, in order (seed ${SEED})`, async () => {
  const random = createRandom(SEED);
  const folder = await temporaryFolder();
  let hub = await startHub(folder);
  onTestFinished(() => hub.kill());
  const cookie = await cookieFor(hub.url, 'worker');
  const socket = await connect(hub.url, cookie);
  const listed = (await socket.emitWithAck('forum:rooms', {})) as {
    rooms: { id: string; kind: string; title: string }[];
  };
  socket.disconnect();
  const rooms = listed.rooms.filter((room) => room.kind === 'open').map((room) => room.id);
  const sent: Sent[] = WRITERS.map(() => ({ acked: new Map(), unknown: [] }));
  const starts: number[] = [];

  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await load(hub, sent, rooms, random);
    hub = await startHub(folder);
    starts.push(hub.startedIn);
    const last = new Map([...sent.flatMap(({ acked }) => [...acked].slice(-200))]);
    await expectKept(hub, cookie, rooms, last);
  }

  const all = new Map(sent.flatMap(({ acked }) => [...acked]));
  await expectKept(hub, cookie, rooms, all);
  const slowest = Math.round(Math.max(...starts));
  console.log(`${CYCLES} kills, ${all.size} acknowledged, 0 lost, 0 twice; slowest restart ${slowest} ms`);
  expect(all.size).toBeGreaterThan(CYCLES);
});

test('a hub that is asked to stop finishes what it began and exits with 0', async () => {
  const folder = await temporaryFolder();
  const hub = await startHub(folder);
  expect(await hub.stop()).toBe(0);
  expect(hub.errors()).toBe('');
});

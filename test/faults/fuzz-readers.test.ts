import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { WireEvent } from '#shared/wire/stream.ts';
import { cookieFor, eventually, newId, signIn, type TestClient } from '../support/client.ts';
import { deafSocket, deafText, rewrite, sleeper } from '../support/deaf.ts';
import { openDocLine, type DocLine } from '../support/doc-line.ts';
import { startProbedHub, type ProbedHub } from '../support/probed-hub.ts';

const DEAF = 50;
const TEXT = 'x'.repeat(8_000);
const POSTS = 3_800; // of 8 KB: 30 MB to everybody who reads
const UNDER_WAY = 16;
const EDITS = 320; // of 30 KB: 10 MB to everybody who reads
const MiB = 1024 * 1024;

const socketsOf = async (url: string): Promise<number> =>
  Number(/^linli_sockets (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

/** Everything on a stream after `have`, as somebody fetches it who was away. */
async function catchUp(client: TestClient, stream: string, have: number): Promise<WireEvent[]> {
  const all: WireEvent[] = [];
  for (;;) {
    const from = have + all.length + 1;
    const { events } = (await client.done('stream:range', { stream, from, to: from + 199 })) as unknown as {
      events: WireEvent[];
    };
    all.push(...events);
    if (events.length < 200) return all;
  }
}

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
  const { head: heard } = (await writer.done('stream:open', { stream, have: 10_000 })) as unknown as { head: number };
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
  // Whoever was closed comes back for what was left out, and gets every bit of it.
  const missed = await catchUp(await signIn(hub, 'worker'), stream, heard);
  expect(missed.length).toBeGreaterThanOrEqual(POSTS);
  expect(missed.map(({ seq }) => seq)).toEqual(missed.map((_, i) => heard + 1 + i));
  expect(hub.errors()).toBe('');
});

/** A text of minutes with people at it. */
async function aText(hub: ProbedHub, cookie: string) {
  const officer = await signIn(hub, 'officer');
  const { units } = (await officer.done('people:units', {})) as unknown as { units: { id: string; code: string }[] };
  const unit = units.find(({ code }) => code === 'wenshu')?.id;
  const facts = { unit, title: '居民议事会', body: 'committee', startsAt: '2026-11-24T06:00:00.000Z' };
  const { doc: id } = (await officer.done('minutes:create', { id: newId(), ...facts })) as unknown as { doc: string };
  const writer = await openDocLine(hub.url, officer.cookie, id);
  const reader = await openDocLine(hub.url, cookie, id);
  return { id, writer, reader };
}

const wordsIn = ({ doc }: Pick<DocLine, 'doc'>): string => doc.getXmlFragment('body:closing').toJSON();
const p99 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.99)] ?? 0;

test(`${DEAF} lines to a text that never read cost the hub 64 MiB at most, and whoever wakes up has all of it`, async () => {
  const hub = await startProbedHub();
  const cookie = await cookieFor(hub.url, 'worker');
  const { id, writer, reader } = await aText(hub, cookie);
  const alone = await rewrite(writer, 80);
  const awake = await hub.descriptors();
  const deaf = [];
  while (deaf.length < DEAF) deaf.push(await deafText(hub.url, cookie, id));
  const stock = await sleeper({ url: hub.url, cookie }, id);
  await hub.condition();
  const before = await hub.memory();

  const took: number[] = [];
  let highest = 0;
  while (took.length < EDITS) {
    took.push(...(await rewrite(writer, EDITS / 8)));
    await hub.condition(); // garbage is no burden of theirs
    highest = Math.max(highest, await hub.memory());
  }
  const among = took.sort((a, b) => a - b);
  const grown = Math.round((highest - before) / MiB);
  console.log(
    `${DEAF} deaf lines to a text: memory +${grown} MiB at most, p99 of an edit ${Math.round(p99(alone))} ms alone, ${Math.round(p99(among))} ms beside them`,
  );
  expect(grown).toBeLessThan(64);
  expect(p99(among)).toBeLessThan(Math.max(1_000, 10 * p99(alone)));
  await eventually(() => wordsIn(reader) === wordsIn(writer));

  // Ten seconds of grace and two for an answer; then their lines are gone, and they have not even noticed.
  await eventually(async () => (await hub.descriptors()) <= awake, 30_000);
  const codes = deaf.map((line) => new Promise<number>((resolve) => line.once('close', resolve)));
  for (const line of deaf) line.resume();
  for (const code of await Promise.all(codes)) expect([4508, 1006]).toContain(code);
  stock.wake();
  await eventually(() => wordsIn(stock) === wordsIn(writer), 20_000);
  await rewrite(writer, 1);
  await eventually(() => wordsIn(stock) === wordsIn(writer));
  expect(hub.errors()).toBe('');
});

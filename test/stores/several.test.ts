import { expect, test, vi } from 'vitest';
import { noBus } from '#server/platform/bus.ts';
import { systemClock } from '#server/platform/clock.ts';
import { createFold } from '#server/platform/fold.ts';
import { createStreams } from '#server/platform/streams.ts';
import { fail } from '#shared/wire/error.ts';
import { eventually, newId } from '../support/client.ts';
import { openSeveral, said, sayIn, seqsOf, words, type BusMode, type Process } from '../support/several.ts';

/* Several processes write to one store: each hears what the others wrote, and decides on nothing that is old. */

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** All write to streams that nobody knew, side by side. */
const everybodyWrites = (processes: readonly Process[], each: number) =>
  Promise.all(
    processes.flatMap(({ streams }) =>
      Array.from({ length: each }, (_, i) => streams.add(i % 2 === 0 ? 'room:a' : 'room:b', said(i))),
    ),
  );

function expectAllTold(processes: readonly Process[], count: number): void {
  for (const process of processes)
    for (const stream of ['room:a', 'room:b']) expect(seqsOf(process, stream)).toEqual(upTo(count));
}

test('what one process writes the others are told once each and in order, by the bus alone', async () => {
  const { processes } = await openSeveral();
  await everybodyWrites(processes, 20);
  await eventually(() => processes.every(({ told }) => told.length >= 60));
  expectAllTold(processes, 30);
});

test('what one process writes the others are told once each and in order, without a bus', async () => {
  const { processes } = await openSeveral({ bus: 'down' });
  await Promise.all(processes.map(({ follow }) => follow()));
  await everybodyWrites(processes, 20);
  await eventually(() => processes.every(({ told }) => told.length >= 60));
  expectAllTold(processes, 30);
});

test.each<BusMode>(['lossy', 'silent'])('a bus that is %s hides nothing and doubles nothing', async (mode) => {
  const { processes } = await openSeveral({ bus: mode });
  await everybodyWrites(processes, 20);
  for (const { look } of processes) await look();
  expectAllTold(processes, 30);
});

test('what others write while a process starts is told to it, though it has asked where the streams end', async () => {
  const others = { bus: noBus, pointed: new Set<string>() };
  const asked = new Map<unknown, string>();
  const { processes } = await openSeveral({
    bus: 'down',
    starting: async (streams, model) => {
      const neighbour = createStreams({ model, clock: systemClock, others });
      await neighbour.start();
      const stream = `room:${newId()}`;
      await neighbour.add(stream, said());
      await streams.head(stream);
      asked.set(streams, stream);
    },
  });
  for (const process of processes) expect(seqsOf(process, asked.get(process.streams) ?? '')).toEqual([1]);
});

test('a stream whose end a process has had to forget is heard of like any other', async () => {
  const { first, second } = await openSeveral({
    bus: 'down',
    wrap: (model) => ({
      ...model,
      last: async (stream) => (stream.startsWith('room:x') ? undefined : model.last(stream)),
    }),
  });
  for (let i = 0; i < 3; i++) await first.streams.add('room:a', said(i));
  await second.look();
  for (let i = 0; i < 50_000; i++) await second.streams.head(`room:x${i}`); // as many as are kept
  await first.streams.add('room:a', said(3));
  second.told.length = 0;
  await second.look();
  expect(seqsOf(second, 'room:a')).toEqual([1, 2, 3, 4]); // what came lately again: nobody knows whether it was told
});

test('a false word on the bus costs nothing: no event is told that is not there, and none is missed', async () => {
  const { bus, first, second } = await openSeveral();
  for (const stream of ['room:a', 'room:nobody', 'access:all', '', '💥'])
    for (const seq of [Number.MAX_SAFE_INTEGER, 0, -1]) bus.forge('written', { stream, seq });
  await eventually(async () => (await second.streams.head('room:nobody')).seq === 0);
  expect(second.told).toEqual([]);
  await sayIn(first.streams, '一');
  await sayIn(second.streams, '二');
  await eventually(() => first.told.length === 2 && second.told.length === 2);
  for (const process of [first, second]) expect(seqsOf(process, 'room:a')).toEqual([1, 2]);
});

test('a decision hides nothing that another process wrote while it was made', async () => {
  const { first, second } = await openSeveral();
  await sayIn(first.streams, '一');
  const fold = createFold(first.streams, words);
  const seen: number[] = [];
  const { event } = await fold.write('a', { id: newId(), actor: 'ada', input: {} }, async (state, seq) => {
    seen.push(seq);
    if (seen.length === 1) {
      await sayIn(second.streams, '二');
      await eventually(() => seqsOf(first, 'room:a').includes(2)); // heard in the middle of the turn
    }
    return { type: 'said', data: `after ${state.length}` };
  });
  expect(seen).toEqual([1, 2]);
  expect(event).toMatchObject({ seq: 3, data: 'after 2' });
  expect((await fold.load('a')).state).toEqual(['一', '二', 'after 2']);
});

test.each<BusMode>(['silent', 'down'])(
  'nobody is refused on a state that another process has changed, bus %s',
  async (mode) => {
    const { first, second } = await openSeveral({ bus: mode });
    await sayIn(first.streams, 'closed');
    const fold = createFold(first.streams, words);
    await fold.load('a');
    await sayIn(second.streams, 'open');
    const { event } = await fold.write('a', { id: newId(), actor: 'ada', input: {} }, (state) =>
      state.at(-1) === 'closed' ? fail('conflict') : { type: 'said', data: 'in' },
    );
    expect(event.seq).toBe(3);
    expect(seqsOf(first, 'room:a')).toEqual([1, 2, 3]);
  },
);

test('who asks where a stream ends is not answered by a look that began before', async () => {
  const held: (() => void)[] = [];
  let isSlow = false;
  const { first, second } = await openSeveral({
    bus: 'down',
    wrap: (model, process) => ({
      ...model,
      above: async (stream, ...asked) => {
        const found = await model.above(stream, ...asked);
        if (process === 1 && isSlow) await new Promise<void>((resolve) => held.push(resolve));
        return found;
      },
    }),
  });
  await sayIn(first.streams, '一');
  await second.streams.hear('room:a');
  isSlow = true;
  const early = second.streams.hear('room:a');
  await eventually(() => held.length === 1);
  isSlow = false;
  await sayIn(first.streams, '二');
  const later = second.streams.hear('room:a');
  held[0]?.();
  await early;
  expect(await later).toBe(2);
});

test('a command that names a version this process has not heard of is not stale', async () => {
  const { first, second } = await openSeveral({ bus: 'down' });
  await sayIn(first.streams, '一');
  await sayIn(second.streams, '二', { expected: 1 });
  await sayIn(second.streams, '三');
  expect((await sayIn(first.streams, '四', { expected: 3 })).event.seq).toBe(4);
  await expect(sayIn(second.streams, '五', { expected: 3 })).rejects.toMatchObject({ details: { current: 4 } });
});

test('processes that do the same derived command at once have the same one event', async () => {
  const { processes } = await openSeveral({ bus: 'down' });
  for (let i = 0; i < 20; i++) {
    const cause = { id: newId(), actor: 'system' };
    const written = await Promise.all(
      processes.map(({ streams }) => createFold(streams, words).follow('a', cause, { type: 'said', data: i })),
    );
    expect(written.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(written.map(({ event }) => event.hash)).size).toBe(1);
    expect(written[0]?.event.seq).toBe(i + 1);
  }
});

test('a command that another process did while it was looked for here is a repeat, and no used id', async () => {
  const on: { whenLooked?: () => Promise<unknown> } = {};
  const { first, second } = await openSeveral({
    wrap: (model, process) => ({
      ...model,
      byId: async (...asked) => {
        const found = await model.byId(...asked);
        const then = process === 1 ? on.whenLooked : undefined;
        if (then !== undefined) delete on.whenLooked;
        await then?.();
        return found;
      },
    }),
  });
  const id = newId();
  on.whenLooked = async () => {
    await sayIn(first.streams, '一', { id });
    await eventually(() => second.told.length === 1);
  };
  expect(await sayIn(second.streams, '一', { id })).toMatchObject({ repeated: true, event: { seq: 1 } });
});

test('processes with the same clock keep out of each other’s way and lose nothing', async () => {
  let clashes = 0;
  const standing = new Date('2026-11-24T01:00:00.000Z');
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const { processes, model } = await openSeveral({
    bus: 'down',
    clock: { now: () => standing },
    wrap: (all) => ({
      ...all,
      insert: async (row) => {
        await all.insert(row).catch((error: unknown) => {
          clashes++;
          throw error;
        });
      },
    }),
  });
  random.mockRestore();
  await Promise.all(
    processes.flatMap(({ streams }, i) => Array.from({ length: 20 }, (_, n) => streams.add(`room:${i}`, said(n)))),
  );
  for (const { look } of processes) await look();
  expect(clashes).toBeGreaterThan(0);
  expect(new Set((await model.since(0, 100)).map(({ position }) => position)).size).toBe(60);
  for (const process of processes)
    for (const stream of ['room:0', 'room:1', 'room:2']) expect(seqsOf(process, stream)).toEqual(upTo(20));
});

test('a consumer’s place never passes an event that is still on its way, however late that comes', async () => {
  let now = Date.parse('2026-11-24T01:00:00.000Z');
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { first, second, model } = await openSeveral({
    bus: 'down',
    clock: { now: () => new Date(now) },
    wrap: (all, process) => ({
      ...all,
      insert: async (row) => {
        if (process === 0 && row.stream === 'room:slow') await held; // it has its position, and nobody can read it
        await all.insert(row);
      },
    }),
  });
  const slow = first.streams.add('room:slow', said());
  for (let i = 0; i < 60; i++) {
    now += 1_000;
    await second.streams.add('room:a', said(i));
    await second.look();
  }
  release();
  await slow;
  const rows = await model.since(0, 100);
  const position = rows.find(({ event }) => event.stream === 'room:slow')?.position ?? 0;
  expect(second.streams.settledPosition()).toBeLessThan(position);
  await second.look();
  expect(seqsOf(second, 'room:slow')).toEqual([1]);
  now += 600_000;
  await first.streams.add('room:a', said());
  await second.look();
  expect(second.streams.settledPosition()).toBeGreaterThan(position);
});

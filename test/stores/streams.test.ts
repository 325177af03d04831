import { expect, test } from 'vitest';
import { createFold } from '#server/platform/fold.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { SeqClash } from '#server/platform/insert.ts';
import { type Streams } from '#server/platform/streams.ts';
import { fail } from '#shared/wire/error.ts';
import { dataHash, eventHash, ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';
import { newId } from '../support/client.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

const said = (data: unknown, id = newId()) => ({ id, type: 'said', actor: 'ada', data });

const appendIn = (streams: Streams, stream: string, data: unknown): Promise<StreamEvent> =>
  streams.inTurn(stream, () => streams.append(stream, said(data)));

/** Counts what was said; refuses what is too loud. */
const counter = {
  kind: 'room',
  initial: () => ({ said: 0 }),
  evolve: (state: { said: number }) => ({ said: state.said + 1 }),
};

test('events of a stream are numbered 1, 2, 3 … without a hole, however many write at once', async () => {
  const { streams } = await openStreams();
  await Promise.all(Array.from({ length: 300 }, (_, i) => appendIn(streams, `room:${i % 3}`, i)));
  for (const stream of ['room:0', 'room:1', 'room:2']) {
    const events = await streams.read(stream, 1, 1000);
    expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  }
});

test('every event names the hash of the one before it, and the hash covers what it says', async () => {
  const { streams } = await openStreams();
  for (const word of ['一', '二', '三']) await appendIn(streams, 'room:a', { word });
  const events = await streams.read('room:a', 1, 10);
  let prev = ZERO_HASH;
  for (const event of events) {
    expect(event.prev).toBe(prev);
    expect(eventHash(sha256, { ...event, dataHash: dataHash(sha256, event.data) })).toBe(event.hash);
    expect(eventHash(sha256, { ...event, dataHash: dataHash(sha256, { word: '四' }) })).not.toBe(event.hash);
    prev = event.hash;
  }
});

test('of several processes that write at the same place exactly one wins, and the others write after it', async () => {
  const folder = await temporaryFolder();
  const { streams, db } = await openStreams({ folder });
  // A second set of streams over the same store stands for another process: it shares nothing in memory.
  const { createEventsModel } = await import('#server/platform/streams.model.ts');
  const { createStreams } = await import('#server/platform/streams.ts');
  const { systemClock } = await import('#server/platform/clock.ts');
  db.deleteModel('Event');
  const other = createStreams({ model: createEventsModel(db), clock: systemClock });
  await other.start();
  const folds = [createFold(streams, counter), createFold(other, counter)];
  const write = async (i: number) =>
    folds[i % 2]?.write('a', { id: newId(), actor: 'ada', input: { i } }, () => ({ type: 'said', data: i }));
  const written = await Promise.all(Array.from({ length: 60 }, (_, i) => write(i)));
  expect(new Set(written.map((result) => result?.event.seq)).size).toBe(60);
  streams.forget('room:a');
  const events = await streams.read('room:a', 1, 100);
  expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});

test('a command that comes twice changes nothing the second time and hears the first answer', async () => {
  const { streams } = await openStreams();
  const fold = createFold(streams, counter);
  const id = newId();
  const write = (input: object, actor = 'ada') =>
    fold.write('a', { id, actor, input }, () => ({ type: 'said', data: input }));
  const first = await write({ text: '停水了' });
  const second = await write({ text: '停水了' });
  expect(second).toEqual({ event: first.event, repeated: true });
  expect((await streams.head('room:a')).seq).toBe(1);
});

test('an id that was used for something else, or by somebody else, is refused and reveals nothing', async () => {
  const { streams } = await openStreams();
  const fold = createFold(streams, counter);
  const id = newId();
  const write = (input: object, actor: string) =>
    fold.write('a', { id, actor, input }, () => ({ type: 'said', data: input }));
  await write({ text: '停水了' }, 'ada');
  await expect(write({ text: '来水了' }, 'ada')).rejects.toMatchObject({ code: 'id_reused', details: undefined });
  await expect(write({ text: '停水了' }, 'bob')).rejects.toMatchObject({ code: 'id_reused', details: undefined });
});

test('a command that names an older version is stale and is told the head; a repeat is not', async () => {
  const { streams } = await openStreams();
  const fold = createFold(streams, counter);
  const write = (id: string, expected: number) =>
    fold.write('a', { id, actor: 'ada', expected, input: { id, expected } }, () => ({ type: 'said', data: null }));
  const id = newId();
  await write(id, 0);
  await expect(write(newId(), 0)).rejects.toMatchObject({ code: 'stale', details: { current: 1 } });
  expect(await write(id, 0)).toMatchObject({ repeated: true });
});

test('a stranger is told that there is nothing, never that they are stale', async () => {
  const { streams } = await openStreams();
  const fold = createFold(streams, counter);
  await fold.write('a', { id: newId(), actor: 'ada', input: {} }, () => ({ type: 'said', data: null }));
  const stranger = fold.write('a', { id: newId(), actor: 'eve', expected: 7, input: {} }, () => fail('not_found'));
  await expect(stranger).rejects.toMatchObject({ code: 'not_found' });
});

test('of 200 commands that name the same version exactly one succeeds', async () => {
  const { streams } = await openStreams();
  const fold = createFold(streams, counter);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) =>
      fold.write('a', { id: newId(), actor: `p${i}`, expected: 0, input: { i } }, () => ({ type: 'said', data: i })),
    ),
  );
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
});

test('nobody sees an event before it is durable: not by head, not by range, not by notice', async () => {
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { streams } = await openStreams({
    // The row is written and readable, but the store has not yet said that it will stay.
    wrap: (model) => ({
      ...model,
      insert: async (row) => {
        await model.insert(row);
        if (row.seq === 2) await held;
      },
    }),
  });
  const noticed: number[] = [];
  streams.onCommitted((event) => noticed.push(event.seq));
  await appendIn(streams, 'room:a', 'first');
  const second = appendIn(streams, 'room:a', 'second');
  await expect.poll(async () => (await streams.since(0, 10)).length, { timeout: 2000 }).toBe(2);
  expect((await streams.head('room:a')).seq).toBe(1);
  expect(await streams.read('room:a', 1, 10)).toHaveLength(1);
  expect(noticed).toEqual([1]);
  release?.();
  await second;
  expect((await streams.head('room:a')).seq).toBe(2);
  expect(noticed).toEqual([1, 2]);
});

test('a write the store refuses is told as such, and the same command succeeds once the store is back', async () => {
  let broken = true;
  const { streams } = await openStreams({
    wrap: (model) => ({
      ...model,
      insert: (row) => (broken ? Promise.reject(new Error('ENOSPC')) : model.insert(row)),
    }),
  });
  const fold = createFold(streams, counter);
  const id = newId();
  const write = () => fold.write('a', { id, actor: 'ada', input: {} }, () => ({ type: 'said', data: null }));
  await expect(write()).rejects.toMatchObject({ code: 'storage', details: { retryAfter: 5 } });
  broken = false;
  expect(await write()).toMatchObject({ repeated: false, event: { seq: 1 } });
});

test('a write whose answer was lost is found again by its id and not written twice', async () => {
  let lose = true;
  const { streams } = await openStreams({
    wrap: (model) => ({
      ...model,
      insert: async (row) => {
        await model.insert(row);
        if (lose) throw new Error('connection lost');
      },
    }),
  });
  const fold = createFold(streams, counter);
  const id = newId();
  const write = () => fold.write('a', { id, actor: 'ada', input: {} }, () => ({ type: 'said', data: null }));
  await expect(write()).rejects.toMatchObject({ code: 'storage' });
  lose = false;
  expect(await write()).toMatchObject({ repeated: true, event: { seq: 1 } });
});

test('everything acknowledged is there after closing and opening again', async () => {
  const folder = await temporaryFolder();
  const first = await openStreams({ folder });
  const written = await Promise.all(Array.from({ length: 50 }, (_, i) => appendIn(first.streams, 'room:a', { i })));
  await first.close();
  const second = await openStreams({ folder });
  expect(await second.streams.read('room:a', 1, 100)).toEqual(written.sort((a, b) => a.seq - b.seq));
  expect((await appendIn(second.streams, 'room:a', 'next')).prev).toBe(written.at(-1)?.hash);
});

test('a consumer sees every event at least once and in order, also those written while it was away', async () => {
  const folder = await temporaryFolder();
  const seen: number[] = [];
  const follow = (hub: Awaited<ReturnType<typeof openStreams>>) => {
    hub.consumers.add({
      name: 'test',
      kinds: ['room'],
      handle: (events) => {
        seen.push(...events.map((event) => event.seq));
        return Promise.resolve();
      },
    });
    return hub.consumers.start();
  };
  const first = await openStreams({ folder });
  await follow(first);
  for (let i = 0; i < 5; i++) await appendIn(first.streams, 'room:a', i);
  await first.consumers.settled();
  await first.consumers.stop();
  for (let i = 0; i < 5; i++) await appendIn(first.streams, 'room:a', i); // nobody is listening
  await first.close();
  const second = await openStreams({ folder });
  await follow(second);
  await appendIn(second.streams, 'room:a', 'live');
  await second.consumers.settled();
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('a consumer that fails tries the same events again before it goes on', async () => {
  const { streams, consumers } = await openStreams();
  let failures = 1;
  const seen: number[] = [];
  consumers.add({
    name: 'test',
    kinds: ['room'],
    handle: (events) => {
      if (failures-- > 0) return Promise.reject(new Error('not now'));
      seen.push(...events.map((event) => event.seq));
      return Promise.resolve();
    },
  });
  await consumers.start();
  await appendIn(streams, 'room:a', 1);
  await appendIn(streams, 'room:a', 2);
  await consumers.settled();
  expect(seen).toEqual([1, 2]);
});

test('a clash on a place is not mistaken for a repeat', async () => {
  const { streams } = await openStreams({
    wrap: (model) => ({ ...model, last: () => Promise.resolve(undefined) }), // believes every stream to be empty
  });
  await appendIn(streams, 'room:a', 1);
  streams.forget('room:a');
  await expect(appendIn(streams, 'room:a', 2)).rejects.toBeInstanceOf(SeqClash);
});

test('which of its keys is taken is found out where the store does not name it', async () => {
  let believes = true; // every stream to be empty
  const { streams } = await openStreams({
    wrap: (model) => ({
      ...model,
      last: (stream) => (believes ? Promise.resolve(undefined) : model.last(stream)),
      insert: (row) =>
        model.insert(row).catch((error: unknown) => {
          throw Object.assign(new Error(String(error)), { code: 11_000 });
        }),
    }),
  });
  const first = await appendIn(streams, 'room:a', 1);
  streams.forget('room:a');
  await expect(appendIn(streams, 'room:a', 2)).rejects.toBeInstanceOf(SeqClash);
  believes = false;
  const again = streams.inTurn('room:a', () => streams.append('room:a', said(1, first.id)));
  await expect(again).rejects.toMatchObject({ code: 'id_reused' });
  expect((await streams.head('room:a')).seq).toBe(1);
});

import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { walk } from '#server/platform/chains.ts';
import { systemClock } from '#server/platform/clock.ts';
import { checkStore, copyStore } from '#server/platform/embedded/backup.ts';
import { openStore as openEmbedded } from '#server/platform/embedded/store.ts';
import { openStore as openAny } from '#server/platform/store.ts';
import { createEventsModel, type EventsModel } from '#server/platform/streams.model.ts';
import { createStreams } from '#server/platform/streams.ts';
import { exportTo, importFrom } from '#server/platform/transfer.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { dataHash } from '#shared/wire/stream.ts';
import { newId } from '../support/client.ts';
import { errorOf, isEmbedded, openStore, temporaryFolder, type TestStore } from '../support/store.ts';

/* Copies of a store, and proofs that they are what they were. */

const models = new WeakMap<object, EventsModel>();

/** Mongoose makes a model once for each connection. */
function eventsOf({ mongoose: { connection } }: TestStore): EventsModel {
  const model = models.get(connection) ?? createEventsModel(connection);
  models.set(connection, model);
  return model;
}

async function withEvents(store: TestStore, count = 60) {
  const events = eventsOf(store);
  const streams = createStreams({ model: events, clock: systemClock });
  await streams.start();
  const post = (stream: string, n: number) =>
    streams.inTurn(stream, () =>
      streams.append(stream, {
        id: newId(),
        type: 'posted',
        actor: newId(),
        data: { text: `第 ${n} 条`, n, tags: ['水', null] },
      }),
    );
  for (let n = 0; n < count; n++) await post(`room:${n % 5}`, n);
  return { events, streams, post };
}

const walked = async (store: TestStore) => walk(eventsOf(store).all());

describe('whoever walks the chains', () => {
  it('finds them whole, and the same digest for the same record', async () => {
    const store = await openStore();
    await withEvents(store);
    const found = await walked(store);
    expect(found).toMatchObject({ streams: 5, events: 60, faults: [] });
    await store.reopen();
    expect((await walked(store)).digest).toBe(found.digest);
  });

  const row = { stream: 'room:2', seq: 4 };
  const damage: Record<string, (store: TestStore) => Promise<unknown>> = {
    'a changed word': (store) => store.collection('events').updateOne(row, { $set: { 'data.text': '别的' } }),
    'a changed author': (store) => store.collection('events').updateOne(row, { $set: { actor: newId() } }),
    'a changed time': (store) =>
      store.collection('events').updateOne(row, { $set: { at: '2026-01-01T00:00:00.000Z' } }),
    'a missing event': (store) => store.collection('events').deleteOne(row),
    'a missing beginning': (store) => store.collection('events').deleteOne({ ...row, seq: 1 }),
    'an event put in': async (store) => {
      const found = await store.collection('events').findOne({ ...row, seq: 12 });
      await store.collection('events').insertOne({ ...found, _id: 1, seq: 13, id: newId(), prev: found?.['hash'] });
    },
    'words that were taken out, with nobody saying so': (store) =>
      store.collection('events').updateOne(row, { $set: { dataHash: 'b'.repeat(64) }, $unset: { data: '' } }),
    'words that were taken out and their hash kept, with nobody saying so': async (store) => {
      const found = await store.collection('events').findOne(row);
      const kept = dataHash(sha256, found?.['data']);
      await store.collection('events').updateOne(row, { $set: { dataHash: kept }, $unset: { data: '' } });
    },
    'other words beside the hash of what was said': async (store) => {
      const found = await store.collection('events').findOne(row);
      const kept = dataHash(sha256, found?.['data']);
      await store.collection('events').updateOne(row, { $set: { dataHash: kept, 'data.text': '别的' } });
    },
    'two events that changed places': async (store) => {
      const events = store.collection('events');
      await events.updateOne(row, { $set: { seq: 99 } });
      await events.updateOne({ ...row, seq: 5 }, { $set: { seq: 4 } });
      await events.updateOne({ ...row, seq: 99 }, { $set: { seq: 5 } });
    },
  };
  it.each(Object.entries(damage))('finds %s', async (_, plant) => {
    const store = await openStore();
    await withEvents(store);
    await plant(store);
    expect((await walked(store)).faults.join()).toContain('room:2');
  });

  it('sees by the digest that the last events of a stream are gone', async () => {
    const store = await openStore();
    await withEvents(store);
    const { digest } = await walked(store);
    await store.collection('events').deleteOne({ stream: 'room:2', seq: 12 });
    const found = await walked(store);
    expect(found.faults).toEqual([]); // a shorter chain is whole in itself: that is what the digest is for
    expect(found.digest).not.toBe(digest);
  });
});

describe('what was erased', () => {
  it('is gone from the store and from an export, and the chain holds in both', async () => {
    const store = await openStore();
    const { events, streams, post } = await withEvents(store);
    const [before] = await streams.read('room:2', 4, 4);
    const told = { id: newId(), type: 'erased', actor: newId(), data: { erases: [4] } };
    await streams.inTurn('room:2', () => streams.append('room:2', told));
    await store.collection('events').updateOne({ stream: 'room:2', seq: 4 }, { $set: { print: 'of what was asked' } });
    for (let times = 0; times < 2; times++) await streams.erase('room:2', [4]); // a second time changes nothing
    await post('room:2', 99);
    const { data, ...rest } = before ?? { data: undefined };
    expect(await streams.read('room:2', 4, 4)).toEqual([{ ...rest, dataHash: dataHash(sha256, data) }]);
    const stored = await store.collection('events').findOne({ stream: 'room:2', seq: 4 });
    expect(stored).toMatchObject({ print: '' });
    expect(stored).not.toHaveProperty('data');
    const found = await walked(store);
    expect(found.faults).toEqual([]);

    const folder = path.join(await temporaryFolder(), 'export');
    await exportTo(folder, events.all(), []);
    const there = eventsOf(await openStore());
    await there.init();
    await importFrom(folder, { events: there.take, collections: [], rows: () => Promise.resolve() });
    expect(await walk(there.all())).toEqual(found);
    expect(await there.range('room:2', 4, 4, 1)).toEqual(await streams.read('room:2', 4, 4));
  });
});

describe('an export', () => {
  it('taken by another store gives the same record, event by event, and its rows', async () => {
    const store = await openStore();
    const { events } = await withEvents(store);
    await store.collection('pointers').insertOne({ _id: 'p', seq: 3 });
    const folder = path.join(await temporaryFolder(), 'export');
    const rows = store.collection('pointers').find({}) as AsyncIterable<Record<string, unknown>>;
    const manifest = await exportTo(folder, events.all(), [{ name: 'pointers', rows }]);
    const other = await openStore();
    const there = eventsOf(other);
    await there.init();
    const taken = await importFrom(folder, {
      events: there.take,
      collections: ['pointers'],
      rows: async (name, all) => {
        await other.collection(name).insertMany(all);
      },
    });
    expect(taken).toEqual(manifest);
    expect((await walk(there.all())).digest).toBe((await walked(store)).digest);
    const last = (await events.last('room:2'))?.event;
    expect(await there.byId('room:2', last?.id ?? '')).toMatchObject({ event: last });
    expect(await other.collection('pointers').findOne({})).toEqual({ _id: 'p', seq: 3 });
  });

  const tampered: Record<string, (file: string) => Promise<void>> = {
    'an event was changed': async (file) => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('第', '弟'));
    },
    'the last event was cut off': async (file) => {
      await writeFile(file, (await readFile(file, 'utf8')).trimEnd().split('\n').slice(0, -1).join('\n'));
    },
    'an event was added': async (file) => {
      await appendFile(file, `${(await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? ''}\n`);
    },
  };
  it.each(Object.entries(tampered))('is refused as a whole where %s', async (_, tamper) => {
    const store = await openStore();
    const { events } = await withEvents(store);
    const folder = path.join(await temporaryFolder(), 'export');
    await exportTo(folder, events.all(), []);
    await tamper(path.join(folder, 'streams/room/3.jsonl'));
    let took = 0;
    const error = await errorOf(
      importFrom(folder, {
        events: () => {
          took++;
          return Promise.resolve();
        },
        collections: [],
        rows: () => Promise.resolve(),
      }),
    );
    expect(error.message).toMatch(/damaged|not what its manifest says/);
    expect(took).toBe(0);
  });

  it('is not made of a damaged record, and half an export is none', async () => {
    const store = await openStore();
    const { events } = await withEvents(store);
    await store.collection('events').deleteOne({ stream: 'room:2', seq: 4 });
    const folder = path.join(await temporaryFolder(), 'export');
    expect((await errorOf(exportTo(folder, events.all(), []))).message).toContain('room:2 5');
    const taker = { events: () => Promise.resolve(), collections: [], rows: () => Promise.resolve() };
    expect((await errorOf(importFrom(folder, taker))).message).toContain('not an export');
    expect((await errorOf(importFrom(`${folder}.part`, taker))).message).toContain('not a finished one');
  });
});

describe.skipIf(!isEmbedded)('beside the process that owns a folder', () => {
  it('another may read it, and is told in words that it may not write', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await withEvents(store, 10);
    const reader = await openAny(`embedded:${folder}`, { readOnly: true });
    expect((await walk(createEventsModel(reader).all())).events).toBe(10);
    const refused = await errorOf(reader.collection('events').insertOne({}));
    expect(refused.message).toContain('open for reading only');
    expect(() => reader.collection('nothing').find({})).toThrow('There is no collection linli.nothing');
    await reader.close();
    await store.collection('events').insertOne({ _id: 'still', stream: 's', seq: 1, id: 'i' });
  });

  it('a copy made while it writes holds everything acknowledged before, and is whole', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    const { post } = await withEvents(store, 20);
    let running = true;
    let acked = 0;
    const writers = Array.from({ length: 16 }, async (_, w) => {
      while (running) {
        await post(`room:${w}`, acked);
        acked++;
      }
    });
    for (let copy = 0; copy < 8; copy++) {
      const target = path.join(folder, `copy-${copy}`);
      const before = acked;
      await copyStore(folder, target);
      const copied = await openAny(`embedded:${target}`, { readOnly: true });
      const found = await walk(createEventsModel(copied).all());
      await copied.close();
      expect(found.faults).toEqual([]);
      expect(found.events).toBeGreaterThanOrEqual(20 + before);
      expect(await checkStore(target)).toEqual([]);
    }
    running = false;
    await Promise.all(writers);
    expect(await readdir(folder)).toContain('owner.json'); // its owner has it still
  });

  it('the check of indexes finds an entry that is missing, one too many, and one that leads to another', async () => {
    const folder = await temporaryFolder();
    const store = await openStore(folder);
    await withEvents(store, 10);
    expect(await checkStore(folder)).toEqual([]);
    const inside = await openEmbedded(folder);
    const table = inside.tables.get('linli.events');
    const [index] = table?.indexes ?? [];
    if (table === undefined || index === undefined) throw new Error('no index');
    const [first, second] = [...index.entries.getRange({ limit: 2 })];
    if (first === undefined || second === undefined) throw new Error('no entries');
    const change = (work: () => unknown) => inside.write(() => void work());
    await change(() => index.entries.remove(first.key));
    expect((await checkStore(folder)).join()).toMatch(/does not know document/);
    await change(() => index.entries.put(first.key, second.value));
    expect((await checkStore(folder)).join()).toMatch(/does not know document/);
    await change(() => index.entries.put(first.key, first.value));
    await change(() => index.entries.put(Buffer.concat([Buffer.from(first.key), Buffer.of(1)]), first.value));
    expect((await checkStore(folder)).join()).toMatch(/holds 11 entries where 10 belong/);
    await inside.release();
  });
});

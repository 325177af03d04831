import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { eventually, newId } from '../support/client.ts';
import { startYDocs, typeInto, wordsIn, write } from '../support/ydocs-hub.ts';
import { planted, secondProcess } from '../support/ydocs-store.ts';
import { EXT, inside, NOTHING, ofType, openWire, rejected, updatesOf } from '../support/ydocs-wire.ts';

/* What a document keeps when the store is slow, says no, or somebody else writes in it (minutes §3.10). */

describe('while an edit is not durable', () => {
  it('nobody sees it, nobody is told it is saved, and nobody who comes is given it (2, 15)', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap });
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    const li = await inside(hub, id, 'li');
    plant.hold();
    typeInto(wang.doc, '还没存');
    wang.update(wang.mine[0] ?? NOTHING);
    const saved = wang.barrier();
    await eventually(() => plant.fault.tried === 1);
    const late = await openWire(hub, id, 'zhao', EXT);
    late.step1();
    typeInto(li.doc, '第二句');
    li.update(li.mine[0] ?? NOTHING);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(wordsIn(li.doc)).toBe('|第二句');
    expect(ofType(wang, 'saved')).toEqual([]);
    expect(ofType(late, 'step2')).toEqual([]);
    plant.release();
    await saved;
    await eventually(() => ofType(late, 'step2').length > 0);
    await eventually(() => [wang, li, late].every(({ doc }) => wordsIn(doc).split('|').length === 3));
  });

  it('others’ edits gather and are written together as the next entry', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap });
    const id = await hub.aDoc();
    const wires = await Promise.all(['wang', 'li', 'zhao'].map((person) => inside(hub, id, person)));
    plant.hold();
    for (let i = 0; i < 5; i++) {
      for (const wire of wires) {
        typeInto(wire.doc, `句${i}`);
        wire.update(wire.mine[i] ?? NOTHING);
      }
    }
    const saved = wires.map((wire) => wire.barrier());
    await eventually(() => plant.fault.tried === 1);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    plant.release();
    await Promise.all(saved);
    const entries = (await hub.log(id)).filter(({ type }) => type === 'updated');
    expect(entries.length).toBeLessThanOrEqual(3);
    expect(entries.flatMap(({ data }) => data.frames)).toHaveLength(15);
    expect(entries.at(-1)?.actor).toBe('system');
  });
});

describe('a store that says no', () => {
  it('for a moment costs time, not words, and makes no second entry where only the answer was lost', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap });
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    for (const mode of ['fail', 'lost'] as const) {
      const before = plant.fault.tried;
      plant.fault.mode = mode;
      typeInto(wang.doc, mode);
      wang.update(wang.mine.at(-1) ?? NOTHING);
      const saved = wang.barrier();
      await eventually(() => plant.fault.tried > before);
      plant.fault.mode = 'none';
      await saved;
    }
    expect((await hub.docs.read(id)).text).toBe('\nfail\nlost');
    const entries = (await hub.log(id)).filter(({ type }) => type === 'updated');
    expect(entries).toHaveLength(2);
  });

  it('for too long sends everybody away to come again; they bring what they hold (15)', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap, tuning: { retryFor: 150 } });
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const ext = await inside(hub, id, 'li');
    const reader = await write(hub, id, 'reader');
    plant.fault.mode = 'fail';
    wang.type('不能丢');
    typeInto(ext.doc, '也不能丢');
    ext.update(ext.mine[0] ?? NOTHING);
    const saved = ext.barrier();
    await expect(saved).rejects.toThrow('4503');
    expect(ofType(ext, 'saved')).toEqual([]);
    await eventually(() => wang.closes.includes(4503));
    expect(reader.words()).toBe('');
    const own = hub.docs.edit(id, { id: newId(), actor: 'system' }, (doc) => {
      typeInto(doc, '系统写的');
    });
    await expect(own).rejects.toMatchObject({ code: 'storage' });
    plant.fault.mode = 'none';
    await eventually(() => reader.words() === '|不能丢');
    expect((await hub.docs.read(id)).text).toBe('\n不能丢');
  });
});

describe('a document that loads slowly', () => {
  it('is never shown half: in sync means everything is here (9)', async () => {
    const plant = planted();
    const first = await startYDocs({ wrap: plant.wrap });
    const id = await first.aDoc();
    const wang = await write(first, id, 'wang');
    wang.type('原有内容');
    await eventually(async () => (await first.docs.read(id)).text.includes('原有内容'));
    await first.stop();
    const hub = await startYDocs({ folder: first.folder, wrap: plant.wrap });
    plant.fault.slowRead = 150;
    const seen: string[] = [];
    const writers = await Promise.all(['li', 'zhao'].map((person) => write(hub, id, person, { early: true })));
    for (const writer of writers)
      writer.provider.on('sync', (synced: boolean) => {
        if (synced) seen.push(writer.words());
      });
    writers[0]?.type('来得早');
    await eventually(() => seen.length === 2);
    expect(seen.every((words) => words.includes('原有内容'))).toBe(true);
    await eventually(() => writers[1]?.words().includes('来得早'));
  });

  it('keeps what comes meanwhile, up to a point', async () => {
    const plant = planted();
    const first = await startYDocs();
    const id = await first.aDoc();
    await first.stop();
    const hub = await startYDocs({ folder: first.folder, wrap: plant.wrap, limited: false });
    plant.fault.slowRead = 200;
    const eager = await openWire(hub, id, 'wang', EXT);
    const doc = new Y.Doc();
    const updates = updatesOf(doc);
    for (let i = 0; i < 10; i++) typeInto(doc, `句${i}`);
    for (const update of updates) eager.update(update);
    eager.step2(NOTHING);
    const flood = await openWire(hub, id, 'li');
    for (let i = 0; i < 70; i++) flood.awareness(1, i, {});
    expect(await eventually(() => flood.closed())).toBe(4503);
    await eager.barrier();
    expect((await hub.docs.read(id)).text).toContain('句9');
  });
});

describe('a sealed document', () => {
  it('never changes, on every connection and after a restart, until it is unsealed (20)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    const stock = await write(hub, id, 'li');
    stock.type('定稿');
    await eventually(() => wordsIn(wang.doc) === '|定稿');
    const by = { id: newId(), actor: 'wang' };
    const sealed = await hub.docs.seal(id, by);
    expect(sealed.contributors).toEqual(['li']);
    expect(await hub.docs.seal(id, { id: newId(), actor: 'li' })).toEqual(sealed);
    expect(await hub.docs.isSealed(id)).toBe(true);
    await eventually(() => ofType(wang, 'status').at(-1)?.status.state === 'sealed');
    expect(ofType(wang, 'status').at(-1)?.status.role).toBe('read');
    typeInto(wang.doc, '改一改');
    wang.update(wang.mine[0] ?? NOTHING);
    stock.type('我也改');
    await wang.barrier();
    expect(rejected(wang)).toEqual(['LOCKED']);
    const own = hub.docs.edit(id, { id: newId(), actor: 'system' }, (doc) => {
      typeInto(doc, '系统');
    });
    await expect(own).rejects.toMatchObject({ code: 'locked' });
    expect(await hub.docs.seal(id, by)).toEqual(sealed);
    await hub.stop();

    const again = await startYDocs({ folder: hub.folder });
    expect(await again.docs.isSealed(id)).toBe(true);
    const back = await inside(again, id, 'wang');
    expect(ofType(back, 'step1')).toEqual([]);
    back.step2(Y.encodeStateAsUpdate(wang.doc));
    await back.barrier();
    expect(rejected(back)).toEqual(['LOCKED']);
    expect(await again.docs.seal(id, by)).toEqual(sealed);
    await again.docs.unseal(id, { id: newId(), actor: 'wang' });
    await eventually(() => ofType(back, 'step1').length > 0);
    back.step2(Y.encodeStateAsUpdate(wang.doc));
    await back.barrier();
    expect((await again.docs.read(id)).text).toBe('\n定稿\n改一改');
    const second = await again.docs.seal(id, by); // the same command seals once more
    expect(second.seq).toBeGreaterThan(sealed.seq);
    expect(second.contributors).toEqual(['li', 'wang']);
  });

  it('holds everything that was taken before it, and nothing after', async () => {
    const hub = await startYDocs({ limited: false });
    const id = await hub.aDoc();
    const wires = await Promise.all(['wang', 'li', 'zhao'].map((person) => inside(hub, id, person)));
    for (let i = 0; i < 30; i++) {
      for (const wire of wires) {
        typeInto(wire.doc, `句${i}`);
        wire.update(wire.mine[i] ?? NOTHING);
      }
    }
    const sealed = await hub.docs.seal(id, { id: newId(), actor: 'wang' });
    await Promise.all(wires.map((wire) => wire.barrier()));
    expect(await hub.docs.read(id)).toMatchObject({ text: sealed.text, seq: sealed.seq });
    const log = await hub.log(id);
    expect(log.at(-1)?.type).toBe('sealed');
    expect(log).toHaveLength(sealed.seq);
  });
});

describe('two processes on one store', () => {
  it('write in the same document: both keep everything, each shows the other’s, a seal binds both (4, 20)', async () => {
    const tuning = { poll: 20 };
    const hub = await startYDocs({ tuning });
    const id = await hub.aDoc();
    const other = await secondProcess(hub, tuning);
    const wang = await inside(hub, id, 'wang');
    const li = await write(hub, id, 'li');
    for (let i = 0; i < 10; i++) {
      typeInto(wang.doc, `这边${i}`);
      wang.update(wang.mine[i] ?? NOTHING);
      await other.edit(id, { id: newId(), actor: 'zhao' }, (doc) => {
        typeInto(doc, `那边${i}`);
      });
    }
    await wang.barrier();
    await eventually(() => li.words().includes('那边9') && li.words().includes('这边9'));
    const { text } = await hub.docs.read(id);
    for (let i = 0; i < 10; i++) expect([text.includes(`这边${i}`), text.includes(`那边${i}`)]).toEqual([true, true]);
    const sealed = await other.seal(id, { id: newId(), actor: 'zhao' });
    typeInto(wang.doc, '来晚了');
    wang.update(wang.mine.at(-1) ?? NOTHING);
    await eventually(() => rejected(wang).includes('LOCKED') || wang.closed() === 4503);
    expect((await hub.docs.read(id)).text).toBe(sealed.text);
    expect((await hub.log(id)).at(-1)?.type).toBe('sealed');
  });
});

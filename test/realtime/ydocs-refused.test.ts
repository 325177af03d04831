import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { eventually, newId } from '../support/client.ts';
import { startYDocs, typeInto, wordsIn, type YDocsHub } from '../support/ydocs-hub.ts';
import { planted, secondProcess } from '../support/ydocs-store.ts';
import {
  EXT,
  inside,
  nested,
  NOTHING,
  ofType,
  openWire,
  rejected,
  updatesOf,
  type Wire,
} from '../support/ydocs-wire.ts';
import { chance } from '../support/yjs-fuzz.ts';

/* What an edit that is refused costs: its sender the line, and everybody else nothing. */

/** Bytes that are no edit: seen before the document is touched. */
const NO_EDITS = [
  Uint8Array.of(255, 255, 255, 255, 15),
  Uint8Array.of(1, 1, 5, 0, 9), // a nested document
  Uint8Array.of(1, 1, 5, 4, 0x84, 5, 9, 1, 97, 0), // builds on its own future
  Uint8Array.of(...NOTHING, 0), // something behind the end
  Y.encodeStateAsUpdate(new Y.Doc()).slice(0, 1),
];
/** An edit like any other until it has been applied. */
const BREAKS = nested(100, '太里面');

function typed(wire: Wire & { mine: Uint8Array[] }, words: string): void {
  typeInto(wire.doc, words);
  wire.update(wire.mine.at(-1) ?? NOTHING);
}

/** Resolves when all that was sent has come in, while nothing can be durable yet. */
async function arrived(wire: Wire): Promise<void> {
  const before = ofType(wire, 'awareness').length;
  wire.send(Uint8Array.of(3));
  await eventually(() => ofType(wire, 'awareness').length > before);
}

/** What the document says now; the same as what a process says that reads it from the store. */
async function sameInStore(hub: YDocsHub, id: string): Promise<string> {
  const now = await hub.docs.read(id);
  await hub.stop();
  const again = await startYDocs({ folder: hub.folder });
  expect(await again.docs.read(id)).toEqual(now);
  return now.text;
}

describe('an edit that is none', () => {
  it('costs no reading of the document, in hundreds against a long one, and others write on', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap, limited: false });
    const id = newId();
    const pick = chance(1_122);
    const seed = (doc: Y.Doc): void => {
      typeInto(doc, '长');
      const text = (doc.getXmlFragment('body').get(0) as Y.XmlElement).get(0) as Y.XmlText;
      for (let i = 0; i < 20_000; i++) text.insert(pick(text.length + 1), '文');
    };
    await hub.docs.create(id, seed, { owner: 'meeting:1', actor: 'system' });
    const wang = await inside(hub, id, 'wang');
    const li = await inside(hub, id, 'li');
    expect(plant.fault.loads).toBe(1);
    for (let i = 0; i < 200; i++) {
      const bad = await openWire(hub, id, 'zhao', i % 2 === 0 ? EXT : '');
      bad.update(NO_EDITS[i % NO_EDITS.length] ?? NOTHING);
      if (i % 10 === 0) typed(wang, `句${i}`);
      expect(await eventually(() => bad.closed())).toBe(4400);
    }
    await wang.barrier();
    expect(plant.fault.loads).toBe(1);
    await eventually(() => wordsIn(li.doc) === wordsIn(wang.doc));
    expect((await sameInStore(hub, id)).split('\n')).toHaveLength(21);
  }, 30_000);

  it('costs nothing of what others brought in the same moment', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap });
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    const li = await inside(hub, id, 'li');
    const zhao = await inside(hub, id, 'zhao');
    plant.hold();
    typed(zhao, '先');
    await eventually(() => plant.fault.tried === 1);
    typed(wang, '甲');
    await arrived(wang);
    li.update(NO_EDITS[1] ?? NOTHING);
    await arrived(li);
    typed(wang, '乙');
    await arrived(wang);
    const saved = wang.barrier();
    plant.release();
    await saved;
    expect(await eventually(() => li.closed())).toBe(4400);
    expect([plant.fault.loads, plant.fault.tried]).toEqual([1, 2]);
    await eventually(() => wordsIn(zhao.doc) === wordsIn(wang.doc));
    expect((await sameInStore(hub, id)).split('\n').sort()).toEqual(['', '先', '甲', '乙'].sort());
  });
});

describe('an edit that fails in being applied', () => {
  it('leaves the document as the store has it, and what was taken before it, told once and truly', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap });
    const id = await hub.aDoc();
    const away = new Y.Doc();
    const updates = updatesOf(away);
    typeInto(away, '离线');
    typeInto(away, '后来');
    const wang = await openWire(hub, id, 'wang', EXT);
    const li = await inside(hub, id, 'li');
    const zhao = await inside(hub, id, 'zhao');
    const reader = await inside(hub, id, 'reader');
    typeInto(reader.doc, '不该有');
    wang.update(updates[1] ?? NOTHING); // held: what it builds on has not come
    const saved = wang.barrier();
    await arrived(wang);
    plant.hold();
    typed(zhao, '先');
    await eventually(() => plant.fault.tried === 1);
    reader.update(reader.mine[0] ?? NOTHING);
    await arrived(reader);
    wang.step2(updates[0] ?? NOTHING);
    await arrived(wang);
    li.update(BREAKS);
    await arrived(li);
    typed(zhao, '末');
    await arrived(zhao);
    plant.release();
    await Promise.all([saved, zhao.barrier(), reader.barrier()]);
    expect(await eventually(() => li.closed())).toBe(4400);
    expect([rejected(wang), rejected(zhao), rejected(reader)]).toEqual([[], [], ['READ_ONLY']]);
    expect([plant.fault.loads, plant.fault.tried]).toEqual([2, 2]);
    expect((await sameInStore(hub, id)).split('\n').sort()).toEqual(['', '先', '末', '离线', '后来'].sort());
  });

  it('is not tried for ever: its sender is cut off, may still read, and the others write on', async () => {
    const plant = planted();
    const hub = await startYDocs({ wrap: plant.wrap, limited: false });
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    for (let i = 0; i < 20; i++) {
      const li = await openWire(hub, id, 'li', i % 2 === 0 ? EXT : '');
      li.update(BREAKS);
      typed(wang, `句${i}`);
      expect(await eventually(() => li.closed())).toBe(4400);
    }
    await wang.barrier();
    expect(plant.fault.loads).toBeLessThanOrEqual(1 + 4); // three, and one more if it took us a minute
    const li = await inside(hub, id, 'li');
    expect(wordsIn(li.doc)).toBe(wordsIn(wang.doc));
    await li.barrier();
    expect((await sameInStore(hub, id)).split('\n')).toHaveLength(21);
  });

  it('keeps from nobody what another process wrote meanwhile', async () => {
    const hub = await startYDocs();
    const other = await secondProcess(hub, {});
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    for (let i = 0; i < 25; i++) {
      await other.edit(id, { id: newId(), actor: 'zhao' }, (doc) => {
        typeInto(doc, `那边${i}`);
      });
    }
    await other.close(); // keeps a snapshot, which is ahead of what was shown here
    const li = await inside(hub, id, 'li');
    li.update(BREAKS);
    expect(await eventually(() => li.closed())).toBe(4400);
    typed(wang, '这边');
    await wang.barrier();
    expect(wordsIn(wang.doc)).toContain('那边24');
    expect((await sameInStore(hub, id)).split('\n')).toHaveLength(27);
  });
});

describe('a text with nodes in nodes', () => {
  it('is taken as deep as it is read; deeper, its sender goes and nothing of it stays', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    wang.update(nested(62, '最里面'));
    await wang.barrier();
    const li = await inside(hub, id, 'li');
    li.update(nested(64, '太里面'));
    expect(await eventually(() => li.closed())).toBe(4400);
    const now = JSON.stringify(await hub.docs.read(id));
    expect(now).toContain('最里面');
    expect(now).not.toContain('太里面');
    await sameInStore(hub, id);
  });
});

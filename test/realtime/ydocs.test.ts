import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { canonical } from '#shared/wire/stream.ts';
import { textOfDoc } from '#server/ydocs/ydocs.json.ts';
import { eventually, newId } from '../support/client.ts';
import { startYDocs, typeInto, write, wordsIn } from '../support/ydocs-hub.ts';
import { ofType, openWire, updatesOf } from '../support/ydocs-wire.ts';
import { chance, scribble } from '../support/yjs-fuzz.ts';

/* What a document promises to those who write in it (minutes §3.10, security M1–M9). Numbers are those of §3.10. */

const contentOf = (doc: Y.Doc): string => canonical(textOfDoc(doc).fragments);

describe('a stock y-websocket client', () => {
  it('edits with others, comes back, and has what was written meanwhile (13)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const li = await write(hub, id, 'li');
    wang.type('开会');
    await eventually(() => li.words() === '|开会');
    li.provider.disconnect();
    wang.type('议题一');
    li.type('离线写的');
    li.provider.connect();
    await eventually(() => wang.words() === li.words() && wang.words().includes('离线写的'));
    expect(wang.words().split('|').sort()).toEqual(['', '开会', '离线写的', '议题一'].sort());
    expect([...wang.closes, ...li.closes]).toEqual([]);
  });

  it('sits still without coming and going, since the server gives signs of life (13, 14)', async () => {
    const hub = await startYDocs({ tuning: { heartbeat: 60 } });
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const wire = await openWire(hub, id, 'li');
    const ext = await openWire(hub, id, 'zhao', '?ext=1&schema=1');
    const signs = () => ofType(wire, 'awareness').filter(({ states }) => states.length === 0).length;
    await eventually(() => signs() >= 4 && ofType(ext, 'status').length >= 4);
    expect(wang.closes).toEqual([]);
    expect(wang.provider.synced).toBe(true);
    expect(ofType(wire, 'status')).toEqual([]);
    expect(ofType(ext, 'status')[0]?.status).toMatchObject({ doc: id, role: 'edit', state: 'draft', heartbeat: 60 });
  });

  it('is closed with a final code where it has no business, and nothing is opened for it (8, security 14)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const codeOf = async (doc: string, person: string, query = ''): Promise<number | undefined> => {
      const wire = await openWire(hub, doc, person, query);
      return eventually(() => wire.closed());
    };
    expect(await codeOf(id, 'nobody')).toBe(4401);
    expect(await codeOf(id, 'stranger')).toBe(4404);
    expect(await codeOf(newId(), 'wang')).toBe(4404);
    expect(await codeOf('no-such-name', 'wang')).toBe(4404);
    expect(await codeOf(id, 'wang', '?ext=1&schema=0')).toBe(4426);
    expect(await codeOf(id, 'wang', '?schema=x')).toBe(4426);
    await hub.docs.create('3f0d4c1e-6a55-7cc1-8a2b-0123456789ab', () => undefined, { owner: 'meeting:2', actor: 'x' });
    expect(await codeOf('3f0d4c1e-6a55-7cc1-8a2b-0123456789ab', 'wang')).toBe(4404);
    await expect(hub.docs.read(newId())).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a line there is no room for', () => {
  it('is told so by a code and opens no document, and a stock client comes again by itself', async () => {
    let refusals: AppError[] = [new AppError('storage'), new AppError('rate_limited')];
    let questions = 0;
    const asked: number[] = [];
    const hub = await startYDocs({
      admit: () => {
        asked.push(questions);
        const [refusal, ...more] = refusals;
        refusals = more;
        return refusal === undefined ? Promise.resolve() : Promise.reject(refusal);
      },
    });
    const id = await hub.aDoc();
    const rightOf = hub.rights.get.bind(hub.rights);
    hub.rights.get = (person) => {
      questions++;
      return rightOf(person);
    };
    const wang = await write(hub, id, 'wang');
    expect(wang.closes).toEqual([4503, 4529]);
    expect(asked).toEqual([0, 0, 0]);
    wang.type('进来了');
    await eventually(async () => (await hub.docs.read(id)).text === '\n进来了');
  });
});

describe('what is written', () => {
  it('is there after the last one has left and the hub was started again (1, 2)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wire = await openWire(hub, id, 'wang', '?ext=1');
    const doc = new Y.Doc();
    const updates = updatesOf(doc);
    wire.step2(Y.encodeStateAsUpdate(doc));
    for (let i = 0; i < 30; i++) typeInto(doc, `第${i}句`);
    for (const update of updates) wire.update(update);
    await wire.barrier();
    wire.socket.terminate();
    await hub.stop();
    const again = await startYDocs({ folder: hub.folder });
    const reader = await write(again, id, 'reader');
    const all = Array.from({ length: 30 }, (_, i) => `第${i}句`).join('|');
    expect(reader.words()).toContain(all); // before or after the first paragraph: they knew nothing of each other
    expect((await again.docs.read(id)).text).toContain('第29句');
  });

  it('reads the same everywhere, whoever came and went (3)', async () => {
    const hub = await startYDocs({ limited: false, tuning: { evictAfter: 5 } });
    const id = await hub.aDoc();
    const pick = chance(7);
    const writers = await Promise.all(['wang', 'li', 'zhao', 'wang'].map((person) => write(hub, id, person)));
    for (let i = 0; i < 400; i++) {
      const writer = writers[pick(writers.length)];
      if (writer === undefined) continue;
      scribble(writer.doc, pick);
      if (pick(20) === 0) writer.provider.disconnect();
      else if (pick(10) === 0) writer.provider.connect();
      if (pick(8) === 0) await new Promise(setImmediate);
    }
    for (const { provider } of writers) provider.connect();
    const contents = () => new Set(writers.map(({ doc }) => contentOf(doc)));
    await eventually(() => writers.every(({ provider }) => provider.synced) && contents().size === 1, 15_000);
    const [one] = contents();
    await eventually(async () => canonical((await hub.docs.read(id)).fragments) === one);
    const fresh = await write(hub, id, 'reader');
    expect(contentOf(fresh.doc)).toBe(one);
    const log = await hub.log(id);
    const replay = new Y.Doc();
    for (const { data } of log as unknown as { data: { update?: string; frames?: string[] } }[]) {
      for (const frame of [data.update ?? '', ...(data.frames ?? [])].filter(Boolean))
        Y.applyUpdate(replay, Buffer.from(frame, 'base64'));
    }
    expect(contentOf(replay)).toBe(one);
    expect(replay.store.pendingStructs).toBeNull();
  }, 40_000);

  it('names its author in the log, one person a client id (7)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const li = await write(hub, id, 'li');
    wang.type('我写的');
    li.type('你写的');
    await eventually(() => wang.words() === li.words() && wang.words().split('|').length === 3);
    const written = (await hub.log(id)).filter(({ type }) => type === 'updated');
    const owners = new Map<number, Set<string>>();
    for (const { data, actor } of written) {
      expect(data.frames).toHaveLength(data.by.length);
      const people = new Set(data.by.map(({ person }) => person));
      expect(actor).toBe(people.size === 1 ? [...people][0] : 'system');
      for (const { person, spans } of data.by)
        for (const { client } of spans) owners.set(client, (owners.get(client) ?? new Set()).add(person));
    }
    expect(owners.get(wang.doc.clientID)).toEqual(new Set(['wang']));
    expect(owners.get(li.doc.clientID)).toEqual(new Set(['li']));
    expect(await hub.docs.contributors(id)).toEqual(['li', 'wang']);
    expect(await hub.docs.contributors(id, written.length + 1)).toEqual([]);
  });

  it('loses nothing by deleting: a deletion has its receipt and survives (16)', async () => {
    const hub = await startYDocs({ tuning: { evictAfter: 1 } });
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    wang.type('留下');
    wang.type('删去');
    await eventually(async () => (await hub.docs.read(id)).text.includes('删去'));
    wang.provider.disconnect();
    const wire = await openWire(hub, id, 'li', '?ext=1');
    wire.step1();
    await eventually(() => wordsIn(wire.doc).includes('删去'));
    const updates = updatesOf(wire.doc);
    wire.doc.getXmlFragment('body').delete(2, 1);
    for (const update of updates) wire.update(update);
    await wire.barrier();
    const last = (await hub.log(id)).at(-1);
    expect(last?.data.by).toEqual([{ person: 'li', spans: [] }]);
    wire.socket.terminate();
    await hub.stop();
    const again = await startYDocs({ folder: hub.folder });
    expect((await again.docs.read(id)).text).toBe('\n留下');
    expect(await again.docs.contributors(id)).toEqual(['li', 'wang']);
  });

  it('is read from a checked snapshot and what came after, and from the log where the snapshot is damaged', async () => {
    const hub = await startYDocs({ limited: false, tuning: { evictAfter: 1 } });
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    for (let i = 0; i < 30; i++) {
      const before = (await hub.log(id)).length;
      wang.type(`句${i}`);
      await eventually(async () => (await hub.log(id)).length > before);
    }
    wang.provider.disconnect();
    const snapshots = hub.db.collection('doc_snapshots');
    await eventually(async () => (await snapshots.countDocuments({ doc: id })) === 1);
    const before = await hub.docs.read(id);
    expect(before.text).toContain('句29');
    await hub.db.collection('doc_snapshot_parts').updateMany({ doc: id }, { $set: { bytes: 'AAAA' } });
    await hub.stop();
    const again = await startYDocs({ folder: hub.folder });
    expect(await again.docs.read(id)).toEqual(before);
  });

  it('can be the server’s own, once per command', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const by = { id: newId(), actor: 'system' };
    const add = (doc: Y.Doc): void => {
      typeInto(doc, '上次会议事项');
    };
    await hub.docs.edit(id, by, add);
    await hub.docs.edit(id, by, add);
    await eventually(() => wang.words() === '|上次会议事项');
    expect(await hub.docs.contributors(id)).toEqual([]);
    const broken = hub.docs.edit(id, { id: newId(), actor: 'system' }, (doc) => {
      typeInto(doc, '半句');
      throw new Error('stopped in the middle');
    });
    await expect(broken).rejects.toThrow('stopped');
    expect((await hub.docs.read(id)).text).not.toContain('半句');
    await hub.docs.create(id, add, { owner: 'meeting:1', actor: 'system' });
    expect((await hub.docs.read(id)).text).toBe('\n上次会议事项');
  });
});

describe('a document coming and going', () => {
  it('is one document, however people come and leave while it is let go of (10)', async () => {
    const hub = await startYDocs({ limited: false, tuning: { evictAfter: 0 } });
    const id = await hub.aDoc();
    const pick = chance(3);
    let typed = 0;
    for (let round = 0; round < 25; round++) {
      const people = ['wang', 'li', 'zhao'].slice(0, 1 + pick(3));
      const writers = await Promise.all(people.map((person) => write(hub, id, person)));
      for (const writer of writers) writer.type(`第${typed++}句。`);
      await eventually(() => writers.every((writer) => writer.words() === writers[0]?.words()));
      await eventually(async () => (await hub.docs.read(id)).text === writers[0]?.words().replaceAll('|', '\n'));
      for (const writer of writers) writer.provider.destroy();
    }
    const { text } = await hub.docs.read(id);
    for (let i = 0; i < typed; i++) expect(text.split(`第${i}句。`)).toHaveLength(2);
  }, 30_000);

  it('finishes what was sent before the hub stops, and says goodbye with 1001', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const wire = await openWire(hub, id, 'li', '?ext=1');
    const doc = new Y.Doc();
    const updates = updatesOf(doc);
    typeInto(doc, '最后一句');
    await eventually(() => ofType(wire, 'step1').length > 0);
    for (const update of updates) wire.update(update);
    const saved = wire.barrier();
    await saved;
    await hub.stop();
    expect(await eventually(() => wire.closed())).toBe(1001);
    expect(wang.closes).toContain(1001);
    const again = await startYDocs({ folder: hub.folder });
    expect((await again.docs.read(id)).text).toContain('最后一句');
  });
});

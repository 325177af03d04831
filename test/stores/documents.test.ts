import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { createYDocsLog, streamOf, SYSTEM } from '#server/ydocs/ydocs.log.ts';
import { createYDocsModel } from '#server/ydocs/ydocs.model.ts';
import { newId } from '../support/client.ts';
import { openStreams } from '../support/streams.ts';
import { typeInto, wordsIn } from '../support/ydocs-hub.ts';

/* Live texts in a store: their log and its snapshots, on every engine. */

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** A document in the store, and how an edit gets there. */
async function aDocument() {
  const { db, streams } = await openStreams();
  const model = createYDocsModel(db);
  await model.init();
  const log = createYDocsLog({ streams, model });
  const id = newId();
  const update = base64(Y.encodeStateAsUpdate(new Y.Doc()));
  const created = { id: newId(), type: 'created', actor: SYSTEM, data: { owner: 'meeting:1', update } };
  await streams.inTurn(streamOf(id), () => streams.append(streamOf(id), created));
  const edit = async (words: string, entry = newId()): Promise<void> => {
    const loaded = await log.load(id);
    const before = Y.encodeStateVector(loaded.doc);
    typeInto(loaded.doc, words);
    const frame = base64(Y.encodeStateAsUpdate(loaded.doc, before));
    const data = {
      frames: [frame],
      by: [{ person: 'wang', spans: [{ client: loaded.doc.clientID, from: 0, to: 1 }] }],
    };
    await log.append(id, { loaded, others: () => undefined }, { id: entry, type: 'updated', actor: 'wang', data });
  };
  return { log, model, id, edit };
}

test('a text is what its log says, with everybody who wrote, from a snapshot as from the beginning', async () => {
  const { log, model, id, edit } = await aDocument();
  for (const words of ['停水通知', '今晚恢复']) await edit(words);
  await log.snapshot(id, await log.load(id));
  await edit('已经来水');
  const loaded = await log.load(id);
  expect(wordsIn(loaded.doc)).toBe('停水通知|今晚恢复|已经来水');
  expect(loaded).toMatchObject({ seq: 4, sealed: false });
  expect([...loaded.contributors]).toEqual(['wang']);
  expect(loaded.owners.size).toBe(3); // each edit came under a client id of its own
  expect(new Set(loaded.owners.values())).toEqual(new Set(['wang']));
  expect((await model.newest(id, 2)).map(({ seq }) => seq)).toEqual([3]);
  expect(await log.ownerOf(id)).toBe('meeting:1');
  expect(await log.writersSince(id, 1)).toEqual(['wang']);
});

test('a snapshot larger than a row of the store comes back byte for byte, and older ones go', async () => {
  const { log, model, id } = await aDocument();
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 7919) % 251);
  for (const seq of [1, 2]) {
    expect(await model.putParts(id, seq, bytes)).toBe(3);
    await model.putParts(id, seq, bytes); // a try that broke off is overwritten
  }
  expect(Buffer.from(await model.bytes(id, 2)).equals(Buffer.from(bytes))).toBe(true);
  await model.dropBefore(id, 2);
  expect(await model.bytes(id, 1)).toHaveLength(0);
  expect(wordsIn((await log.load(id)).doc)).toBe('');
});

test('an entry whose answer was lost is not written a second time', async () => {
  const { log, id, edit } = await aDocument();
  const entry = newId();
  await edit('停水通知', entry);
  await edit('停水通知', entry);
  expect(wordsIn((await log.load(id)).doc)).toBe('停水通知');
  expect((await log.load(id)).seq).toBe(2);
});

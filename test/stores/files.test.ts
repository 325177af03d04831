import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gridBlobs } from '#server/platform/blobs.grid.ts';
import { folderBlobs, type Blobs, type Kept } from '#server/platform/blobs.ts';
import { newId } from '#server/platform/crypto.ts';
import { checkFiles } from '#server/platform/files.check.ts';
import { createFilesModel } from '#server/platform/files.model.ts';
import { createFiles } from '#server/platform/files.ts';
import { UPLOADED_A_DAY } from '#server/platform/limits.ts';
import { createPictures } from '#server/platform/pictures.ts';
import { isEmbedded, openStore, temporaryFolder } from '../support/store.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const HOUR = 3600_000;

/** The backing that belongs to the engine: a folder beside the embedded store, GridFS in a MongoDB. */
async function openBacking() {
  const store = await openStore();
  const db = store.mongoose.connection;
  const blobs = isEmbedded ? await folderBlobs(await temporaryFolder()) : await gridBlobs(db);
  onTestFinished(() => blobs.close());
  const keep = async (text: string): Promise<string> => {
    const from = path.join(blobs.scratch, newId());
    await writeFile(from, text);
    await blobs.keep(from, hashOf(text));
    return hashOf(text);
  };
  return { db, blobs, keep };
}

async function textOf(blobs: Blobs, hash: string, range?: { start: number; end: number }): Promise<string | undefined> {
  const found = await blobs.open(hash, range);
  return found && (await buffer(found)).toString();
}

async function all(blobs: Blobs): Promise<Kept[]> {
  const found: Kept[] = [];
  for await (const one of blobs.all()) found.push(one);
  return found;
}

describe('the bytes of files', () => {
  test('are found by their hash, whole or in part, and the same bytes are there once', async () => {
    const { blobs, keep } = await openBacking();
    const hash = await keep('三号楼停水');
    expect(await keep('三号楼停水')).toBe(hash);
    await keep('another');
    expect(await textOf(blobs, hash)).toBe('三号楼停水');
    expect(await textOf(blobs, hash, { start: 3, end: 5 })).toBe('号');
    expect((await all(blobs)).map((one) => one.hash).sort()).toEqual([hash, hashOf('another')].sort());
    expect(await readdir(blobs.scratch)).toEqual([]);
  });

  test('go when they are dropped, and what is not there is no failure', async () => {
    const { blobs, keep } = await openBacking();
    const hash = await keep('gone soon');
    await blobs.drop(hash);
    await blobs.drop(hash);
    expect(await blobs.open(hash)).toBeUndefined();
    expect(await all(blobs)).toEqual([]);
  });
});

describe('uploaded files', () => {
  async function open() {
    const { db, blobs } = await openBacking();
    const model = createFilesModel(db);
    await model.init();
    let now = Date.now();
    const clock = { now: () => new Date(now) };
    const files = createFiles({ model, blobs, pictures: createPictures(), clock, limited: true });
    const put = (text: string, owner = 'li', id = newId(), length = Buffer.byteLength(text)) =>
      files.put({ id, owner, name: undefined, length, bytes: Readable.from([Buffer.from(text)]) });
    return { files, model, blobs, put, pass: (ms: number) => (now += ms) };
  }

  test('are the same under the same id, and other bytes or another person are refused there', async () => {
    const { put } = await open();
    const first = await put('一');
    expect((await put('一', 'li', first._id)).sha256).toBe(first.sha256);
    await expect(put('二', 'li', first._id)).rejects.toMatchObject({ code: 'id_reused' });
    await expect(put('一', 'wang', first._id)).rejects.toMatchObject({ code: 'id_reused' });
  });

  test('that end early leave nothing behind', async () => {
    const { put, blobs } = await open();
    await expect(put('half', 'li', newId(), 9)).rejects.toMatchObject({ code: 'bad_input' });
    expect([await all(blobs), await readdir(blobs.scratch)]).toEqual([[], []]);
  });

  test('go after a day unless an event was about to name them, and shared bytes stay with who still has them', async () => {
    const { files, blobs, put, pass } = await open();
    const named = await put('the same');
    const unnamed = await put('the same', 'wang');
    const alone = await put('alone');
    expect(await files.claim('li', [named._id], 'room:a')).toBe(true);
    expect(await files.claim('li', [unnamed._id], 'room:a')).toBe(false); // somebody else's
    pass(23 * HOUR);
    await files.sweep();
    expect(await files.find(alone._id)).toBeDefined();
    pass(2 * HOUR);
    await files.sweep();
    expect(await Promise.all([named, unnamed, alone].map(({ _id }) => files.find(_id).then(Boolean)))).toEqual([
      ...[true, false, false],
    ]);
    expect((await all(blobs)).map(({ hash }) => hash)).toEqual([named.sha256]);
    expect(await files.claim('li', [alone._id], 'room:a')).toBe(false);
  });

  test('of one person come to at most 200 MB within a day, and those of others do not count', async () => {
    const { model, put, pass } = await open();
    const { _id, ...row } = await put('一');
    await model.insert({ ...row, _id: newId(), bytes: UPLOADED_A_DAY - 6 });
    expect((await put('二')).size).toBe(3);
    await expect(put('三')).rejects.toMatchObject({ code: 'files.quota', details: { retryAfter: 3600 } });
    expect((await put('三', 'wang')).size).toBe(3);
    pass(25 * HOUR);
    expect((await put('三')).size).toBe(3);
  });

  test.skipIf(!isEmbedded)('that events name are missed when they are gone or changed, others are not', async () => {
    const { files, model, blobs, put } = await open();
    const folder = path.dirname(blobs.scratch);
    const [kept, other] = [await put('held'), await put('not held')];
    await files.claim('li', [kept._id], 'room:a');
    await blobs.drop(other.sha256);
    expect(await checkFiles(model.all(), folder)).toEqual([]);
    await writeFile(path.join(folder, kept.sha256.slice(0, 2), kept.sha256), 'h3ld');
    expect(await checkFiles(model.all(), folder)).toEqual([`file ${kept._id}: its bytes are damaged`]);
    await blobs.drop(kept.sha256);
    expect(await checkFiles(model.all(), folder)).toEqual([`file ${kept._id}: its bytes are missing`]);
  });
});

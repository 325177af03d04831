import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { createPictures, FOR_ONE } from '#server/platform/pictures.ts';
import { startApp } from '../support/app.ts';
import { newId, nextEvent, signIn } from '../support/client.ts';
import { get, letter, photo, put, uploaded, zipped } from '../support/files.ts';
import { temporaryFolder } from '../support/streams.ts';
import { aRoom, messagesIn, say } from '../support/rooms.ts';

const SLOW = 60_000; // ms: from its sources the process of a picture takes a while to start

/** A chunk of a PNG: its length, name, data and checksum (PNG 3, 5.3). */
function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A few hundred bytes that claim to be 60,000 × 60,000 pixels, or as many as are said to be in them. */
function bomb({ side = 60_000, depth = 8, interlaced = false, bytes = 4096 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([depth, 2, 0, 0, interlaced ? 1 : 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', deflateSync(Buffer.alloc(bytes), { level: 1 }));
  return Buffer.concat([signature, chunk('IHDR', header), data, chunk('IEND', Buffer.alloc(0))]);
}

test(
  'a picture is made anew: upright, without place or name, and only its uploader has it',
  async () => {
    const app = await startApp();
    const [worker, outsider] = await Promise.all([signIn(app, 'worker'), signIn(app, 'outsider')]);
    const id = newId();
    const sent = await photo(1200, 800);
    expect(sent.includes('WITNESS')).toBe(true);
    const answer = await put(worker, sent, { id, name: '现场.jpg' });
    expect(answer.body).toMatchObject({ ok: true, id, type: 'image/jpeg', width: 800, height: 1200 });
    expect((await put(worker, sent, { id })).body).toEqual(answer.body);
    expect((await put(worker, await photo(), { id })).body.error?.code).toBe('id_reused');

    const got = await get(worker, id);
    const bytes = Buffer.from(await got.arrayBuffer());
    expect(bytes.includes('WITNESS')).toBe(false);
    expect(await sharp(bytes).metadata()).not.toHaveProperty('exif');
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(answer.body['size']),
      'content-disposition': `attachment; filename="__.jpg"; filename*=UTF-8''${encodeURIComponent('现场.jpg')}`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox') as string,
      'cache-control': 'private, no-cache',
    });
    const small = await sharp(Buffer.from(await (await get(worker, id, {}, '?size=small')).arrayBuffer())).metadata();
    expect(small).toMatchObject({ format: 'webp', height: 720 });
    const part = await get(worker, id, { range: 'bytes=2-4' });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, bytes.subarray(2, 5)]);
    expect(
      (await get(worker, id, { 'if-none-match': got.headers.get('etag') ?? '', 'cache-control': 'max-age=0' })).status,
    ).toBe(304);
    expect((await get(outsider, id)).status).toBe(404);
    expect((await get(worker, newId())).status).toBe(404);
  },
  SLOW,
);

test(
  'what is not on the list, broken, too large or not one file is refused by name, and nothing of it stays',
  async () => {
    const app = await startApp();
    const worker = await signIn(app, 'worker');
    const code = async (bytes: Uint8Array | string, headers?: Record<string, string>) =>
      (await put(worker, bytes, headers === undefined ? {} : { headers, name: 'a.jpg' })).body.error?.code;
    const jpeg = await photo(200, 200);
    expect(await code('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')).toBe('files.type');
    expect(await code('\n<!doctype html><p>')).toBe('files.type');
    expect(await code(Buffer.from('MZ\0\0 a program'))).toBe('files.type');
    expect(await code('GIF89a')).toBe(undefined); // six letters are a text, and are served as one
    expect(await code(await sharp(jpeg).gif().toBuffer())).toBe('files.type');
    expect(await code(jpeg.subarray(0, 300))).toBe('files.broken');
    expect(await code(bomb())).toBe('files.too_many_pixels');
    expect(await code(Buffer.alloc(20 * 1024 * 1024 + 1))).toBe('too_large');
    expect(await code('a=1', { 'content-type': 'multipart/form-data; boundary=x' })).toBe('bad_input');
    expect(await code('{}', { 'content-type': 'application/json' })).toBe('bad_input');
    expect(await code('a text', { 'x-linli': '0' })).toBe('forbidden');
    expect(await readdir(path.join(app.folder, 'files', 'incoming'))).toEqual([]);
    expect((await put(worker, '还在')).body).toMatchObject({ ok: true, type: 'text/plain', size: 6 });
  },
  SLOW,
);

test('an office document is one by what is in it, and comes back as it was sent', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const code = async (parts: Record<string, string>) =>
    (await put(worker, zipped(parts), { name: '通知.docx' })).body.error?.code;
  const sent = zipped(letter('明天停水'));
  const id = await uploaded(worker, sent, '通知.pdf'); // a name says nothing
  const got = await get(worker, id);
  const type = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  expect(got.headers.get('content-type')).toBe(type);
  expect(got.headers.get('content-disposition')).toMatch(/^attachment; /);
  expect(Buffer.from(await got.arrayBuffer())).toEqual(sent);
  const { 'word/document.xml': body = '', ...rest } = letter('明天停水');
  expect(await code({ ...rest, 'word/document.xml': body, 'word/vbaProject.bin': 'Sub AutoOpen()' })).toBe(
    'files.type',
  );
  expect(await code({ ...rest, 'word/document.xml': body, 'word/embeddings/a.exe': 'MZ' })).toBe('files.type');
  expect(await code(rest)).toBe('files.type'); // an archive of anything
  expect(await code({ ...rest, 'word/document.xml': ' '.repeat(40 * 1024 * 1024) })).toBe('files.type'); // a bomb
});

test(
  'a picture that takes all the time or memory is ended and named, and the next one has its turn',
  async () => {
    const folder = await temporaryFolder();
    const within = (name: string) => path.join(folder, name);
    const copies = { to: within('to'), small: within('small') };
    await writeFile(within('photo'), await photo());
    // Six bytes for each of 39.7 million pixels, which come in seven rounds: none is whole before all of it is there.
    const side = 6300;
    const bytes = side * side * 6 + side * 4;
    await writeFile(within('bomb'), bomb({ side, depth: 16, interlaced: true, bytes }));
    const little = createPictures({ ...FOR_ONE, memory: 256 * 1024 * 1024 });
    await expect(little(within('bomb'), 'image/png', copies)).rejects.toMatchObject({ code: 'files.broken' });
    expect(await little(within('photo'), 'image/jpeg', copies)).toMatchObject({ width: 40, height: 60 });
    await promisify(execFile)('mkfifo', [within('endless')]); // a file that never ends, and never goes on
    const brief = createPictures({ ...FOR_ONE, time: 100 });
    const began = performance.now();
    const twice = [brief(within('endless'), 'image/png', copies), brief(within('endless'), 'image/png', copies)];
    await Promise.all(twice.map((one) => expect(one).rejects.toMatchObject({ code: 'files.broken' })));
    expect(performance.now() - began).toBeLessThan(25_000); // by itself: whoever waits for it would after thirty
    const again = createPictures();
    expect(await again(within('photo'), 'image/jpeg', copies)).toMatchObject({ width: 40, height: 60 });
  },
  SLOW,
);

test(
  'a message’s files are there for its readers while they may read it, and for nobody once it is taken back',
  async () => {
    const app = await startApp();
    const [worker, worker2, outsider] = await Promise.all(
      ['worker', 'worker2', 'outsider'].map((name) => signIn(app, name)),
    );
    if (worker === undefined || worker2 === undefined || outsider === undefined)
      throw new Error('three were asked for');
    const admin = await signIn(app, 'admin');
    const room = await aRoom(app, { kind: 'members', people: ['worker', 'worker2'] });
    await worker2.done('stream:open', { stream: `room:${room}`, have: 0 });
    const files = [await uploaded(worker, await photo(), '现场.jpg'), await uploaded(worker, '名单', '名单.txt')];
    const seq = await say(worker, room, '', { files });
    const facts = [
      { id: files[0], name: '现场.jpg', type: 'image/jpeg', width: 40, height: 60, size: expect.any(Number) as number },
      { id: files[1], name: '名单.txt', type: 'text/plain', size: 6 },
    ];
    expect(await nextEvent(worker2, 'posted')).toMatchObject({ seq, data: { files, fileFacts: facts } });
    expect((await messagesIn(worker2, room))[0]).toMatchObject({ files, fileFacts: facts });
    const statuses = (of = files[0] ?? '') =>
      Promise.all([worker, worker2, outsider].map(async (client) => (await get(client, of)).status));
    expect(await statuses()).toEqual([200, 200, 404]);

    await admin.done('forum:remove', { id: newId(), room, person: app.person('worker2'), reason: '调岗' });
    expect(await statuses()).toEqual([200, 404, 404]);
    await admin.done('forum:invite', { id: newId(), room, person: app.person('worker2') });
    expect(await statuses()).toEqual([200, 200, 404]); // the seqs of their membership are theirs again
    const again = await say(worker, room, '再发一次', { files });
    expect(await statuses()).toEqual([200, 200, 404]);
    await worker.done('forum:retract', { id: newId(), room, seq: again });
    await worker.done('forum:retract', { id: newId(), room, seq });
    expect(await statuses()).toEqual([404, 404, 404]);
  },
  SLOW,
);

test(
  'a message or a concern names only what its author uploaded',
  async () => {
    const app = await startApp();
    const [worker, officer, outsider] = await Promise.all(
      ['worker', 'officer', 'outsider'].map((name) => signIn(app, name)),
    );
    if (worker === undefined || officer === undefined || outsider === undefined)
      throw new Error('three were asked for');
    const room = await aRoom(app);
    const theirs = await uploaded(worker, '别人的');
    const post = await officer.request('forum:post', { id: newId(), room, text: '看', files: [theirs] });
    expect(post.error?.code).toBe('forum.no_such_file');
    const concern = { unit: app.unit('wenshu'), title: '积水', what: '三号楼门口积水' };
    const refused = await officer.request('incidents:flag', { id: newId(), ...concern, files: [theirs] });
    expect(refused.error?.code).toBe('incidents.no_such_file');

    const own = await uploaded(officer, await photo(), '积水.jpg');
    const incident = newId();
    await officer.done('incidents:flag', { id: incident, ...concern, files: [own] });
    const view = (await officer.done('incidents:view', { incident }))['incident'];
    expect(view).toMatchObject({ files: [own], fileFacts: [{ id: own, name: '积水.jpg', width: 40, height: 60 }] });
    const spokesperson = await signIn(app, 'spokesperson');
    expect((await get(spokesperson, own)).status).toBe(200);
    expect((await get(outsider, own)).status).toBe(404);
  },
  SLOW,
);

import { readdir } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { newId, nextEvent, signIn } from '../support/client.ts';
import { get, photo, put, uploaded } from '../support/files.ts';
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

/** A few hundred bytes that claim to be 60,000 × 60,000 pixels. */
function bomb(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = chunk('IDAT', deflateSync(Buffer.alloc(4096)));
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

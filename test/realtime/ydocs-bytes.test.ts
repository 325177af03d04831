import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { eventually, newId } from '../support/client.ts';
import { startYDocs, typeInto, wordsIn, write } from '../support/ydocs-hub.ts';
import {
  awarenessMessage,
  EXT,
  inside,
  NOTHING,
  ofType,
  openWire,
  rejected,
  syncMessage,
  updatesOf,
} from '../support/ydocs-wire.ts';
import { chance, mutated, scribble } from '../support/yjs-fuzz.ts';

/* Too little, too much, too fast, and no sense at all (minutes §3.10, security B and M8). */

describe('an edit that builds on what has not come', () => {
  it('is held until the rest is here, and its receipt with it', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const away = new Y.Doc();
    const updates = updatesOf(away);
    typeInto(away, '离线第一句');
    typeInto(away, '第二句');
    const wire = await openWire(hub, id, 'wang', EXT);
    wire.update(updates[1] ?? NOTHING); // typed on before the answer with the rest
    const saved = wire.barrier();
    await eventually(() => ofType(wire, 'step1').length > 0);
    const reader = await inside(hub, id, 'reader');
    expect(wordsIn(reader.doc)).toBe('');
    expect(ofType(wire, 'saved')).toEqual([]);
    wire.step2(updates[0] ?? NOTHING);
    await saved;
    expect(rejected(wire)).toEqual([]);
    expect((await hub.docs.read(id)).text).toContain('离线第一句\n第二句');
  });

  it('is refused once the rest should have been here, and everything is asked for again', async () => {
    const hub = await startYDocs({ tuning: { gapFor: 50, tend: 10 } });
    const id = await hub.aDoc();
    const away = new Y.Doc();
    const updates = updatesOf(away);
    typeInto(away, '丢了的一句');
    typeInto(away, '第二句');
    const wire = await inside(hub, id, 'wang');
    const asked = ofType(wire, 'step1').length;
    wire.update(updates[1] ?? NOTHING);
    await wire.barrier();
    expect(rejected(wire)).toEqual(['GAP']);
    await eventually(() => ofType(wire, 'step1').length === asked + 1);
    wire.step2(Y.encodeStateAsUpdate(away));
    await wire.barrier();
    expect((await hub.docs.read(id)).text).toContain('丢了的一句\n第二句');
    const silent = await openWire(hub, id, 'li', EXT); // one that never answers
    const lost = new Y.Doc();
    const orphans = updatesOf(lost);
    typeInto(lost, '甲');
    typeInto(lost, '乙');
    silent.update(orphans[1] ?? NOTHING);
    await silent.barrier();
    expect(rejected(silent)).toEqual(['GAP']);
  });

  it('never enters the document, in thousands (security 18)', async () => {
    const hub = await startYDocs({ limited: false });
    const id = await hub.aDoc();
    const before = await hub.docs.seal(id, { id: newId(), actor: 'x' });
    await hub.docs.unseal(id, { id: newId(), actor: 'x' });
    for (let round = 0; round < 100; round++) {
      const wire = await openWire(hub, id, 'wang', '');
      for (let i = 0; i < 20; i++) {
        const lost = new Y.Doc();
        const orphans = updatesOf(lost);
        typeInto(lost, '甲');
        typeInto(lost, '乙');
        wire.update(orphans[1] ?? NOTHING);
      }
      wire.step2(NOTHING);
      await eventually(() => ofType(wire, 'step1').length > 1 || wire.closed() !== undefined);
      wire.socket.terminate();
    }
    const after = await hub.docs.seal(id, { id: newId(), actor: 'x' });
    expect(after.update).toEqual(before.update);
  }, 30_000);
});

describe('too much', () => {
  it('is refused by size, the document kept (M8)', async () => {
    const hub = await startYDocs({ limited: false });
    const id = await hub.aDoc();
    const stock = await inside(hub, id, 'wang', '');
    typeInto(stock.doc, '长'.repeat(30_000));
    stock.update(stock.mine[0] ?? NOTHING);
    expect(await eventually(() => stock.closed())).toBe(4413);
    const ext = await inside(hub, id, 'wang');
    typeInto(ext.doc, '长'.repeat(30_000));
    ext.update(ext.mine[0] ?? NOTHING);
    await ext.barrier();
    expect(rejected(ext)).toEqual(['TOO_LARGE']);
    const filler = await inside(hub, id, 'li');
    for (let i = 0; i < 40; i++) typeInto(filler.doc, String.fromCharCode(0x4e00 + i).repeat(20_000));
    for (const update of filler.mine) filler.update(update);
    await filler.barrier();
    expect(rejected(filler)[0]).toBe('TOO_LARGE'); // what comes behind it has a gap
    const { update } = await hub.docs.seal(id, { id: newId(), actor: 'x' });
    expect(update.length).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(update.length).toBeGreaterThan(1.9 * 1024 * 1024);
  }, 20_000);

  it('too fast is 4529, too many at once are sent to come again', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const fast = await inside(hub, id, 'wang');
    for (let i = 0; i < 300; i++) fast.awareness(1, i, { cursor: i });
    expect(await eventually(() => fast.closed())).toBe(4529);
    const many = await Promise.all(Array.from({ length: 11 }, () => openWire(hub, id, 'li')));
    expect(await eventually(() => many.map((wire) => wire.closed()).find((code) => code !== undefined))).toBe(4503);
    expect(many.filter((wire) => wire.closed() === undefined)).toHaveLength(10);
  });

  it('unread makes nobody else wait, and the connection goes (12, H7)', async () => {
    const hub = await startYDocs({ limited: false, tuning: { slowFor: 200, tend: 20 } });
    const id = await hub.aDoc();
    const deaf = await inside(hub, id, 'reader', '');
    deaf.socket.pause();
    const wang = await inside(hub, id, 'wang');
    const li = await inside(hub, id, 'li');
    const lines = Array.from({ length: 60 }, (_, i) => String.fromCharCode(0x4e00 + i).repeat(10_000));
    for (const words of lines) {
      typeInto(wang.doc, words);
      wang.update(wang.mine.at(-1) ?? NOTHING);
      wang.doc.getXmlFragment('body').delete(1, 1);
      wang.update(wang.mine.at(-1) ?? NOTHING);
      await wang.barrier();
    }
    await eventually(() => wordsIn(li.doc) === wordsIn(wang.doc));
    for (let i = 0; i < 400 && deaf.closed() === undefined; i++) deaf.step1();
    deaf.socket.resume();
    await eventually(() => deaf.closed() !== undefined || wordsIn(deaf.doc) === wordsIn(wang.doc), 10_000);
    expect([undefined, 4508, 1006]).toContain(deaf.closed());
  }, 30_000);
});

describe('bytes that are none of ours', () => {
  it('close their own line and nobody else’s: frames (11)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const bad = [
      Uint8Array.of(),
      Uint8Array.of(0),
      Uint8Array.of(0, 9, 1, 0),
      Uint8Array.of(0, 0, 255, 255, 255, 255, 15),
      Uint8Array.of(0, 2, 3, 0xff, 0xff, 0xff),
      Uint8Array.of(1, 3, 1, 1, 1),
      syncMessage(0, Uint8Array.of(255, 255, 255, 1)),
      syncMessage(2, randomBytes(64)),
      syncMessage(1, Uint8Array.of(128, 128, 128, 14, 0)),
      Uint8Array.of(102, 17, ...new Uint8Array(17)),
    ];
    for (const frame of bad) {
      const wire = await openWire(hub, id, 'li', EXT);
      wire.send(frame);
      expect(await eventually(() => wire.closed())).toBe(4400);
    }
    const text = await openWire(hub, id, 'li');
    text.socket.send('Hallo');
    expect(await eventually(() => text.closed())).toBe(4400);
    const quiet = await openWire(hub, id, 'li', EXT);
    for (const type of [2, 4, 99, 105, 200]) quiet.send(Uint8Array.of(type, 1, 2, 3)); // a newer client may know more
    await quiet.barrier();
    const huge = await openWire(hub, id, 'li');
    huge.socket.send(new Uint8Array(2 * 1024 * 1024 + 1));
    expect(await eventually(() => huge.closed())).toBe(1009);
    wang.type('还在');
    await eventually(async () => (await hub.docs.read(id)).text.includes('还在'));
    expect(wang.closes).toEqual([]);
  });

  it('close their own line and nobody else’s: below the protocol (11, H8)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const { port, hostname } = new URL(hub.url);
    const hello = [
      `GET /collab/${id} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Origin: ${hub.url}`,
      'Cookie: sid=li',
      '',
      '',
    ].join('\r\n');
    const bad = [
      [0xf2, 0x80, 0, 0, 0, 0], // reserved bits
      [0x82, 0x05, 1, 2, 3, 4, 5], // not masked
      [0x82, 0xff, 0, 0, 0, 0, 0x0c, 0x80, 0, 0, 0, 0, 0, 0], // 200 MiB announced
      [0x83, 0x80, 0, 0, 0, 0], // an opcode nobody defined
      [0x00, 0x80, 0, 0, 0, 0], // a continuation of nothing
      [0x88, 0x81, 0, 0, 0, 0, 1], // a close of one byte
    ];
    for (const bytes of bad) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(hello);
      const ended = new Promise((resolve) => socket.once('close', resolve));
      socket.once('data', () => socket.write(Buffer.from(bytes)));
      socket.resume();
      await ended;
    }
    const half = connect(Number(port), hostname);
    half.on('error', () => undefined);
    half.write(hello.slice(0, 80));
    half.destroy();
    const reset = connect(Number(port), hostname, () => {
      reset.write(hello);
      reset.resetAndDestroy();
    });
    reset.on('error', () => undefined);
    wang.type('还在');
    await eventually(async () => (await hub.docs.read(id)).text.includes('还在'));
    const evil = new WebSocket(`${hub.url.replace('http', 'ws')}/collab/${id}`, {
      headers: { cookie: 'sid=li', origin: 'https://evil.example' },
    });
    const refused = await new Promise((resolve) => evil.once('error', resolve));
    expect(String(refused)).toContain('403');
  });

  it('change nothing that others see, in 20,000 mutations of real messages (11)', async () => {
    const hub = await startYDocs({ limited: false });
    const id = await hub.aDoc();
    const other = await hub.aDoc();
    const bystander = await write(hub, other, 'wang');
    const pick = chance(4_242);
    const doc = new Y.Doc();
    const updates = updatesOf(doc);
    for (let i = 0; i < 200; i++) scribble(doc, pick);
    const messages = [
      ...updates.map((update) => syncMessage(2, update)),
      syncMessage(1, Y.encodeStateAsUpdate(doc)),
      syncMessage(0, Y.encodeStateVector(doc)),
      awarenessMessage([[doc.clientID, 1, { cursor: { anchor: 1 } }]]),
    ];
    const before = process.memoryUsage().rss;
    let sent = 0;
    let closed = 0;
    while (sent < 20_000) {
      const wire = await openWire(hub, id, 'li', pick(2) === 0 ? EXT : '');
      for (let i = 0; i < 200 && wire.closed() === undefined; i++, sent++) {
        wire.send(mutated(messages[pick(messages.length)] ?? NOTHING, pick));
        if (i % 20 === 19) await new Promise(setImmediate);
      }
      closed += wire.closed() === undefined ? 0 : 1;
      wire.socket.terminate();
    }
    bystander.type('没事');
    await eventually(async () => (await hub.docs.read(other)).text.includes('没事'));
    expect(bystander.closes).toEqual([]);
    expect(closed).toBeGreaterThan(10);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
    expect(Object.keys(Object.prototype)).toEqual([]);
    // Whatever garbage was an edit: the document can be read, written, and is what its log says.
    const wang = await write(hub, id, 'wang');
    wang.type('仍可写');
    await eventually(async () => (await hub.docs.read(id)).text.includes('仍可写'));
    const now = await hub.docs.read(id);
    await hub.stop();
    const again = await startYDocs({ folder: hub.folder });
    expect(await again.docs.read(id)).toEqual(now);
  }, 60_000);
});

import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { begin, QUIET, settle, textOf, withClock, write } from './editor-desk.ts';
import { FakeHub } from './editor-hub.ts';
// What a text loads with its page: named here, so that the test server prepares it beforehand.
import 'lib0/decoding';
import 'lib0/encoding';
import 'y-protocols/awareness';
import 'y-protocols/sync';
import 'y-websocket';

withClock();

describe('saved', () => {
  test('means that the server has confirmed everything written here, and nothing less', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    expect(ydoc.saved).toBe('saved');
    write(ydoc.doc, '一');
    expect(ydoc.saved).toBe('saving');
    await settle(QUIET);
    expect(hub.barriers).toHaveLength(1);
    write(ydoc.doc, '二');
    hub.answer();
    expect(ydoc.saved).toBe('saving'); // the receipt is for the first change alone
    await settle(QUIET);
    hub.answer();
    expect(ydoc.saved).toBe('saved');
    expect(ydoc.unsaved).toBe(false);
    expect(textOf(hub.doc)).toContain('二');
  });

  test('asks once for a burst, and within a second for somebody who never pauses', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    for (let i = 0; i < 5; i += 1) {
      write(ydoc.doc, '字');
      await settle(100);
    }
    expect(hub.barriers).toHaveLength(0);
    for (let i = 0; i < 6; i += 1) {
      write(ydoc.doc, '字');
      await settle(100);
    }
    expect(hub.barriers).toHaveLength(1);
  });

  test('a deletion alone is waited for like any change', async () => {
    const { ydoc, hub } = await begin();
    write(ydoc.doc, '要删的');
    await settle(QUIET);
    hub.answers = false;
    ydoc.doc.getXmlFragment('body:a').delete(0, 1);
    await settle(QUIET);
    expect(ydoc.saved).toBe('saving');
    hub.answer();
    expect(ydoc.saved).toBe('saved');
    expect(textOf(hub.doc)).toBe('');
  });

  test('a receipt that follows a refusal proves nothing; what was refused goes again', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    write(ydoc.doc, '一');
    await settle(QUIET);
    hub.reject('GAP', true);
    hub.answer();
    expect(ydoc.saved).toBe('saving');
    hub.ask();
    await settle();
    hub.answer();
    expect(ydoc.saved).toBe('saved');
  });

  test('a receipt lost with its line is no receipt: the next line asks again', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    write(ydoc.doc, '一');
    await settle(QUIET);
    const lost = hub.barriers.shift();
    hub.end(1006);
    expect(ydoc.saved).toBe('offline');
    write(ydoc.doc, '二');
    await settle(1000);
    expect(hub.lines).toHaveLength(2);
    hub.answer(lost);
    expect(ydoc.saved).toBe('saving');
    hub.answer();
    expect(ydoc.saved).toBe('saved');
    expect(textOf(hub.doc)).toContain('二');
  });

  test('a receipt that never comes makes the page sync again', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    write(ydoc.doc, '一');
    await settle(QUIET);
    expect(hub.lines).toHaveLength(1);
    hub.answers = true;
    await settle(8500);
    expect(hub.lines).toHaveLength(2);
    expect(ydoc.saved).toBe('saved');
  });
});

describe('the line', () => {
  test('is opened with the extension and the schema, and not again after a final word', async () => {
    const { ydoc, hub } = await begin();
    const url = new URL(hub.line.url);
    expect(url.pathname).toBe('/collab/doc-1');
    expect(url.search).toBe('?ext=1&schema=1');
    hub.end(1009);
    await settle(60_000);
    expect(hub.lines).toHaveLength(1);
    expect(ydoc.saved).toBe('refused');
    expect(ydoc.reason).toBe('too_large');
    expect(ydoc.editable).toBe(false);
  });

  test.each([
    ['read', 'open', 'readonly'],
    ['edit', 'sealed', 'locked'],
  ])('role %s, document %s: %s', async (role, state, saved) => {
    const hub = new FakeHub();
    Object.assign(hub, { role, state });
    const { ydoc } = await begin({ hub });
    expect(ydoc.saved).toBe(saved);
    expect(ydoc.editable).toBe(false);
  });

  test('a long paste goes in the form the server takes large', async () => {
    const { ydoc, hub } = await begin();
    write(ydoc.doc, '短');
    expect(hub.updates.at(-1)?.kind).toBe(2);
    write(ydoc.doc, '长'.repeat(60_000));
    expect(hub.updates.at(-1)?.kind).toBe(1);
    await settle(QUIET);
    expect(ydoc.saved).toBe('saved');
  });

  test('is offline as soon as the device says so, and back with the network', async () => {
    const { ydoc, hub } = await begin();
    dispatchEvent(new Event('offline'));
    expect(ydoc.saved).toBe('offline');
    write(ydoc.doc, '一');
    await settle(5000);
    expect(hub.lines).toHaveLength(1);
    dispatchEvent(new Event('online'));
    await settle(QUIET);
    expect(ydoc.saved).toBe('saved');
  });

  test('what came too late for a frozen text leaves the screen, and waits to be taken along', async () => {
    const { ydoc, hub, db } = await begin();
    write(ydoc.doc, '定稿的字');
    await settle(QUIET);
    hub.end(1006);
    write(ydoc.doc, '迟到的字');
    Object.assign(hub, { role: 'read', state: 'sealed' });
    await settle(5000);
    expect(ydoc.saved).toBe('locked');
    expect(textOf(ydoc.doc)).toBe(textOf(hub.doc));
    expect(textOf(ydoc.doc)).not.toContain('迟到');
    expect(ydoc.reason).toBe('locked');
    expect(ydoc.copyText()).toContain('迟到的字');
    const closing = ydoc.close();
    await settle(6000);
    await closing;
    const again = await begin({ hub, db });
    expect(again.ydoc.copyText()).toContain('迟到的字');
    expect(textOf(again.ydoc.doc)).not.toContain('迟到');
    again.ydoc.taken();
    expect(again.ydoc.reason).toBeUndefined();
  });

  test('a change under way when it was frozen counts if its receipt comes', async () => {
    const { ydoc, hub } = await begin();
    hub.answers = false;
    write(ydoc.doc, '赶上的字');
    await settle(QUIET);
    Object.assign(hub, { role: 'read', state: 'sealed' });
    hub.status();
    hub.answer();
    await settle(5000);
    expect(ydoc.saved).toBe('locked');
    expect(ydoc.reason).toBeUndefined();
    expect(textOf(ydoc.doc)).toContain('赶上的字');
  });

  test('losing the right takes the copy off this device', async () => {
    const { ydoc, hub, db } = await begin();
    write(ydoc.doc, '一');
    await settle(2000);
    expect(await db.list('kv', { from: ['ydoc'] })).toHaveLength(1);
    hub.end(4403);
    await settle(2000);
    expect(ydoc.reason).toBe('not_found');
    expect(await db.list('kv', { from: ['ydoc'] })).toHaveLength(0);
  });

  test('a client id that belongs to somebody else: a new document takes over with the text', async () => {
    const { ydoc, hub } = await begin();
    write(ydoc.doc, '已存');
    await settle(QUIET);
    hub.end(1006);
    hub.refuses = 4409;
    const clocks = Y.encodeStateVector(hub.doc);
    write(ydoc.doc, '未存');
    const before = ydoc.doc;
    await settle(2000);
    expect(ydoc.doc).not.toBe(before);
    expect(ydoc.doc.clientID).not.toBe(before.clientID);
    for (const doc of [ydoc.doc, hub.doc]) expect(textOf(doc)).toMatch(/^<paragraph>已存<.*>未存<\/paragraph>$/);
    const claimed = Y.decodeStateVector(Y.encodeStateVector(hub.doc)).get(before.clientID);
    expect(claimed).toBe(Y.decodeStateVector(clocks).get(before.clientID));
    expect(ydoc.saved).toBe('saved');
  });
});

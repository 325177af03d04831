import { describe, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import { createMemoryDb } from '#client/platform/db.ts';
import { sendUnsentTexts } from '#client/platform/ydoc-unsent.ts';
import { begin, QUIET, settle, textOf, withClock, write } from './editor-desk.ts';
import { FakeHub } from './editor-hub.ts';
// What a text loads with its page: named here, so that the test server prepares it beforehand.
import 'lib0/decoding';
import 'lib0/encoding';
import 'y-protocols/awareness';
import 'y-protocols/sync';
import 'y-websocket';

withClock();

describe('the copy on this device', () => {
  test('opens without a line, can be written in, and goes out when there is one', async () => {
    const db = createMemoryDb();
    const first = await begin({ db });
    write(first.ydoc.doc, '昨天');
    await settle(QUIET);
    const closing = first.ydoc.close();
    await settle(6000);
    await closing;
    const hub = new FakeHub();
    hub.reachable = false;
    const { ydoc } = await begin({ hub, db });
    expect(textOf(ydoc.doc)).toContain('昨天');
    expect(ydoc.saved).toBe('offline');
    expect(ydoc.editable).toBe(true);
    write(ydoc.doc, '今天');
    await settle(1000);
    hub.reachable = true;
    window.dispatchEvent(new Event('online'));
    await settle(QUIET);
    expect(ydoc.saved).toBe('saved');
    expect(textOf(hub.doc)).toContain('今天');
  });

  test('what an earlier page had not got out is unsaved until a receipt says otherwise', async () => {
    const db = createMemoryDb();
    const away = new FakeHub();
    const first = await begin({ hub: away, db });
    away.reachable = false;
    away.end(1006);
    write(first.ydoc.doc, '没送出');
    const closing = first.ydoc.close();
    await settle(6000);
    await closing;
    const hub = new FakeHub();
    hub.answers = false;
    const { ydoc } = await begin({ hub, db });
    expect(ydoc.saved).toBe('saving');
    hub.answer();
    expect(ydoc.saved).toBe('saved');
    expect(textOf(hub.doc)).toContain('没送出');
  });

  test('goes out by itself where nobody opens the text again', async () => {
    const db = createMemoryDb();
    const away = new FakeHub();
    const first = await begin({ hub: away, db });
    away.reachable = false;
    away.end(1006);
    write(first.ydoc.doc, '没送出');
    const closing = first.ydoc.close();
    await settle(6000);
    await closing;
    const hub = new FakeHub();
    vi.stubGlobal('WebSocket', hub.Socket);
    const sending = sendUnsentTexts({ db, user: { id: 'p1', name: '李华', color: '#7a3e6e' } });
    await settle(3000);
    await sending;
    vi.unstubAllGlobals();
    expect(textOf(hub.doc)).toContain('没送出');
    await sendUnsentTexts({ db, user: { id: 'p1', name: '李华', color: '#7a3e6e' } });
    expect(hub.lines).toHaveLength(1);
  });

  test('two tabs lay their writing together', async () => {
    const { ydoc, db } = await begin();
    const other = new Y.Doc();
    write(other, '甲');
    const update = Y.encodeStateAsUpdate(other);
    const value = { update, unsent: true, role: 'edit', at: Date.now(), tab: 'another' };
    await db.change([{ store: 'kv', key: ['ydoc', 'doc-1'], value }]);
    write(ydoc.doc, '乙');
    await settle(2000);
    const copy = (await db.get('kv', ['ydoc', 'doc-1'])) as { update: Uint8Array; unsent: boolean };
    const both = new Y.Doc();
    Y.applyUpdate(both, copy.update);
    expect(textOf(both)).toContain('甲');
    expect(textOf(both)).toContain('乙');
    expect(copy.unsent).toBe(true);
  });
});

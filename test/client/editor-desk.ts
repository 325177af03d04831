import { afterEach, beforeEach, vi } from 'vitest';
import * as Y from 'yjs';
import { createMemoryDb } from '#client/platform/db.ts';
import { Ydoc } from '#client/platform/ydoc.svelte.ts';
import { FakeHub } from './editor-hub.ts';

/** ms after a change in which its receipt has come. */
export const QUIET = 200;
const open: Ydoc[] = [];

/** A text opened against a hub in memory. */
export async function begin({ hub = new FakeHub(), db = createMemoryDb() } = {}) {
  const ydoc = new Ydoc({ id: 'doc-1', user: { id: 'p1', name: '李华', color: '#7a3e6e' }, db, Socket: hub.Socket });
  open.push(ydoc);
  await ydoc.open();
  await settle();
  return { ydoc, hub, db };
}

export const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

export function write(doc: Y.Doc, text: string): void {
  const paragraph = new Y.XmlElement('paragraph');
  paragraph.insert(0, [new Y.XmlText(text)]);
  doc.getXmlFragment('body:a').push([paragraph]);
}

export const textOf = (doc: Y.Doc): string => doc.getXmlFragment('body:a').toJSON();

/** Tests with a clock of their own; what they opened is closed after each. */
export function withClock(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    for (const ydoc of open.splice(0)) {
      const closing = ydoc.close();
      await settle(6000);
      await closing;
    }
    vi.useRealTimers();
  });
}

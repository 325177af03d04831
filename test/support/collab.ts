import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { eventually } from './client.ts';

export interface TestDoc {
  doc: Y.Doc;
  provider: WebsocketProvider;
  /** The words of a fragment as they stand here. */
  text: (fragment: string) => string;
  /** Types a paragraph at the end of a fragment. */
  type: (fragment: string, words: string) => void;
}

/** A stock y-websocket client with somebody's session, in sync with the hub. */
export async function openDoc({ url, cookie }: { url: string; cookie: string }, id: string): Promise<TestDoc> {
  class SignedIn extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers: { cookie, origin: url } });
    }
  }
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}/collab`, id, doc, {
    WebSocketPolyfill: SignedIn as unknown as typeof globalThis.WebSocket,
    disableBc: true,
  });
  onTestFinished(() => {
    provider.destroy();
    doc.destroy();
  });
  await eventually(() => provider.synced);
  return {
    doc,
    provider,
    text: (fragment) =>
      doc
        .getXmlFragment(fragment)
        .toArray()
        .map((node) => (node instanceof Y.XmlElement ? wordsOf(node) : ''))
        .join('\n'),
    type: (fragment, words) => {
      const paragraph = new Y.XmlElement('paragraph');
      paragraph.insert(0, [new Y.XmlText(words)]);
      const target = doc.getXmlFragment(fragment);
      target.insert(target.length, [paragraph]);
    },
  };
}

function wordsOf(node: Y.XmlElement): string {
  return node
    .toArray()
    .map((child) => (child instanceof Y.XmlText ? child.toJSON() : child instanceof Y.XmlElement ? wordsOf(child) : ''))
    .join('');
}

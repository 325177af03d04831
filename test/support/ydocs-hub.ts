import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { systemClock } from '#server/platform/clock.ts';
import { cookieName, readCookie } from '#server/platform/origin.ts';
import type { EventsModel } from '#server/platform/streams.model.ts';
import { dispatchUpgrades } from '#server/platform/upgrades.ts';
import type { Updated } from '#server/ydocs/ydocs.log.ts';
import type { DocAccess, Tuning, YDocs } from '#server/ydocs/ydocs.port.ts';
import { createYDocs } from '#server/ydocs/ydocs.service.ts';
import { eventually, newId } from './client.ts';
import { openStreams, type TestStreams } from './streams.ts';

/** Documents on a real store behind a real HTTP server. A session's cookie is the person's name. */
export interface YDocsHub extends TestStreams {
  url: string;
  docs: YDocs;
  /** What each person may do; nobody else may anything. Changed by tests, then `docs.recheck()`. */
  rights: Map<string, DocAccess>;
  sessions: Set<string>;
  /** A document with one empty paragraph in `body`. */
  aDoc: () => Promise<string>;
  /** Everything in the log of a document. */
  log: (doc: string) => Promise<LogEntry[]>;
  /** Ends it as SIGTERM does, the store included. */
  stop: () => Promise<void>;
}

export interface LogEntry {
  type: string;
  actor: string;
  data: Updated;
}

interface Options {
  folder?: string;
  wrap?: (model: EventsModel) => EventsModel;
  tuning?: Partial<Tuning>;
  limited?: boolean;
  /** Rises when rights have changed and nobody has been asked yet. */
  rightsVersion?: () => number;
  /** What is asked before a handshake. */
  admit?: () => Promise<void>;
}

const EDIT: DocAccess = { role: 'edit', state: 'draft' };
const PEOPLE = ['wang', 'li', 'zhao'];

function listen(http: Server): Promise<string> {
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    });
  });
}

export async function startYDocs({
  folder,
  wrap,
  tuning,
  limited = true,
  rightsVersion,
  admit = () => Promise.resolve(),
}: Options = {}): Promise<YDocsHub> {
  const store = await openStreams({ ...(folder && { folder }), ...(wrap && { wrap }) });
  const rights = new Map<string, DocAccess>(PEOPLE.map((person) => [person, EDIT]));
  rights.set('reader', { role: 'read', state: 'draft' });
  const sessions = new Set([...rights.keys(), 'stranger']);
  const docs = await createYDocs({
    streams: store.streams,
    db: store.db,
    clock: systemClock,
    log: pino({ level: process.env['LINLI_LOG'] ?? 'silent' }),
    callerOf: (request) => {
      const person = readCookie(request, cookieName([]));
      const known = person !== undefined && sessions.has(person);
      return Promise.resolve(
        known ? { actor: { person, appointments: [], delegations: [] }, session: person } : undefined,
      );
    },
    access: ({ person }, { owner }) => Promise.resolve(owner === 'meeting:1' ? rights.get(person) : undefined),
    cardOf: (person) => ({ name: `${person} 的名字`, role: null }),
    limited,
    ...(tuning && { tuning }),
    ...(rightsVersion && { rightsVersion }),
  });
  const http = createServer();
  const url = await listen(http);
  dispatchUpgrades({
    http,
    origins: () => [url],
    admit,
    collab: docs,
    mayTurnAway: () => true,
    turned: () => undefined,
    lenient: false,
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopping ??= (async () => {
      await docs.close();
      await new Promise((resolve) => http.close(resolve));
      await store.close();
    })());
  onTestFinished(stop);
  return {
    ...store,
    url,
    docs,
    rights,
    sessions,
    stop,
    aDoc: async () => {
      const id = newId();
      const seed = (doc: Y.Doc): void => {
        doc.getXmlFragment('body').insert(0, [new Y.XmlElement('paragraph')]);
      };
      await docs.create(id, seed, { owner: 'meeting:1', actor: 'system' });
      return id;
    },
    log: async (doc) => (await store.streams.read(`doc:${doc}`, 1, 100_000, 100_000)) as unknown as LogEntry[],
  };
}

export interface Writer {
  doc: Y.Doc;
  provider: WebsocketProvider;
  /** Codes the server closed with. */
  closes: number[];
  /** Types a paragraph at the end of `body`. */
  type: (words: string) => void;
  words: () => string;
}

const plain = (node: unknown): string => (node instanceof Y.XmlText ? node.toJSON() : '');

export const wordsIn = (doc: Y.Doc): string =>
  doc
    .getXmlFragment('body')
    .toArray()
    .flatMap((node) => (node instanceof Y.XmlElement ? [node.toArray().map(plain).join('')] : []))
    .join('|');

export function typeInto(doc: Y.Doc, words: string): void {
  const paragraph = new Y.XmlElement('paragraph');
  paragraph.insert(0, [new Y.XmlText(words)]);
  const body = doc.getXmlFragment('body');
  body.insert(body.length, [paragraph]);
}

interface WriterOptions {
  doc?: Y.Doc;
  params?: Record<string, string>;
  /** Resolves without waiting for the first answer. */
  early?: boolean;
}

/** A stock y-websocket client of a person. */
export async function write(
  hub: { url: string },
  id: string,
  person: string,
  options: WriterOptions = {},
): Promise<Writer> {
  const headers = { cookie: `sid=${person}`, origin: hub.url };
  class SignedIn extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
    }
  }
  const { doc = new Y.Doc(), params = {}, early = false } = options;
  const provider = new WebsocketProvider(`${hub.url.replace('http', 'ws')}/collab`, id, doc, {
    WebSocketPolyfill: SignedIn as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    params,
    maxBackoffTime: 200,
  });
  const closes: number[] = [];
  provider.on('connection-close', (event: { code: number } | null) => {
    if (event !== null) closes.push(event.code);
  });
  onTestFinished(() => {
    provider.destroy();
    doc.destroy();
  });
  if (!early) await eventually(() => provider.synced);
  return {
    doc,
    provider,
    closes,
    type: (words) => {
      typeInto(doc, words);
    },
    words: () => wordsIn(doc),
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { Random } from '#server/demo/random.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { connect, cookieFor, newId, type Answer } from './client.ts';
import { openDocLine, type DocLine } from './doc-line.ts';
import type { Hub } from './hub.ts';
import {
  chainFaults,
  documentFaults,
  promiseFaults,
  repeatFaults,
  savedFaults,
  shownFaults,
  type Promised,
} from './oracle.ts';

/* People at work while their hub is killed, and the ledger of what it promised them. */

const WRITERS = ['worker', 'worker2', 'officer', 'zhoujianguo', 'liuyulan'];
const EDITORS = ['worker', 'worker2'];

interface Writer {
  cookie: string;
  /** Command id → what the writer was told. */
  acked: Map<string, Promised>;
  /** Commands without an answer when the hub died: their outcome is unknown until they are sent again. */
  unknown: { id: string; room: string; text: string }[];
}

export interface Ledger {
  writers: Writer[];
  /** Somebody who only looks. */
  onlooker: string;
  rooms: string[];
  /** A document of minutes. */
  document: string;
  /** What the onlooker was shown since the last start: events, and the document. */
  shown: { events: WireEvent[]; doc: Y.Doc };
  /** Edits said to be saved, as clock by client id. */
  saved: Map<number, number>;
}

/** Signs everybody in, once: their sessions are promises too. */
export async function openLedger({ url }: Hub): Promise<Ledger> {
  const cookies = await Promise.all(WRITERS.map((name) => cookieFor(url, name)));
  const onlooker = await cookieFor(url, 'officer');
  const socket = await connect(url, onlooker);
  const ask = async <T>(name: string, input: object): Promise<T> => (await socket.emitWithAck(name, input)) as T;
  const { rooms } = await ask<{ rooms: { id: string; kind: string }[] }>('forum:rooms', {});
  const { units } = await ask<{ units: { id: string; code: string }[] }>('people:units', {});
  const unit = units.find(({ code }) => code === 'wenshu')?.id;
  const facts = { unit, title: '居民议事会', body: 'committee', startsAt: '2026-11-24T06:00:00.000Z' };
  const { doc } = await ask<{ doc: string }>('minutes:create', { id: newId(), ...facts });
  socket.disconnect();
  return {
    writers: cookies.map((cookie) => ({ cookie, acked: new Map(), unknown: [] })),
    onlooker,
    rooms: rooms.filter(({ kind }) => kind === 'open').map(({ id }) => id),
    document: doc,
    shown: { events: [], doc: new Y.Doc() },
    saved: new Map(),
  };
}

/** One after the other, as an outbox does: the same command again until it has an answer. */
async function write(socket: Socket, rooms: readonly string[], { acked, unknown }: Writer): Promise<void> {
  while (socket.connected) {
    const again = unknown.shift();
    const id = again?.id ?? newId();
    const room = again?.room ?? rooms[acked.size % rooms.length] ?? '';
    const text = again?.text ?? `第 ${acked.size} 条 ${id}`;
    try {
      const answer = (await socket.timeout(3_000).emitWithAck('forum:post', { id, room, text })) as Answer;
      if (!answer.ok) throw new Error(JSON.stringify(answer.error));
      acked.set(id, { stream: `room:${room}`, seq: Number(answer['seq']), text });
    } catch {
      unknown.push({ id, room, text });
      return;
    }
  }
}

/** Types without a pause, each word when the one before it is saved. */
async function type({ doc, edit, socket }: DocLine, saved: Map<number, number>): Promise<void> {
  const fragment = doc.getXmlFragment('body:preamble');
  for (let word = 0; socket.readyState === socket.OPEN; word++) {
    const kept = await edit(() => {
      if (word % 5 === 4) fragment.delete(0, 1);
      else fragment.insert(fragment.length, [new Y.XmlText(`第 ${word} 句`)]);
    });
    const clock = Y.getState(doc.store, doc.clientID);
    if (kept) saved.set(doc.clientID, clock);
  }
}

async function watch(url: string, ledger: Ledger): Promise<Socket> {
  const socket = await connect(url, ledger.onlooker);
  socket.on('stream:event', (event: WireEvent) => ledger.shown.events.push(event));
  for (const room of ledger.rooms) {
    const stream = `room:${room}`;
    const { head } = (await socket.emitWithAck('stream:open', { stream, have: 0 })) as Answer & { head: number };
    await socket.emitWithAck('stream:open', { stream, have: head });
  }
  return socket;
}

/**
 * Everybody goes to work, without a pause; what they are promised meanwhile is in the ledger. Resolves, once they are at
 * it, with what sends them home.
 */
export async function goToWork({ url }: Hub, ledger: Ledger): Promise<() => Promise<void>> {
  const { writers, rooms, document, saved } = ledger;
  const editors = await Promise.all(EDITORS.map((_, i) => openDocLine(url, writers[i]?.cookie ?? '', document)));
  const reader = await openDocLine(url, ledger.onlooker, document);
  ledger.shown = { events: [], doc: reader.doc };
  saved.clear();
  const onlooker = await watch(url, ledger);
  const atWork = await Promise.all(
    writers.map(async (writer) => ({ writer, socket: await connect(url, writer.cookie) })),
  );
  const working = [
    ...atWork.map(({ writer, socket }) => write(socket, rooms, writer)),
    ...editors.map((line) => type(line, saved)),
  ];
  return async () => {
    for (const { socket } of [...atWork, { socket: onlooker }]) socket.disconnect();
    for (const { socket } of [...editors, reader]) socket.terminate();
    await Promise.all(working);
  };
}

/** Everybody works; at some moment of it the hub is killed. */
export async function underFire(hub: Hub, ledger: Ledger, random: Random): Promise<void> {
  const goHome = await goToWork(hub, ledger);
  await wait(50 + random.below(200)); // the moment of the fault, not a wait for a result
  await hub.kill();
  await goHome();
}

/** What has been promised up to now, untouched by what will be. */
export function promisedSoFar(ledger: Ledger): Ledger {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(ledger.shown.doc));
  return {
    ...ledger,
    writers: ledger.writers.map(({ cookie, acked }) => ({ cookie, acked: new Map(acked), unknown: [] })),
    shown: { events: [...ledger.shown.events], doc },
    saved: new Map(ledger.saved),
  };
}

async function readAll(socket: Socket, stream: string): Promise<WireEvent[]> {
  const all: WireEvent[] = [];
  for (;;) {
    const from = all.length + 1;
    const answer = (await socket.emitWithAck('stream:range', { stream, from, to: from + 199 })) as Answer & {
      events: WireEvent[];
    };
    if (!answer.ok) throw new Error(`${stream}: ${JSON.stringify(answer.error)}`);
    all.push(...answer.events);
    if (answer.events.length < 200) return all;
  }
}

/** What the hub, started again, owes: of each writer the last 200 messages, or with `all` every one there ever was. */
export async function faultsOf(hub: Hub, ledger: Ledger, { all = false } = {}): Promise<string[]> {
  const socket = await connect(hub.url, ledger.onlooker);
  const held = new Map<string, WireEvent[]>();
  for (const room of ledger.rooms) held.set(`room:${room}`, await readAll(socket, `room:${room}`));
  socket.disconnect();
  const acked = new Map(ledger.writers.flatMap((writer) => [...writer.acked].slice(all ? 0 : -200)));
  const { doc, socket: line } = await openDocLine(hub.url, ledger.onlooker, ledger.document);
  line.terminate();
  return [
    ...chainFaults(held),
    ...promiseFaults(held, acked),
    ...repeatFaults(held),
    ...shownFaults(held, ledger.shown.events),
    ...savedFaults(doc, ledger.saved),
    ...documentFaults(doc, ledger.shown.doc),
  ];
}

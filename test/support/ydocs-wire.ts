import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { eventually } from './client.ts';

/* A connection to `/collab` that says exactly what it is told to: what a provider would never send can be sent. */

export interface Wire {
  socket: WebSocket;
  /** Everything received, oldest first, as far as it could be read. */
  received: Received[];
  /** The code it was closed with, once it was. */
  closed: () => number | undefined;
  send: (bytes: Uint8Array) => void;
  step1: (vector?: Uint8Array) => void;
  step2: (update: Uint8Array) => void;
  update: (update: Uint8Array) => void;
  /** Asks for a receipt and resolves with it; rejects when the line goes. */
  barrier: () => Promise<void>;
  awareness: (client: number, clock: number, state: unknown) => void;
  /** Applied as it comes. */
  doc: Y.Doc;
}

export type Received =
  | { type: 'step1' | 'step2' | 'update'; bytes: Uint8Array }
  | { type: 'awareness'; states: [client: number, clock: number, state: unknown][] }
  | { type: 'saved'; token: number }
  | { type: 'status'; status: { role: string; state: string; seq: number; doc: string; heartbeat: number } }
  | { type: 'reject'; code: string; retryable: boolean };

const STEPS = ['step1', 'step2', 'update'] as const;

function message(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

export const syncMessage = (step: number, body: Uint8Array): Uint8Array =>
  message(0, (encoder) => {
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, body);
  });

export const awarenessMessage = (entries: readonly [client: number, clock: number, state: unknown][]): Uint8Array =>
  message(1, (encoder) => {
    const body = encoding.createEncoder();
    encoding.writeVarUint(body, entries.length);
    for (const [client, clock, state] of entries) {
      encoding.writeVarUint(body, client);
      encoding.writeVarUint(body, clock);
      encoding.writeVarString(body, JSON.stringify(state));
    }
    encoding.writeVarUint8Array(encoder, encoding.toUint8Array(body));
  });

function readAwareness(bytes: Uint8Array): [number, number, unknown][] {
  const decoder = decoding.createDecoder(bytes);
  return Array.from({ length: decoding.readVarUint(decoder) }, () => [
    decoding.readVarUint(decoder),
    decoding.readVarUint(decoder),
    JSON.parse(decoding.readVarString(decoder)) as unknown,
  ]);
}

function read(frame: Uint8Array): Received {
  const decoder = decoding.createDecoder(frame);
  switch (decoding.readVarUint(decoder)) {
    case 0: {
      const type = STEPS[decoding.readVarUint(decoder)] ?? 'step1';
      return { type, bytes: decoding.readVarUint8Array(decoder) };
    }
    case 1:
      return { type: 'awareness', states: readAwareness(decoding.readVarUint8Array(decoder)) };
    case 102:
      return { type: 'saved', token: decoding.readVarUint8Array(decoder)[0] ?? 0 };
    case 103:
      return { type: 'status', status: JSON.parse(decoding.readVarString(decoder)) as never };
    default:
      return {
        type: 'reject',
        ...(JSON.parse(decoding.readVarString(decoder)) as { code: string; retryable: boolean }),
      };
  }
}

/** Connects and waits for the handshake; what comes after it is up to the test. */
export async function openWire(hub: { url: string }, id: string, person: string, query = ''): Promise<Wire> {
  const address = `${hub.url.replace('http', 'ws')}/collab/${id}${query}`;
  const socket = new WebSocket(address, { headers: { cookie: `sid=${person}`, origin: hub.url } });
  const received: Received[] = [];
  const doc = new Y.Doc();
  let code: number | undefined;
  let tokens = 0;
  socket.on('error', () => undefined);
  socket.on('message', (frame: Buffer) => {
    const one = read(frame);
    if (one.type === 'step2' || one.type === 'update') Y.applyUpdate(doc, one.bytes, 'wire');
    received.push(one);
  });
  socket.on('close', (given) => {
    code = given;
  });
  onTestFinished(() => {
    socket.terminate();
    doc.destroy();
  });
  await new Promise((resolve) => {
    socket.once('open', resolve);
    socket.once('close', resolve);
  });
  const send = (bytes: Uint8Array): void => {
    if (socket.readyState === socket.OPEN) socket.send(bytes);
  };
  return {
    socket,
    received,
    doc,
    closed: () => code,
    send,
    step1: (vector = Uint8Array.of(0)) => {
      send(syncMessage(0, vector));
    },
    step2: (update) => {
      send(syncMessage(1, update));
    },
    update: (update) => {
      send(syncMessage(2, update));
    },
    awareness: (client, clock, state) => {
      send(awarenessMessage([[client, clock, state]]));
    },
    barrier: async () => {
      const token = (tokens = (tokens + 1) % 256);
      send(
        message(102, (encoder) => {
          encoding.writeVarUint8Array(encoder, Uint8Array.of(token));
        }),
      );
      await eventually(() => {
        if (code !== undefined) throw new Error(`closed with ${code}`);
        return received.some((one) => one.type === 'saved' && one.token === token);
      });
    },
  };
}

/** What was received of one kind. */
export function ofType<T extends Received['type']>(wire: Wire, type: T): Extract<Received, { type: T }>[] {
  return wire.received.filter((one): one is Extract<Received, { type: T }> => one.type === type);
}

/** Every update a document makes by itself, as it would go over the wire. */
export function updatesOf(doc: Y.Doc): Uint8Array[] {
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'wire') updates.push(update);
  });
  return updates;
}

/** An update that says nothing. */
export const NOTHING = Y.encodeStateAsUpdate(new Y.Doc());
/** What our own client adds to the address. */
export const EXT = '?ext=1&schema=1';

/** A connection that has the document and has answered; `mine` is what it would send for changes in its `doc`. */
export async function inside(
  hub: { url: string },
  id: string,
  person: string,
  query = EXT,
): Promise<Wire & { mine: Uint8Array[] }> {
  const wire = await openWire(hub, id, person, query);
  wire.step1();
  wire.step2(NOTHING);
  await eventually(() => ofType(wire, 'step2').length > 0);
  return { ...wire, mine: updatesOf(wire.doc) };
}

export const rejected = (wire: Wire): string[] => ofType(wire, 'reject').map(({ code }) => code);

/** An update that puts words into nodes that stand in each other, `levels` of them. */
export function nested(levels: number, words: string): Uint8Array {
  const doc = new Y.Doc();
  let inner: Y.XmlFragment = doc.getXmlFragment('body');
  for (let i = 0; i < levels; i++) {
    const element = new Y.XmlElement('listItem');
    inner.insert(0, [element]);
    inner = element;
  }
  inner.insert(0, [new Y.XmlText(words)]);
  return Y.encodeStateAsUpdate(doc);
}

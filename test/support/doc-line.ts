import { once } from 'node:events';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocket } from 'ws';
import * as Y from 'yjs';

/* A document's line without a provider: what a client never sends again by itself is what a fault can lose. */

export interface DocLine {
  doc: Y.Doc;
  socket: WebSocket;
  /** Sends what `change` does to the document; true once the hub says it is saved, false when the line is gone. */
  edit: (change: (doc: Y.Doc) => void) => Promise<boolean>;
}

const SYNC = 0;
const SAVED = 102;

/** One frame of the y-websocket protocol: numbers, then bytes with their length. */
export function frameOf(numbers: readonly number[], body: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const number of numbers) encoding.writeVarUint(encoder, number);
  encoding.writeVarUint8Array(encoder, body);
  return encoding.toUint8Array(encoder);
}

/** A frame after which the hub answers the token as soon as everything before it is durable. */
export const barrierOf = (token: number): Uint8Array => frameOf([SAVED], Uint8Array.of(token & 0xff, token >> 8));

/** The token of a saved-receipt, or undefined for any other frame. */
export function receiptOf(frame: Uint8Array): number | undefined {
  const decoder = decoding.createDecoder(frame);
  if (decoding.readVarUint(decoder) !== SAVED) return undefined;
  const [low = 0, high = 0] = decoding.readVarUint8Array(decoder);
  return low + high * 256;
}

/** A bare socket on `/collab/<id>` with somebody's session. */
export async function collabSocket(url: string, cookie: string, id: string): Promise<WebSocket> {
  const address = `${url.replace('http', 'ws')}/collab/${id}?ext=1`;
  const socket = new WebSocket(address, { headers: { cookie, origin: url }, perMessageDeflate: false });
  socket.binaryType = 'nodebuffer';
  await once(socket, 'open');
  socket.on('error', () => undefined); // a reset is a close
  return socket;
}

/** A line that has everything the hub had when it came. */
export async function openDocLine(url: string, cookie: string, id: string): Promise<DocLine> {
  const doc = new Y.Doc();
  const socket = await collabSocket(url, cookie, id);
  const waiting = new Map<number, (kept: boolean) => void>();
  let token = 0;
  let synced: () => void;
  const inSync = new Promise<void>((resolve) => (synced = resolve));
  const takeSync = (decoder: decoding.Decoder): void => {
    const step = decoding.readVarUint(decoder);
    const body = decoding.readVarUint8Array(decoder);
    if (step === 0) return; // this client has nothing the hub lacks
    Y.applyUpdate(doc, body);
    if (step === 1) synced();
  };
  socket.on('message', (frame: Buffer) => {
    const receipt = receiptOf(frame);
    if (receipt !== undefined) waiting.get(receipt)?.(true);
    const decoder = decoding.createDecoder(frame);
    if (decoding.readVarUint(decoder) === SYNC) takeSync(decoder);
  });
  socket.once('close', () => {
    for (const settle of waiting.values()) settle(false);
    waiting.clear();
    synced();
  });
  socket.send(frameOf([SYNC, 0], Y.encodeStateVector(doc)));
  await inSync;
  return {
    doc,
    socket,
    edit: async (change) => {
      if (socket.readyState !== socket.OPEN) return false;
      const before = Y.encodeStateVector(doc);
      doc.transact(() => {
        change(doc);
      });
      const mine = (token = (token + 1) % 65_536);
      const kept = new Promise<boolean>((resolve) => waiting.set(mine, resolve));
      socket.send(frameOf([SYNC, 2], Y.encodeStateAsUpdate(doc, before)));
      socket.send(barrierOf(mine));
      const answer = await kept;
      waiting.delete(mine);
      return answer;
    },
  };
}

import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/*
 * Bytes in, checked values out; values in, bytes out. The y-websocket protocol has one message a frame, no envelope and
 * no errors: type, then body (y-protocols/PROTOCOL.md). 102–104 are ours and go only to clients that asked with `ext=1`.
 */

const SYNC = 0;
const AWARENESS = 1;
const QUERY_AWARENESS = 3;
const SAVED = 102;
const STATUS = 103;
const REJECT = 104;

const MAX_TOKEN = 16; // bytes
const MAX_VECTOR = 256 * 1024; // bytes; some 30,000 client ids
const MAX_ENTRIES = 1_000; // a stock client repeats what it hears of everybody else
const MAX_AWARENESS = 512 * 1024; // bytes of such a message

/** A frame that is no message of the protocol; its sender is closed with 4400. */
export class ProtocolError extends Error {}

export interface AwarenessEntry {
  client: number;
  clock: number;
  /** null: gone. */
  state: Record<string, unknown> | null;
}

/** What a client says of one client id; only its own is looked into. */
export interface Said {
  client: number;
  clock: number;
  json: string;
}

export type Message =
  | { type: 'step1'; vector: Uint8Array }
  | { type: 'update'; update: Uint8Array; isAnswer: boolean }
  | { type: 'awareness'; said: Said[] }
  | { type: 'barrier'; token: Uint8Array }
  | { type: 'ask-awareness' }
  | { type: 'unknown' };

function readAwareness(bytes: Uint8Array): Said[] {
  if (bytes.length > MAX_AWARENESS) throw new ProtocolError('awareness too large');
  const decoder = decoding.createDecoder(bytes);
  const count = decoding.readVarUint(decoder);
  if (count > MAX_ENTRIES) throw new ProtocolError('too many awareness entries');
  return Array.from({ length: count }, () => ({
    client: decoding.readVarUint(decoder),
    clock: decoding.readVarUint(decoder),
    json: decoding.readVarString(decoder),
  }));
}

function read(decoder: decoding.Decoder): Message {
  switch (decoding.readVarUint(decoder)) {
    case SYNC: {
      const step = decoding.readVarUint(decoder);
      const body = decoding.readVarUint8Array(decoder);
      if (step === 0) {
        if (body.length > MAX_VECTOR) throw new ProtocolError('vector too large');
        return { type: 'step1', vector: body };
      }
      if (step > 2) throw new ProtocolError('no such sync step');
      return { type: 'update', update: body, isAnswer: step === 1 };
    }
    case AWARENESS:
      return { type: 'awareness', said: readAwareness(decoding.readVarUint8Array(decoder)) };
    case QUERY_AWARENESS:
      return { type: 'ask-awareness' };
    case SAVED: {
      const token = decoding.readVarUint8Array(decoder);
      if (token.length > MAX_TOKEN) throw new ProtocolError('token too long');
      return { type: 'barrier', token };
    }
    default:
      return { type: 'unknown' };
  }
}

/** One frame as a message. Throws ProtocolError for anything that is none, whatever went wrong inside. */
export function readMessage(frame: Uint8Array): Message {
  try {
    return read(decoding.createDecoder(frame));
  } catch (error) {
    throw error instanceof ProtocolError ? error : new ProtocolError('unreadable');
  }
}

function message(type: number, write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
}

const sync = (step: number, body: Uint8Array): Uint8Array =>
  message(SYNC, (encoder) => {
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, body);
  });

export const step1Message = (vector: Uint8Array): Uint8Array => sync(0, vector);
export const step2Message = (update: Uint8Array): Uint8Array => sync(1, update);
export const updateMessage = (update: Uint8Array): Uint8Array => sync(2, update);

export const awarenessMessage = (entries: readonly AwarenessEntry[]): Uint8Array =>
  message(AWARENESS, (encoder) => {
    const body = encoding.createEncoder();
    encoding.writeVarUint(body, entries.length);
    for (const { client, clock, state } of entries) {
      encoding.writeVarUint(body, client);
      encoding.writeVarUint(body, clock);
      encoding.writeVarString(body, JSON.stringify(state));
    }
    encoding.writeVarUint8Array(encoder, encoding.toUint8Array(body));
  });

/** Everything received before it on this connection is durable, or was refused by a message that came first. */
export const savedMessage = (token: Uint8Array): Uint8Array =>
  message(SAVED, (encoder) => {
    encoding.writeVarUint8Array(encoder, token);
  });

/** What our own client is told: after loading, on every change, and instead of silence. */
export interface DocStatus {
  doc: string;
  seq: number;
  role: 'read' | 'edit';
  /** `sealed`, or the owner's word. */
  state: string;
  schema: number;
  /** Bytes. */
  limits: { update: number; sync: number; document: number };
  /** ms between two signs of life. */
  heartbeat: number;
}

export const statusMessage = (status: DocStatus): Uint8Array =>
  message(STATUS, (encoder) => {
    encoding.writeVarString(encoder, JSON.stringify(status));
  });

export type RejectCode = 'READ_ONLY' | 'LOCKED' | 'GAP' | 'TOO_LARGE' | 'CLIENT_ID' | 'RATE' | 'SCHEMA';

export const rejectMessage = (code: RejectCode, retryable: boolean): Uint8Array =>
  message(REJECT, (encoder) => {
    encoding.writeVarString(encoder, JSON.stringify({ code, retryable, detail: '' }));
  });

/** Close codes (contract: Yjs). 4400–4499 are final for a stock client, everything else is tried again. */
export const CLOSE = {
  protocol: 4400,
  signedOut: 4401,
  noAccess: 4403,
  notFound: 4404,
  clientTaken: 4409,
  tooLarge: 4413,
  tooOld: 4426,
  storage: 4503,
  tooSlow: 4508,
  tooFast: 4529,
  goingAway: 1001,
} as const;

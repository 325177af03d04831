import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';

/* What our endpoint says beyond the y-websocket protocol, to clients that ask for it with `ext=1`. */

export const SYNC = 0;
export const SAVED = 102;
export const STATUS = 103;
export const REJECT = 104;

/** Bumped with every change of what a text may contain; the server refuses older pages (4426). */
export const SCHEMA = '1';

/** 103: what the document is and what this connection may do with it. */
export interface DocStatus {
  role: string;
  state: string;
}

/** 104: something sent on this connection was not taken. */
export interface Reject {
  code: string;
  retryable: boolean;
}

/** A whole message 102 with `token`. */
export function barrierMessage(token: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SAVED);
  encoding.writeVarUint8Array(encoder, token);
  return encoding.toUint8Array(encoder);
}

/** Bytes from which on a change no longer goes as a live update: the server takes 64 KiB of those, 2 MiB of the other. */
const LARGE = 60 * 1024;

/** A whole message with a change made here; a large one, such as a long paste, in the form of an answer. */
export function changeMessage(update: Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  encoding.writeVarUint(encoder, update.length > LARGE ? sync.messageYjsSyncStep2 : sync.messageYjsUpdate);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

/** The JSON body of 103 and 104. A field that is missing reads as its empty value. */
function readJson(decoder: decoding.Decoder): Record<string, unknown> {
  const value: unknown = JSON.parse(decoding.readVarString(decoder));
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

export function readStatus(decoder: decoding.Decoder): DocStatus {
  const { role, state } = readJson(decoder);
  return { role: word(role), state: word(state) };
}

export function readReject(decoder: decoding.Decoder): Reject {
  const { code, retryable } = readJson(decoder);
  return { code: word(code), retryable: retryable === true };
}

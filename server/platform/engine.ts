/*
 * The one place that reaches below Socket.IO: how much waits in a connection, and how several events leave in one
 * write. Nearly all that a delivery costs is its write system call, so what leaves for a member at the same moment
 * leaves in one: the WebSocket frames of several events, encoded once for everybody, one behind the other in one
 * buffer. On the wire nothing differs: a client gets one `stream:event` frame per event.
 *
 * The names below are no promise of Engine.IO's or ws's: their versions are pinned, tests watch, and whatever is not
 * exactly as expected goes the ordinary way.
 */

interface Tcp {
  writable: boolean;
  write: (bytes: Uint8Array) => boolean;
}

/** What we look at of an Engine.IO connection on ws; none of it need be there. */
interface Internals {
  readyState?: unknown;
  writeBuffer?: unknown;
  transport?: {
    socket?: { readyState?: unknown; bufferedAmount?: unknown; _sender?: { _state?: unknown }; _socket?: Tcp };
  };
}

const MAX_BYTES = 1024 * 1024; // queued in the socket; security #7
const MAX_PACKETS = 2_000; // queued above it while the transport is not writable
const FINAL_TEXT = 0x81; // RFC 6455 §5.2: the only fragment of a text frame; a server does not mask
const OPEN = 1; // a WebSocket's readyState
const IDLE = 0; // ws keeps a queue of its own only while it deflates or reads a Blob

/**
 * Whether a client has stopped reading. Socket.IO has no cap of its own: one such client once took a server from 62 to
 * 659 MB in eight seconds (socketio/engine.io#420).
 */
export function isTooSlow(connection: object): boolean {
  const { writeBuffer, transport } = connection as Internals;
  if (Array.isArray(writeBuffer) && writeBuffer.length > MAX_PACKETS) return true;
  const queued = transport?.socket?.bufferedAmount;
  return typeof queued === 'number' && queued > MAX_BYTES;
}

/** A Socket.IO event of the main namespace as one WebSocket frame: `4` Engine.IO message, `2` event, then its JSON. */
export function frameOf(name: string, body: object): Buffer {
  const text = Buffer.from(`42${JSON.stringify([name, body])}`);
  const size = text.length;
  if (size < 126) return Buffer.concat([Buffer.from([FINAL_TEXT, size]), text]);
  const head = Buffer.alloc(size <= 0xffff ? 4 : 10);
  head[0] = FINAL_TEXT;
  if (size <= 0xffff) {
    head[1] = 126;
    head.writeUInt16BE(size, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  return Buffer.concat([head, text]);
}

/**
 * Writes frames to a connection in one go, behind everything it was sent before. False, and nothing written, where
 * that cannot be said: only an open, uncompressed WebSocket with nothing waiting above it takes bytes in order.
 */
export function writeFrames(connection: object, frames: Uint8Array): boolean {
  const { readyState, writeBuffer, transport } = connection as Internals;
  const socket = transport?.socket;
  const tcp = socket?._socket;
  const inOrder =
    readyState === 'open' &&
    Array.isArray(writeBuffer) &&
    writeBuffer.length === 0 &&
    socket?.readyState === OPEN &&
    socket._sender?._state === IDLE &&
    tcp?.writable === true;
  if (inOrder) tcp.write(frames);
  return inOrder;
}

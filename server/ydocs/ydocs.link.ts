import type { WebSocket } from 'ws';
import type { Actor } from '#shared/people/people.rules.ts';
import type { Caller } from '#server/platform/caller.ts';
import { CLOSE, rejectMessage, type RejectCode } from './ydocs.protocol.ts';

/** What a person may do with a document; nothing at all is `undefined`. */
export type DocRole = 'read' | 'edit';

/** Start values of security §4.6, per connection. */
const MESSAGES = { perSecond: 60, burst: 200 };
const BYTES = { perSecond: 52_429, burst: 524_288 }; // 512 KiB in ten seconds
const MAX_BUFFERED = 1024 * 1024; // bytes a reader may leave unread before live updates stop
const WRITES_OF_READERS = 20; // a minute, before a client that ignores its role is closed

interface Bucket {
  tokens: number;
  at: number;
}

function take(bucket: Bucket, cost: number, rate: { perSecond: number; burst: number }): boolean {
  const now = Date.now();
  bucket.tokens = Math.min(rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * rate.perSecond);
  bucket.at = now;
  if (bucket.tokens < cost) return false;
  bucket.tokens -= cost;
  return true;
}

export type Link = ReturnType<typeof createLink>;

interface Options {
  socket: WebSocket;
  actor: Actor;
  session: string;
  /** The caller as of now; undefined when the session has ended. */
  caller: () => Promise<Caller | undefined>;
  role: DocRole;
  name: string;
  /** ms until somebody who does not read is closed. */
  slowFor: number;
  /** Our own client: receipts, status and refusals. */
  ext: boolean;
  limited: boolean;
}

/** One connection to one document: who, what they may, and how fast they go. */
export function createLink({ socket, actor, session, caller, role, name, slowFor, ext, limited }: Options) {
  const messages: Bucket = { tokens: MESSAGES.burst, at: Date.now() };
  const bytes: Bucket = { tokens: BYTES.burst, at: Date.now() };
  const refused: Bucket = { tokens: WRITES_OF_READERS, at: Date.now() };
  let slowSince: number | undefined;

  const link = {
    /** Asked again, with the role, whenever access may have changed. */
    actor,
    session,
    caller,
    person: actor.person,
    name,
    ext,
    role,
    /** Client ids this connection shows cursors under. */
    shown: new Set<number>(),
    isOpen: (): boolean => socket.readyState === socket.OPEN,

    send: (message: Uint8Array): void => {
      if (!link.isOpen()) return;
      socket.send(message);
    },

    /** Live updates: dropped for who does not read, and after ten seconds of that the connection is closed. */
    sendLive: (message: Uint8Array): void => {
      if (socket.bufferedAmount <= MAX_BUFFERED) {
        slowSince = undefined;
        link.send(message);
        return;
      }
      slowSince ??= Date.now();
      if (Date.now() - slowSince > slowFor) link.close(CLOSE.tooSlow);
      else link.missed = true; // once drained it is sent what it lacks, in one piece
    },
    missed: false,
    hasDrained: (): boolean => socket.bufferedAmount === 0,

    reject: (code: RejectCode, retryable = false): void => {
      if (ext) link.send(rejectMessage(code, retryable));
    },

    /** False when the sender is too fast; it has then been closed. */
    admit: (size: number): boolean => {
      if (!limited || (take(messages, 1, MESSAGES) && take(bytes, size, BYTES))) return true;
      link.close(CLOSE.tooFast);
      return false;
    },

    /** A write by somebody who may only read: refused, and after twenty in a minute the connection goes. */
    refuseWrite: (code: RejectCode): void => {
      link.reject(code);
      if (!take(refused, 1, { perSecond: WRITES_OF_READERS / 60, burst: WRITES_OF_READERS }))
        link.close(CLOSE.noAccess);
    },

    close: (code: number): void => {
      if (socket.readyState === socket.OPEN || socket.readyState === socket.CONNECTING) socket.close(code);
    },
  };
  return link;
}

import type { WebSocket } from 'ws';
import type { Caller } from '#server/platform/caller.ts';
import { createGate } from './ydocs.gate.ts';
import type { DocAccess } from './ydocs.port.ts';
import { awarenessMessage, CLOSE, rejectMessage, type RejectCode } from './ydocs.protocol.ts';

/** Start values of security §4.6, per connection. */
const MESSAGES = { perSecond: 60, burst: 200 };
const BYTES = { perSecond: 512 * 1024, burst: 4 * 1024 * 1024 }; // what somebody brings after days away fits in
const OFFENCES = { perSecond: 20 / 60, burst: 20 }; // refused writes, before a client that ignores its role is closed
const MAX_WAITING = { frames: 64, bytes: 1024 * 1024 }; // while the document loads
const STOP_CURSORS = 256 * 1024; // bytes unread, from which on cursors are left out
const STOP_UPDATES = 1024 * 1024; // bytes unread, from which on live updates are left out too

interface Rate {
  perSecond: number;
  burst: number;
}

/** A token bucket: false when it holds fewer than asked. */
function createBucket({ perSecond, burst }: Rate): (cost: number) => boolean {
  let tokens = burst;
  let at = Date.now();
  return (cost) => {
    const now = Date.now();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    at = now;
    if (tokens < cost) return false;
    tokens -= cost;
    return true;
  };
}

/** Frames that come before the document is there: as many as there is room for. */
function createEarly() {
  const waiting: Uint8Array[] = [];
  let bytes = 0;
  return {
    /** False: there is no room for it. */
    keep: (frame: Uint8Array): boolean => {
      bytes += frame.length;
      if (waiting.length >= MAX_WAITING.frames || bytes > MAX_WAITING.bytes) return false;
      waiting.push(frame);
      return true;
    },
    take: (): Uint8Array[] => waiting.splice(0),
  };
}

const QUIET = awarenessMessage([]);

export type Link = ReturnType<typeof createLink>;

interface Options {
  caller: Caller;
  /** The caller as of now; undefined when the session has ended. */
  callerNow: () => Promise<Caller | undefined>;
  access: DocAccess;
  name: string;
  /** Our own client: receipts, status and refusals. */
  ext: boolean;
  limited: boolean;
  /** Rises whenever anybody's right may have changed. */
  rightsVersion: () => number;
  /** Where other processes change rights too: resolves when what they changed by now is known here. */
  current?: (() => Promise<void>) | undefined;
  /** Asks again what this connection may do, and acts on it. */
  ask: () => Promise<void>;
  /** Nobody could be asked: closes the connection. */
  unasked: (error: unknown) => void;
}

/** An edit that came before what it builds on, and the receipts that wait for it. */
export interface Gap {
  updates: Uint8Array[];
  bytes: number;
  /** ms since 1970. */
  since: number;
  receipts: Uint8Array[];
}

/** One connection to one document: who, what they may, and how fast they go. */
export function createLink(socket: WebSocket, { caller, callerNow, access, name, ext, limited, ...asking }: Options) {
  const messages = createBucket(MESSAGES);
  const bytes = createBucket(BYTES);
  const offences = createBucket(OFFENCES);
  let slowSince: number | undefined;
  let [heard, expelled] = [true, false];

  const isOpen = (): boolean => socket.readyState === socket.OPEN;

  /** Says what holds nothing of the text. */
  const say = (message: Uint8Array): void => {
    if (isOpen()) socket.send(message);
  };

  const isBehind = (): boolean => !expelled && link.askedAt !== asking.rightsVersion();
  const gate = createGate({ ...asking, isBehind, failed: asking.unasked });
  const unread = (): number => socket.bufferedAmount + gate.held();

  const link = {
    person: caller.actor.person,
    session: caller.session,
    key: caller.key,
    callerNow,
    name,
    ext,
    /** Asked again whenever access may have changed. */
    role: access.role,
    state: access.state,
    /** What `rightsVersion` was when it was last asked what this connection may do; none: it is not known any more. */
    askedAt: undefined as number | undefined,
    /** The client id it shows a cursor under. */
    client: undefined as number | undefined,
    /** It has answered our question for everything it holds. */
    answered: false,
    gap: undefined as Gap | undefined,
    gaps: 0,
    /** Something was left out while it did not read: it is sent what it lacks, in one piece, once it does. */
    owed: false,

    isOpen,
    /** Whether what it may do has to be asked for before anything is taken from it. */
    isBehind,
    /** Runs it once it is known what this connection may do; now, where that is known. */
    pass: gate.pass,
    hasDrained: (): boolean => unread() <= STOP_CURSORS,

    send: (message: Uint8Array): void => {
      if (!isOpen()) return;
      gate.pass(() => {
        say(message);
      }, message.length);
    },

    /** Live updates and whole answers: left out for who does not read. */
    sendText: (message: Uint8Array): void => {
      if (unread() > STOP_UPDATES) link.owed = true;
      else if (!link.owed) link.send(message);
    },

    sendCursor: (message: Uint8Array): void => {
      if (unread() <= STOP_CURSORS) link.send(message);
    },

    reject: (code: RejectCode, retryable = false): void => {
      if (ext) say(rejectMessage(code, retryable));
    },

    /** Refuses a write. After twenty in a minute the connection goes, with `code`. */
    refuse: (reason: RejectCode, code: number): void => {
      link.reject(reason);
      if (!offences(1)) link.close(code);
    },

    /** False when the sender is too fast; it has then been closed. A whole answer costs us as ten messages do. */
    admit: (size: number, cost = 1): boolean => {
      heard = true;
      if (!limited || (messages(cost) && bytes(size))) return true;
      link.reject('RATE', true);
      link.close(CLOSE.tooFast);
      return false;
    },

    early: createEarly(),

    /** Sent away by us: what it still sends counts for nothing. Somebody who left by themselves keeps what they sent. */
    isExpelled: (): boolean => expelled,

    close: (code: number): void => {
      expelled = true;
      if (isOpen()) socket.close(code);
    },

    /** A sign of life for a stock client, and one asked for; a peer that gave none since the last time is cut. */
    beat: (): void => {
      if (!heard) {
        socket.terminate();
        return;
      }
      heard = false;
      if (!isOpen()) return;
      socket.ping();
      if (!ext) say(QUIET);
    },

    /** Closes who has not read for `slowFor` ms. */
    checkSlow: (slowFor: number): void => {
      if (socket.bufferedAmount <= STOP_UPDATES) slowSince = undefined;
      else if (Date.now() - (slowSince ??= Date.now()) >= slowFor) link.close(CLOSE.tooSlow);
    },
  };

  socket.on('pong', () => {
    heard = true;
  });
  return link;
}

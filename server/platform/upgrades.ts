import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, statusOf } from '#shared/wire/error.ts';
import { errorReply } from '#shared/wire/reply.ts';
import { fromOurOrigin } from './origin.ts';

/** What takes over upgrades of `/collab/<docId>`. */
export interface Collab {
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, docId: string) => void;
  /** Completes the handshake and closes with the code for what was refused; no document is looked at. */
  turnAway: (request: IncomingMessage, socket: Duplex, head: Buffer, error: AppError) => void;
}

interface Guards {
  origins: () => readonly string[];
  /** Takes a place for a line about to be opened, or throws an AppError where there is none. */
  admit: (request: IncomingMessage) => Promise<void>;
  /** Told of each handshake that was refused, and why. */
  turned: (code: string) => void;
}

interface Deps extends Guards {
  http: Server;
  collab: Collab;
  /** Whether there is the time to say it by a code: a client can tell that from a broken line, an HTTP status it cannot. */
  mayTurnAway: (request: IncomingMessage) => boolean;
  /** Development only: lets Vite's own socket through. */
  lenient: boolean;
}

/**
 * Answers a handshake with an error and closes. Both sides: of a peer that never closes its own, only the half would
 * be closed, and its descriptor stay with us for good.
 */
function refuse(socket: Duplex, error: AppError): void {
  const status = statusOf(error.code);
  const body = JSON.stringify(errorReply(error));
  const retryAfter = error.details?.retryAfter;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const asRefusal = (error: unknown): AppError => (error instanceof AppError ? error : new AppError('storage'));

/**
 * Engine.IO takes a handshake with `sid` for the second line of one that is there, and asks nobody about it. There is
 * no such thing where a WebSocket is the only way in: asked for without a query it is refused. Not by a middleware of
 * Engine.IO's, which would put off every request by a turn.
 */
export function onlyFirst(request: IncomingMessage): void {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  if (path.startsWith('/socket.io/') && new URLSearchParams(query).has('sid')) request.url = path;
}

/** Who may open a socket, as Engine.IO asks it. */
export function entrance({ origins, admit, turned }: Guards) {
  return (request: IncomingMessage, decide: (code: string | null, isIn: boolean) => void): void => {
    if (!fromOurOrigin(request, origins())) {
      turned('origin');
      decide(null, false);
      return;
    }
    admit(request).then(
      () => {
        decide(null, true);
      },
      (thrown: unknown) => {
        const error = asRefusal(thrown);
        turned(error.code);
        refuse(request.socket, error); // Engine.IO's own answer has no room for `retryAfter`
        decide('refused', false);
      },
    );
  };
}

/**
 * The one dispatcher of upgrades: `/socket.io/` is Socket.IO's own, `/collab/<docId>` goes on to the documents, all
 * else is refused here, because Socket.IO was told to leave what it does not know alone.
 */
export function dispatchUpgrades({ http, origins, admit, turned, collab, mayTurnAway, lenient }: Deps): void {
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {
      socket.destroy(); // a peer that resets in the middle of a handshake must not end the process
    });
    // As it was sent: what a parser would tidy up, Socket.IO does not know and would leave open; and some addresses
    // a parser throws on, which would end the process.
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path.startsWith('/socket.io/')) return;
    const docId = /^\/collab\/([^/]{1,64})$/.exec(path)?.[1];
    if (docId === undefined) {
      if (!lenient) refuse(socket, new AppError('not_found'));
    } else if (!fromOurOrigin(request, origins())) {
      turned('origin');
      refuse(socket, new AppError('forbidden', 'Not from a page of this hub.'));
    } else {
      admit(request).then(
        () => {
          collab.upgrade(request, socket, head, docId);
        },
        (thrown: unknown) => {
          const error = asRefusal(thrown);
          turned(error.code);
          if (mayTurnAway(request)) collab.turnAway(request, socket, head, error);
          else refuse(socket, error);
        },
      );
    }
  });
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { fromOurOrigin } from './origin.ts';

/** Takes over an upgrade of `/collab/<docId>`. */
export type CollabUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, docId: string) => void;

interface Deps {
  http: Server;
  origins: () => readonly string[];
  collab: CollabUpgrade;
  /** Development only: lets Vite's own socket through. */
  lenient: boolean;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * The one dispatcher of upgrades: `/socket.io/` is Socket.IO's own, `/collab/<docId>` goes on to the documents, all
 * else is refused here, because Socket.IO was told to leave what it does not know alone.
 */
export function dispatchUpgrades({ http, origins, collab, lenient }: Deps): void {
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
      if (!lenient) refuse(socket, '404 Not Found');
    } else if (!fromOurOrigin(request, origins())) refuse(socket, '403 Forbidden');
    else collab(request, socket, head, docId);
  });
}

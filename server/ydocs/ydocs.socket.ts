import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { createLink, type Link } from './ydocs.link.ts';
import { awarenessMessage, CLOSE } from './ydocs.protocol.ts';
import type { YDocsDeps } from './ydocs.port.ts';
import type { Room } from './ydocs.room.ts';

const MAX_FRAME = 2 * 1024 * 1024; // bytes
const PER_DOC = 600;
const PER_PERSON_AND_DOC = 10;
const SCHEMA = 1;

interface Deps extends Pick<YDocsDeps, 'callerOf' | 'access' | 'cardOf' | 'limited' | 'log'> {
  ownerOf: (doc: string) => Promise<string | undefined>;
  join: (doc: string, link: Link) => Room;
  leave: (doc: string, room: Room, link: Link) => void;
  heartbeat: number;
  slowFor: number;
}

interface Opened {
  room: Room;
  link: Link;
}

/**
 * The y-websocket endpoint. A refusal completes the handshake and then closes with a code, because a client can tell
 * a close code from a broken line and an HTTP status it cannot (contract: Yjs).
 */
export function createYDocsSocket(deps: Deps) {
  const { callerOf, access, cardOf, limited, log, slowFor } = deps;
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME });
  const alive = new Map<WebSocket, boolean>();

  /** Who is it, may they, is there room: a link, or the code that says why not. */
  async function admit(socket: WebSocket, request: IncomingMessage, id: string): Promise<Link | number> {
    const who = await callerOf(request);
    if (who === undefined) return CLOSE.signedOut;
    const owner = await deps.ownerOf(id);
    const right = owner === undefined ? undefined : await access(who.actor, { id, owner });
    if (right === undefined) return CLOSE.notFound;
    const { searchParams } = new URL(request.url ?? '/', 'http://hub');
    const schema = searchParams.get('schema');
    if (schema !== null && Number(schema) < SCHEMA) return CLOSE.tooOld;
    const { actor, session } = who;
    return createLink({
      socket,
      actor,
      session,
      caller: () => callerOf(request),
      role: right.role,
      name: cardOf(actor.person).name,
      slowFor,
      ext: searchParams.get('ext') === '1',
      limited,
    });
  }

  function enter(id: string, link: Link): Opened | undefined {
    const room = deps.join(id, link);
    const mine = [...room.links()].filter((other) => other.person === link.person).length;
    if (room.links().size <= PER_DOC && mine <= PER_PERSON_AND_DOC) return { room, link };
    deps.leave(id, room, link);
    link.close(CLOSE.storage);
    return undefined;
  }

  function serve(socket: WebSocket, request: IncomingMessage, id: string): void {
    // Attached in the same turn as the handshake: a frame that comes before we know who it is waits here, and an
    // error that nobody listened for would end the process.
    const waiting: Uint8Array[] = [];
    let opened: Opened | undefined;
    alive.set(socket, true);
    socket.on('error', () => {
      socket.terminate();
    });
    socket.on('pong', () => alive.set(socket, true));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) socket.close(CLOSE.protocol);
      else if (opened === undefined) {
        if (waiting.push(data) > 64) socket.close(CLOSE.storage);
      } else if (opened.link.admit(data.length)) opened.room.receive(opened.link, data);
    });
    socket.on('close', () => {
      alive.delete(socket);
      if (opened !== undefined) deps.leave(id, opened.room, opened.link);
    });
    admit(socket, request, id).then(
      (link) => {
        if (typeof link === 'number') socket.close(link);
        else if (socket.readyState === socket.OPEN) {
          opened = enter(id, link);
          for (const frame of waiting.splice(0)) if (opened !== undefined) opened.room.receive(link, frame);
        }
      },
      (error: unknown) => {
        log.error({ error, doc: id }, 'document not opened');
        socket.close(CLOSE.storage);
      },
    );
  }

  const quiet = awarenessMessage([]);
  const beat = setInterval(() => {
    for (const [socket, answered] of alive) {
      if (!answered) {
        socket.terminate();
        continue;
      }
      alive.set(socket, false);
      socket.ping();
      if (socket.readyState === socket.OPEN) socket.send(quiet);
    }
  }, deps.heartbeat);

  return {
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, id: string): void => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        serve(webSocket, request, id);
      });
    },

    close: (): void => {
      clearInterval(beat);
      server.close();
    },
  };
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Caller } from '#server/platform/caller.ts';
import type { Log } from '#server/platform/log.ts';
import { createLink, type Link } from './ydocs.link.ts';
import { awarenessMessage, CLOSE } from './ydocs.protocol.ts';
import type { YDocs } from './ydocs.service.ts';

const MAX_FRAME = 2 * 1024 * 1024; // bytes
const HEARTBEAT = 15_000; // ms; a stock client drops a connection that is silent for thirty seconds
const PER_DOC = 600;
const PER_PERSON_AND_DOC = 10;
const SCHEMA = 1;

interface Deps {
  ydocs: YDocs;
  /** The caller behind a request's cookie, or undefined. */
  caller: (request: IncomingMessage) => Promise<Caller | undefined>;
  nameOf: (person: string) => string;
  limited: boolean;
  log: Log;
}

type Opened = { room: ReturnType<YDocs['join']>; link: Link };

/**
 * The y-websocket endpoint. A refusal completes the handshake and then closes with a code, because a client can tell
 * a close code from a broken line and an HTTP status it cannot (contract: Yjs).
 */
export function createYDocsSocket({ ydocs, caller, nameOf, limited, log }: Deps) {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME });
  const alive = new Map<WebSocket, boolean>();
  const sessions = new Map<Link, string>();

  /** Who is it, may they, is there room: a link, or the code that says why not. */
  async function admit(socket: WebSocket, request: IncomingMessage, id: string): Promise<Link | number> {
    const who = await caller(request);
    if (who === undefined) return CLOSE.signedOut;
    const owner = await ydocs.ownerOf(id);
    const role = owner === undefined ? undefined : await ydocs.access(who.actor, owner, id);
    if (role === undefined) return CLOSE.notFound;
    const { searchParams } = new URL(request.url ?? '/', 'http://hub');
    const schema = searchParams.get('schema');
    if (schema !== null && Number(schema) < SCHEMA) return CLOSE.tooOld;
    const ext = searchParams.get('ext') === '1';
    const name = nameOf(who.actor.person);
    const link = createLink({ socket, actor: who.actor, role, name, ext, limited });
    sessions.set(link, who.session);
    return link;
  }

  function enter(id: string, link: Link): Opened | undefined {
    const room = ydocs.join(id, link);
    const mine = [...room.links()].filter((other) => other.person === link.person).length;
    if (room.links().size <= PER_DOC && mine <= PER_PERSON_AND_DOC) return { room, link };
    ydocs.leave(id, room, link);
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
      if (opened === undefined) return;
      sessions.delete(opened.link);
      ydocs.leave(id, opened.room, opened.link);
    });
    admit(socket, request, id).then(
      (link) => {
        if (typeof link === 'number') socket.close(link);
        else if (socket.readyState !== socket.OPEN) sessions.delete(link);
        else {
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
  }, HEARTBEAT);

  return {
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, id: string): void => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        serve(webSocket, request, id);
      });
    },

    /** Ends the documents of a session, or of all sessions of a person. */
    end: (who: { session?: string; person?: string }): void => {
      ydocs.end((link) => link.person === who.person || sessions.get(link) === who.session);
    },

    close: (): void => {
      clearInterval(beat);
      server.close();
    },
  };
}

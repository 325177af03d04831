import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';
import type { AppError } from '#shared/wire/error.ts';
import type { Caller } from '#server/platform/caller.ts';
import { PatientServer } from '#server/platform/patience.ts';
import { SCHEMA } from './ydocs.crowd.ts';
import { createLink, type Link } from './ydocs.link.ts';
import type { YDocsLog } from './ydocs.log.ts';
import type { DocAccess, YDocsDeps } from './ydocs.port.ts';
import { CLOSE } from './ydocs.protocol.ts';
import type { Room } from './ydocs.room.ts';
import type { Rooms } from './ydocs.rooms.ts';

const MAX_FRAME = 2 * 1024 * 1024; // bytes
const PER_DOC = 600;
const PER_PERSON_AND_DOC = 10;
const PER_PERSON = 30;
const LAST_WORD = 1_000; // ms for everybody's closing handshake when the hub stops

interface Deps extends Pick<YDocsDeps, 'callerOf' | 'access' | 'cardOf' | 'limited' | 'log'> {
  /** Where other processes change rights too: resolves when what they changed by now is known here. */
  current: (() => Promise<void>) | undefined;
  rightsVersion: () => number;
  docs: YDocsLog;
  rooms: Rooms;
  /** Asks again what a connection may do, and acts on it. */
  recheck: (id: string, room: Room, link: Link) => Promise<void>;
}

interface Admitted {
  caller: Caller;
  access: DocAccess;
  ext: boolean;
}

/** The message of the protocol that carries an edit: sync, update. */
const isUpdate = (data: Buffer): boolean => data[0] === 0 && data[1] === 2;

const isOld = (schema: string | null): boolean => schema !== null && !(Number(schema) >= SCHEMA);

/**
 * The y-websocket endpoint. Who it is and what they may is asked before the handshake is completed, so that no frame
 * can come from somebody unknown. A refusal completes the handshake and then closes with a code, because a client can
 * tell a close code from a broken line and an HTTP status it cannot (contract: Yjs).
 */
export function createYDocsSocket({ callerOf, access, cardOf, limited, log, ...deps }: Deps) {
  const { current, docs, rooms, recheck, rightsVersion } = deps;
  const server = new PatientServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME });
  let stopped = false;

  /** Who is it, and may they: or the code that says why not. A name nobody gave costs one look at its form. */
  async function admit(request: IncomingMessage, id: string): Promise<Admitted | number> {
    const caller = await callerOf(request, true);
    if (caller === undefined) return CLOSE.signedOut;
    const owner = v.is(Id, id) ? await docs.ownerOf(id) : undefined;
    const right = owner === undefined ? undefined : await access(caller.actor, { id, owner });
    if (right === undefined) return CLOSE.notFound;
    const { searchParams } = new URL(request.url ?? '/', 'http://hub');
    if (isOld(searchParams.get('schema'))) return CLOSE.tooOld;
    if (isFull(id, caller.actor.person)) return CLOSE.storage;
    return { caller, access: right, ext: searchParams.get('ext') === '1' };
  }

  function isFull(id: string, person: string): boolean {
    if (!limited) return false;
    let here = 0;
    let mineHere = 0;
    let mine = 0;
    for (const [doc, room] of rooms.all()) {
      for (const link of room.links()) {
        if (doc === id) here++;
        if (link.person === person) mine++;
        if (doc === id && link.person === person) mineHere++;
      }
    }
    return here >= PER_DOC || mineHere >= PER_PERSON_AND_DOC || mine >= PER_PERSON;
  }

  /** In the turn of the handshake: an error or a frame that nobody listened for would end the process, or be lost. */
  function serve(socket: WebSocket, request: IncomingMessage, { id, admitted }: { id: string; admitted: Admitted }) {
    const { caller } = admitted;
    const { name } = cardOf(caller.actor.person);
    let hasWritten = false;
    const callerNow = (): Promise<Caller | undefined> => {
      const isUse = hasWritten; // a page left open keeps no session alive, somebody who types does
      hasWritten = false;
      return callerOf(request, isUse);
    };
    const { room } = rooms.get(id);
    rooms.stay(id);
    const link = createLink(socket, {
      ...{ ...admitted, name, limited, callerNow, rightsVersion, current },
      ask: () => recheck(id, room, link),
      unasked: (error) => {
        log.error({ error, doc: id }, 'somebody could not be asked, line given up');
        link.close(CLOSE.storage);
      },
    });
    room.join(link);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      hasWritten ||= isUpdate(data);
      if (!isBinary) link.close(CLOSE.protocol);
      else if (!link.isExpelled() && link.admit(data.length)) room.receive(link, data);
    });
    socket.on('close', () => {
      room.leave(link);
      if (room.links().size === 0) rooms.letGo(id);
    });
    // Who lost a right while we asked for it was no link yet when everybody was asked again.
    link.pass(() => undefined);
  }

  async function welcome(request: IncomingMessage, socket: Duplex, { head, id }: { head: Buffer; id: string }) {
    const admitted = await admit(request, id).catch((error: unknown) => {
      log.error({ error, doc: id }, 'nobody could be asked');
      return CLOSE.storage;
    });
    server.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {
        webSocket.terminate();
      });
      if (stopped) webSocket.close(CLOSE.goingAway);
      else if (typeof admitted === 'number') webSocket.close(admitted);
      else serve(webSocket, request, { id, admitted });
    });
  }

  return {
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, id: string): void => {
      socket.on('error', () => {
        socket.destroy(); // a peer that resets while we ask who it is must not end the process
      });
      welcome(request, socket, { head, id }).catch((error: unknown) => {
        log.error({ error, doc: id }, 'nobody let in');
        socket.destroy();
      });
    },

    /** Opens a line in order to say by a code why it is not one. Whoever calls bounds how often. */
    turnAway: (request: IncomingMessage, socket: Duplex, head: Buffer, error: AppError): void => {
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => {
          webSocket.terminate();
        });
        webSocket.close(error.code === 'rate_limited' ? CLOSE.tooFast : CLOSE.storage);
      });
    },

    /** Nobody comes in any more. */
    stop: (): void => {
      stopped = true;
    },

    /** Waits a moment for those who are leaving, then cuts the rest. */
    close: async (): Promise<void> => {
      const open = [...server.clients];
      const left = open.map(
        (webSocket) =>
          new Promise<void>((resolve) => {
            if (webSocket.readyState === webSocket.CLOSED) resolve();
            else
              webSocket.once('close', () => {
                resolve();
              });
          }),
      );
      const cut = setTimeout(() => {
        for (const webSocket of server.clients) webSocket.terminate();
      }, LAST_WORD);
      await Promise.all(left);
      clearTimeout(cut);
      server.close();
    },
  };
}

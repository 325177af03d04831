import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import * as v from 'valibot';
import { AppError } from '#shared/wire/error.ts';
import { errorReply } from '#shared/wire/reply.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import type { Moved } from './bus.ts';
import type { OpenLine, Sessions } from './caller.ts';
import type { Dispatch } from './dispatch.ts';
import { frameOf, isTooSlow, writeFrames } from './engine.ts';
import { CloseInput, createFollow, OpenInput, RangeInput, type Follow, type Follower } from './follow.ts';
import { rateOf, type Limiter } from './limits.ts';
import { LINES } from './lines.ts';
import type { Log } from './log.ts';
import { cookieName, readCookie } from './origin.ts';
import { PatientServer } from './patience.ts';
import { createPresence, type Presence } from './presence.ts';
import type { OpenReader } from './reader.ts';
import type { Streams } from './streams.ts';
import { entrance, onlyFirst } from './upgrades.ts';

/*
 * The one place where Socket.IO is spoken. Every handler goes through `handle`: is there a callback, is it allowed
 * now, does it parse, who asks, run, reply. A client that omits the callback or sends anything at all ends no process.
 */

const FRAME_LIMIT = 64 * 1024; // bytes; a command is text of 8 KiB at most
const CONNECT_TIMEOUT = 5_000; // ms until a connection must have said what it is
const PING_INTERVAL = 10_000;
const PING_TIMEOUT = 5_000; // a black hole is noticed after 15 s instead of 45
const HEADS_EVERY = 25_000;
const STRANGE_NAMES = 5; // unknown event names before a socket is closed

interface Deps {
  http: HttpServer;
  origins: () => readonly string[];
  sessions: Sessions;
  dispatch: Dispatch;
  streams: Streams;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  access: { version: () => number };
  limiter: Limiter | undefined;
  admit: (request: IncomingMessage) => Promise<void>;
  turned: (code: string) => void;
  log: Log;
}

interface SocketData extends OpenLine {
  open: Set<string>;
  follower: Follower & { id: string };
  strange: number;
  slowSince: number | undefined;
}

type LinliSocket = Socket<never, never, never, SocketData>;
type Ack = (reply: object) => void;

export type Sockets = ReturnType<typeof createSockets>;

function openServer(deps: Deps): Server {
  const io = new Server(deps.http, {
    transports: ['websocket'],
    allowEIO3: false,
    serveClient: false,
    destroyUpgrade: false, // else Engine.IO ends our other endpoint's handshakes after a second
    maxHttpBufferSize: FRAME_LIMIT,
    connectTimeout: CONNECT_TIMEOUT,
    pingInterval: PING_INTERVAL,
    pingTimeout: PING_TIMEOUT,
    perMessageDeflate: false,
    wsEngine: PatientServer,
    httpCompression: false,
    // No connectionStateRecovery: it skips authentication and restores old rooms (security #10).
    allowRequest: entrance(deps),
  });
  deps.http.prependListener('upgrade', onlyFirst);
  return io;
}

export function createSockets(deps: Deps) {
  const { dispatch, limiter, log, sessions, streams } = deps;
  const io = openServer(deps);
  const sockets = new Map<string, LinliSocket>();

  const emit = (ids: readonly string[], event: string, ...args: unknown[]): void => {
    if (ids.length > 0) io.local.to([...ids]).emit(event, ...args);
  };

  const follow: Follow = createFollow({
    streams,
    readers: deps.readers,
    access: deps.access,
    log,
    send: (to, events: readonly WireEvent[]) => {
      const frames = Buffer.concat(events.map((event) => frameOf('stream:event', event)));
      for (const follower of to as readonly SocketData['follower'][]) {
        const socket = sockets.get(follower.id);
        if (socket === undefined || !keepsUp(socket) || writeFrames(socket.conn, frames)) continue;
        for (const event of events) emit([follower.id], 'stream:event', event);
      }
    },
  });
  const presence: Presence = createPresence({
    emit: (ids, event, body) => {
      emit(ids, event, body);
    },
  });

  /** Live sends stop for a socket that does not read; after ten seconds it is closed and catches up by range. */
  function keepsUp(socket: LinliSocket): boolean {
    if (!isTooSlow(socket.conn)) {
      socket.data.slowSince = undefined;
      return true;
    }
    socket.data.slowSince ??= Date.now();
    if (Date.now() - socket.data.slowSince > 10_000) socket.conn.close(true);
    return false;
  }

  /** A socket follows a stream no more: nothing of it is sent there, nor is anybody shown in it. */
  function leave(socket: LinliSocket, stream: string): void {
    socket.data.open.delete(stream);
    presence.leave(socket.id, [stream]);
  }

  const builtIn: Record<string, (socket: LinliSocket, input: unknown) => Promise<object>> = {
    'stream:open': async (socket, input) => {
      const parsed = parse(OpenInput, input);
      try {
        return await follow.open(socket.data.follower, parsed);
      } finally {
        // Asked now: the right may have gone, or the socket have left, while the answer was being read.
        if (!socket.connected) follow.close(socket.data.follower, parsed.stream);
        if (follow.holds(socket.data.follower, parsed.stream)) socket.data.open.add(parsed.stream);
        else leave(socket, parsed.stream);
      }
    },
    'stream:range': (socket, input) => follow.range(socket.data.follower, parse(RangeInput, input)),
    'stream:close': (socket, input) => {
      const { stream } = parse(CloseInput, input);
      follow.close(socket.data.follower, stream);
      leave(socket, stream);
      return Promise.resolve({});
    },
  };

  async function run(socket: LinliSocket, name: string, input: unknown): Promise<object> {
    limiter?.take(`${socket.data.person} ${name}`, rateOf(name));
    const special = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined;
    if (special !== undefined) return special(socket, input);
    const caller = await sessions.again(socket.data, true);
    if (caller === undefined) throw new AppError('unauthenticated');
    return dispatch.ask(name, caller, input);
  }

  async function handle(socket: LinliSocket, name: string, args: unknown[]): Promise<void> {
    const ack = args.at(-1);
    const input = args[0];
    // Without a callback there is nobody to answer; the command is not run, since its sender could not know.
    if (typeof ack !== 'function' || args.length !== 2) {
      if (typeof ack === 'function') (ack as Ack)(errorReply(new AppError('bad_input', 'One input and a callback.')));
      return;
    }
    const reply = ack as Ack;
    try {
      reply({ ok: true, ...(await run(socket, name, input)) });
    } catch (thrown) {
      const error = dispatch.asAppError(thrown, name);
      reply(errorReply(error));
      if (error.code === 'unauthenticated') socket.disconnect(true);
    }
  }

  function received(socket: LinliSocket, name: unknown, args: unknown[]): void {
    if (typeof name === 'string' && presence.take(socket.id, socket.data, name, args[0])) return;
    if (typeof name !== 'string' || !(Object.hasOwn(builtIn, name) || dispatch.has(name))) {
      const ack = args.at(-1);
      if (typeof ack === 'function') (ack as Ack)(errorReply(new AppError('not_found', 'There is no such command.')));
      if (++socket.data.strange >= STRANGE_NAMES) socket.disconnect(true);
      return;
    }
    void handle(socket, name, args);
  }

  io.use((socket: LinliSocket, next) => {
    const secret = readCookie(socket.request, cookieName(deps.origins()));
    const admit = async (): Promise<void> => {
      const caller = secret === undefined ? undefined : await sessions.caller(secret);
      if (caller === undefined) throw new AppError('unauthenticated');
      const id = socket.id;
      const line = { person: caller.actor.person, session: caller.session, key: caller.key };
      socket.data = {
        ...line,
        open: new Set(),
        strange: 0,
        slowSince: undefined,
        follower: {
          id,
          actor: async () => (await sessions.again(line, false))?.actor,
          lost: (stream) => {
            leave(socket, stream);
            emit([id], 'stream:lost', { stream });
          },
        },
      };
    };
    admit().then(
      () => {
        next();
      },
      (error: unknown) => {
        const known = dispatch.asAppError(error, 'connect');
        next(Object.assign(new Error(known.code), { data: errorReply(known) }));
      },
    );
  });

  io.on('connection', (socket: LinliSocket) => {
    sockets.set(socket.id, socket);
    const own = [...sockets.values()].filter((other) => other.data.person === socket.data.person);
    // Told to go, clients stay away or come back late: pages do not throw each other out in turns.
    if (limiter !== undefined && own.length > LINES.person) own[0]?.disconnect(true);
    socket.onAny((name: unknown, ...args: unknown[]) => {
      received(socket, name, args);
    });
    socket.on('disconnect', () => {
      sockets.delete(socket.id);
      follow.closeAll(socket.data.follower, socket.data.open);
      presence.leave(socket.id, socket.data.open);
    });
  });

  /** Regularly and without being asked: is the session still running, and where do the streams stand. */
  async function lookAfter(socket: LinliSocket): Promise<void> {
    if ((await sessions.again(socket.data, false)) === undefined) {
      emit([socket.id], 'session:ended', { reason: 'expired' });
      socket.disconnect(true);
      return;
    }
    if (socket.data.open.size === 0 || !keepsUp(socket)) return;
    emit([socket.id], 'stream:heads', await follow.heads(socket.data.open));
  }

  const heads = setInterval(() => {
    for (const socket of sockets.values()) {
      lookAfter(socket).catch((error: unknown) => {
        log.error({ error }, 'heads not read');
      });
    }
  }, HEADS_EVERY);

  const of = (matches: (data: SocketData) => boolean): LinliSocket[] =>
    [...sockets.values()].filter((socket) => matches(socket.data));

  return {
    announce: follow.announce,
    recheck: follow.recheck,
    presence,

    /** How many sockets are connected, for /metrics. */
    count: (): number => sockets.size,

    /** Tells somebody's devices how far they have read. Lost without harm. */
    moved: ({ person, ...body }: Moved): void => {
      const ids = of((data) => data.person === person).map(({ id }) => id);
      emit(ids, 'read:moved', body);
    },

    /** Ends the connections of a session, or of all sessions of a person, telling them why. */
    end: (who: { session?: string; person?: string }, reason: string): void => {
      for (const socket of of((data) => data.session === who.session || data.person === who.person)) {
        emit([socket.id], 'session:ended', { reason });
        socket.disconnect(true);
      }
    },

    /** Cuts the connections opened with a secret. Not told to go: their pages come back soon. */
    cut: (key: string): void => {
      for (const socket of of((data) => data.key === key)) socket.conn.close();
    },

    close: async (): Promise<void> => {
      clearInterval(heads);
      presence.close();
      await io.close();
    },
  };
}

function parse<S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, input);
  if (!parsed.success) throw new AppError('bad_input', 'The input is not as expected.');
  return parsed.output;
}

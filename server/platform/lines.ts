import { createServer, type IncomingMessage, type Server } from 'node:http';
import { AppError } from '#shared/wire/error.ts';
import type { Limiter, Rate } from './limits.ts';

/*
 * How many lines stay open at once, and for how long one may be there without having said what it wants. The same for
 * commands and live texts (security #3, #9).
 */

/** Open lines at most. */
export const LINES = {
  /** Sockets of one person: the ninth closes the oldest. For lines to live texts there are limits of their own. */
  person: 8,
  /** Of each kind from one address; a whole office may stand behind one, so it is no limit for a person. */
  address: 200,
  /** From one address and in all, of those who show no session that runs: each is let in to hear that it is over. */
  strangers: 20,
  allStrangers: 1_000,
  /** Of both kinds, in this process. */
  all: 10_000,
};

/** Handshakes from one address without a session that runs, counted whether or not there was room. */
const STRANGERS: Rate = { burst: 60, perMinute: 60 };

const AGAIN = 10; // seconds, after which there may be room

/** TCP connections, idle ones among them: lines, and what asks over HTTP beside them. Beyond it nobody is accepted. */
const CONNECTIONS = 15_000;
const HEADERS_WITHIN = 5_000; // ms for the whole head of a request, counted from the connection where it is the first
const REQUEST_WITHIN = 300_000; // ms for all of it: 20 MiB over a slow line
const LOOKED_AT_EVERY = 1_000;

/** A server whose connections cannot be held without asking for something. Listens nowhere yet. */
export function createHttpServer(): Server {
  const server = createServer({
    headersTimeout: HEADERS_WITHIN,
    requestTimeout: REQUEST_WITHIN,
    connectionsCheckingInterval: LOOKED_AT_EVERY,
  });
  server.maxConnections = CONNECTIONS;
  return server;
}

export type Kind = 'socket' | 'text';

interface Deps {
  /** None where limits are off. */
  limiter: Limiter | undefined;
  /** Undefined where it is not known: a limit for one would be a limit for all. */
  addressOf: (request: IncomingMessage) => string | undefined;
  /** Whether the request shows a session that runs. */
  isKnown: (request: IncomingMessage) => Promise<boolean>;
}

/** Counts open lines by where they come from, from before the handshake until their connection is closed. */
export function createLines({ limiter, addressOf, isKnown }: Deps) {
  const open = new Map<string, number>();

  function count(key: string, by: number): void {
    const now = (open.get(key) ?? 0) + by;
    if (now === 0) open.delete(key);
    else open.set(key, now);
  }

  function placesOf(address: string | undefined, kind: Kind, known: boolean): (readonly [string, number])[] {
    const everywhere = ['all', LINES.all] as const;
    if (known) return [everywhere, ...(address === undefined ? [] : [[`${kind} ${address}`, LINES.address] as const])];
    // Strangers take no place of their neighbours who have a session: an attacker may sit in the same office.
    const here = address === undefined ? [] : [[`stranger ${address}`, LINES.strangers] as const];
    return [everywhere, ['strangers', LINES.allStrangers], ...here];
  }

  return {
    /** How many lines are open from one place, for tests and figures: `all`, `socket 203.0.113.7` … */
    count: (key: string): number => open.get(key) ?? 0,

    /** Takes a place for a line about to be opened. Throws `rate_limited` with `retryAfter` where there is none. */
    admit: async (request: IncomingMessage, kind: Kind): Promise<void> => {
      if (limiter === undefined) return;
      const known = await isKnown(request);
      // From here on in one turn: of two who ask at once only one gets the last place.
      const address = addressOf(request);
      if (!known && address !== undefined) limiter.take(`${address} handshake`, STRANGERS);
      const places = placesOf(address, kind, known);
      // One that broke off while we asked has said so already, and would never give its place back.
      const isGone = request.socket.destroyed;
      if (isGone || places.some(([key, most]) => (open.get(key) ?? 0) >= most))
        throw new AppError('rate_limited', `Please wait ${AGAIN} s.`, { retryAfter: AGAIN });
      for (const [key] of places) count(key, 1);
      request.socket.once('close', () => {
        for (const [key] of places) count(key, -1);
      });
    },
  };
}

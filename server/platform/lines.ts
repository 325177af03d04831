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
  /** Of each kind, of one person: what they may keep, and some that have just come or are closing. */
  known: 50,
  /** From one address, while it is asked whose they are: all of an office come back at once after a restart. */
  asking: 1_000,
  /** From one address and in all, of those who show no session that runs: each is let in to hear that it is over. */
  strangers: 20,
  allStrangers: 1_000,
  /** Of both kinds, in this process. */
  all: 10_000,
};

/** Handshakes from one address without a session that runs, counted whether or not there was room. */
const STRANGERS: Rate = { burst: 60, perMinute: 60 };

/** Lines opened only to be closed with the code that says why, from one address and in all. */
const TURNED_AWAY: Rate = { burst: 20, perMinute: 60 };
const ALL_TURNED_AWAY: Rate = { burst: 200, perMinute: 1200 };

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
  /** Whose session a request shows; undefined where it shows none that runs. */
  personOf: (request: IncomingMessage) => Promise<string | undefined>;
}

/** A count, and how far it goes. */
type Place = readonly [key: string, most: number];

const EVERYWHERE: Place = ['all', LINES.all];

/** Strangers take no place of their neighbours who have a session: an attacker may sit in the same office. */
const placesOfStranger = (address: string | undefined): Place[] => [
  ...[EVERYWHERE, ['strangers', LINES.allStrangers] as const],
  ...(address === undefined ? [] : [[`stranger ${address}`, LINES.strangers] as const]),
];

/**
 * Counts open lines from before the handshake until their connection is closed: people's by person, since thousands may
 * stand behind one address and none of them may take it all, and by address those of whom nobody is known.
 */
export function createLines({ limiter, addressOf, personOf }: Deps) {
  const open = new Map<string, number>();

  function count(key: string, by: number): void {
    const now = (open.get(key) ?? 0) + by;
    if (now === 0) open.delete(key);
    else open.set(key, now);
  }

  /** Takes all of the places or none. The answer gives them back, once. */
  function take(places: readonly Place[]): () => void {
    if (places.some(([key, most]) => (open.get(key) ?? 0) >= most))
      throw new AppError('rate_limited', `Please wait ${AGAIN} s.`, { retryAfter: AGAIN });
    for (const [key] of places) count(key, 1);
    return () => {
      for (const [key] of places) count(key, -1);
    };
  }

  /** Whose line it is, with a place of its own while that is being asked. */
  async function askWhose(request: IncomingMessage, address: string | undefined): Promise<string | undefined> {
    const giveBack = take([
      EVERYWHERE,
      ...(address === undefined ? [] : [[`asking ${address}`, LINES.asking] as const]),
    ]);
    return personOf(request).finally(giveBack);
  }

  return {
    /** How many lines are open of one kind, for tests and figures: `all`, `stranger 203.0.113.7` … */
    count: (key: string): number => open.get(key) ?? 0,

    /** Takes a place for a line about to be opened. Throws `rate_limited` with `retryAfter` where there is none. */
    admit: async (request: IncomingMessage, kind: Kind): Promise<void> => {
      if (limiter === undefined) return;
      const address = addressOf(request);
      const person = await askWhose(request, address);
      // From here on in one turn: of two who ask at once only one gets the last place.
      if (person === undefined && address !== undefined) limiter.take(`${address} handshake`, STRANGERS);
      // One that broke off while we asked has said so already, and would never give its place back.
      if (request.socket.destroyed) throw new AppError('rate_limited');
      const places =
        person === undefined ? placesOfStranger(address) : [EVERYWHERE, [`${kind} of ${person}`, LINES.known] as const];
      request.socket.once('close', take(places));
    },

    /** Whether there is the time to open a line only in order to say why it is closed. */
    mayTurnAway: (request: IncomingMessage): boolean => {
      try {
        const address = addressOf(request);
        if (address !== undefined) limiter?.take(`${address} turned away`, TURNED_AWAY);
        limiter?.take('all turned away', ALL_TURNED_AWAY);
        return true;
      } catch {
        return false;
      }
    },
  };
}

import * as v from 'valibot';
import { newId } from './crypto.ts';
import type { Log } from './log.ts';

/*
 * How processes of one hub tell each other that something happened: Redis publish/subscribe. A hint, never the truth.
 * It may be lost, doubled, late or false, and costs at most time: whoever hears one asks the store. So nothing is
 * waited for here, nothing is kept while Redis is away, and a Redis that is silent counts as away.
 */

const CHANNEL = 'linli';
const BEAT_EVERY = 1_000; // ms between two of our own words to ourselves
const DEAF_AFTER = 2_500; // ms without hearing them: the way through Redis does not work, whatever its sockets say
const BACK_WITHIN = 2_000; // ms between two tries to reach it
const MOST_WAITING = 10_000; // commands to a Redis that takes them and does not answer
const MAX_HINT = 64 * 1024; // characters

const Hints = {
  /** Something was written on a stream. */
  written: v.strictObject({ stream: v.pipe(v.string(), v.maxLength(200)), seq: v.pipe(v.number(), v.safeInteger()) }),
  /** A session was ended. */
  ended: v.strictObject({ person: v.string(), session: v.string() }),
  /** Somebody has read on; for their other devices. */
  moved: v.strictObject({ person: v.string(), stream: v.pipe(v.string(), v.maxLength(200)), seq: v.number() }),
};
const Said = v.strictObject({ from: v.string(), kind: v.string(), body: v.unknown() });

export type Hint = keyof typeof Hints;
export type BodyOf<K extends Hint> = v.InferOutput<(typeof Hints)[K]>;
/** Somebody has read a stream up to here. */
export type Moved = BodyOf<'moved'>;
type Listener = (body: never) => void;

export interface Bus {
  /** Tells the other processes, if that is possible now. */
  say: <K extends Hint>(kind: K, body: BodyOf<K>) => void;
  on: <K extends Hint>(kind: K, listener: (body: BodyOf<K>) => void) => void;
  /** Whether what is said arrives, as far as that can be known. */
  isUp: () => boolean;
  close: () => Promise<void>;
}

/** Of a hub that was given no Redis: others find what happened by looking. */
export const noBus: Bus = {
  say: () => undefined,
  on: () => undefined,
  isUp: () => false,
  close: () => Promise.resolve(),
};

function parsed(text: string): v.InferOutput<typeof Said> | undefined {
  try {
    const said = v.safeParse(Said, JSON.parse(text));
    return said.success ? said.output : undefined;
  } catch {
    return undefined;
  }
}

/** Joins the others. Resolves at once, with Redis there or not: it is tried for until `close`. */
export async function joinBus(url: string, log: Log): Promise<Bus> {
  const { createClient } = await import('@redis/client'); // no part of a hub that has none
  const me = newId();
  const listeners = new Map<string, Listener[]>();
  let heard = -Infinity; // when our own word last came back
  let wasUp = false;
  const ways = {
    url,
    ...{ disableOfflineQueue: true, commandsQueueMaxLength: MOST_WAITING, disableClientInfo: true },
    socket: { connectTimeout: BACK_WITHIN, reconnectStrategy: () => Math.random() * BACK_WITHIN },
  };
  const [speaker, ear] = [createClient(ways), createClient(ways)];
  const isUp = (): boolean => performance.now() - heard < DEAF_AFTER;

  // A client without a listener for its errors ends the process (node-redis).
  for (const client of [speaker, ear]) {
    client.on('error', (error: unknown) => {
      log.debug({ error }, 'Redis does not answer');
    });
  }

  function hear(text: string): void {
    const said = text.length > MAX_HINT ? undefined : parsed(text);
    if (said === undefined) return;
    if (said.from === me) {
      heard = performance.now();
      return;
    }
    if (!Object.hasOwn(Hints, said.kind)) return; // of a newer version
    const body = v.safeParse(Hints[said.kind as Hint], said.body);
    if (body.success) for (const listener of listeners.get(said.kind) ?? []) listener(body.output as never);
  }

  function publish(kind: string, body: unknown): void {
    if (!speaker.isReady) return;
    speaker.publish(CHANNEL, JSON.stringify({ from: me, kind, body })).catch(() => undefined);
  }

  const beat = setInterval(() => {
    publish('beat', {});
    if (isUp() === wasUp) return;
    wasUp = isUp();
    if (wasUp) log.info('the other processes are heard through Redis');
    else log.warn('Redis does not answer: what other processes write is looked for in the store');
  }, BEAT_EVERY).unref();

  speaker.connect().catch(() => undefined); // told by its event; both are tried again until they are destroyed
  ear.connect().catch(() => undefined);
  /** A client takes its subscriptions up again by itself, but not one that failed. */
  let subscribed: Promise<void> | undefined;
  ear.on('ready', () => {
    subscribed ??= ear.subscribe(CHANNEL, hear).catch(() => {
      subscribed = undefined;
    });
  });

  return {
    say: (kind, body) => {
      publish(kind, body);
    },
    on: (kind, listener) => {
      listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);
    },
    isUp,
    close: (): Promise<void> => {
      clearInterval(beat);
      speaker.destroy();
      ear.destroy();
      return Promise.resolve();
    },
  };
}

import { createSubscriber } from 'svelte/reactivity';
import { AppError } from '#shared/wire/error.ts';
import { DEADLINE, exchange, opened, overHttp, type Http } from './http.ts';
import type { Heard, Line, Opened, Ranged, Status } from './line.ts';
import { Wire, type OpenPipe } from './wire.ts';

/*
 * The one socket of this page. Every attempt is a fresh connection and an old one is dead for good, so that nothing
 * queued inside it is ever sent late. Who closes it: `stop()`, which the page calls on signing out.
 *
 *   stopped → connecting ⇄ online          status `offline` once nothing was heard for 12 s
 *
 * Nothing is buffered or recovered here: an unanswered command is repeated by the outbox, missing events are fetched
 * by seq.
 */

/** Silence after which the page calls itself offline, in ms. The server pings every 10 s (security.md §3.3). */
const SILENCE = 12_000;
/** Full jitter over 2 s, doubling to 30 s: after a restart the hub must not meet all its clients at once. */
const FIRST_DELAY = 2000;
const LONGEST_DELAY = 30_000;

export interface SocketOptions extends Http {
  /** Called when the server no longer knows this session. */
  onSignedOut?: () => void;
  hasNetwork?: () => boolean;
  /** For programs outside a browser, whose WebSocket takes the headers. */
  open?: OpenPipe;
  random?: () => number;
  now?: () => number;
}

export interface Socket extends Line {
  start: () => void;
  stop: () => void;
  /** The page became visible, or the system says the network is back: look now instead of at the next turn. */
  wake: () => void;
  /** The system says the network is gone, long before the silence would. */
  lose: () => void;
}

/** A line over Socket.IO, WebSocket only, signed in by the session cookie. */
export function createSocket(options: SocketOptions): Socket {
  return new OneSocket(options);
}

class OneSocket implements Socket {
  readonly #options: SocketOptions;
  readonly #listeners = new Map<string, Set<(payload: unknown) => void>>();
  readonly #watchers = new Set<(status: Status) => void>();
  #wire: Wire | undefined;
  #status: Status = 'connecting';
  #blocked = false;
  #failures = 0;
  #heardAt = 0;
  #turn: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #update: (() => void) | undefined;
  readonly #track = createSubscriber((update) => {
    this.#update = update;
    return () => (this.#update = undefined);
  });

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  get status(): Status {
    this.#track();
    return this.#status;
  }

  get blocked(): boolean {
    this.#track();
    return this.#blocked;
  }

  start = (): void => {
    if (this.#watch !== undefined) return;
    this.#heardAt = this.#now();
    this.#watch = setInterval(() => {
      this.#listen();
    }, 1000);
    if (this.#options.hasNetwork?.() === false) this.#become('offline');
    this.#connect();
  };

  stop = (): void => {
    clearInterval(this.#watch);
    clearTimeout(this.#turn);
    this.#watch = undefined;
    this.#drop();
    this.#blocked = false;
    this.#become('connecting');
  };

  wake = (): void => {
    if (this.#watch === undefined) return;
    this.#listen();
    if (this.#wire?.connected === true) return;
    this.#failures = 0;
    this.#connect();
  };

  lose = (): void => {
    this.#wire?.close();
  };

  request: Line['request'] = async (name, input) => (await this.ask(name, input)) as never;

  ask = async (name: string, input: object): Promise<Record<string, unknown>> => {
    try {
      if (this.#wire?.connected !== true && this.#blocked) return await overHttp(this.#options, name, input);
      return await this.#emit(name, input);
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') this.#options.onSignedOut?.();
      throw error;
    }
  };

  open = async (stream: string, have: number): Promise<Opened> =>
    (await this.#emit('stream:open', { stream, have })) as unknown as Opened;

  range = async (stream: string, from: number, to: number): Promise<Ranged> =>
    (await this.#emit('stream:range', { stream, from, to })) as unknown as Ranged;

  close = (stream: string): void => {
    // An answer is asked for because the server expects to give one; nobody waits for it.
    if (this.#wire?.connected === true) this.#wire.ask('stream:close', { stream }).catch(() => undefined);
  };

  tell = (event: 'typing:on' | 'presence:here', stream: string): void => {
    if (this.#wire?.connected === true) this.#wire.tell(event, { stream });
  };

  on = <E extends keyof Heard>(event: E, listen: (payload: Heard[E]) => void): (() => void) => {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(listen as (payload: unknown) => void));
    return () => all.delete(listen as (payload: unknown) => void);
  };

  onStatus = (listen: (status: Status) => void): (() => void) => {
    this.#watchers.add(listen);
    return () => this.#watchers.delete(listen);
  };

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #become(status: Status): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#update?.();
    for (const listen of this.#watchers) listen(status);
  }

  /** Silence is measured on the wall clock, which goes on while a phone sleeps; a jump costs one reconnection. */
  #listen(): void {
    if (this.#status === 'offline' || Math.abs(this.#now() - this.#heardAt) < SILENCE) return;
    this.#become('offline');
    if (this.#wire?.connected === true) this.#again();
  }

  #connect(): void {
    clearTimeout(this.#turn);
    this.#drop();
    // Every handler asks whether its wire is still the one: an old one speaks up once more when it is closed.
    const mine = (act: () => void): void => {
      if (this.#wire === wire) act();
    };
    const hearing = {
      connected: () => {
        mine(this.#online);
      },
      gone: () => {
        mine(this.#again);
      },
      heard: () => {
        mine(() => (this.#heardAt = this.#now()));
      },
      refused: (data: unknown) => {
        if (codeOf(data) === 'unauthenticated') mine(() => this.#options.onSignedOut?.());
      },
      event: (name: string, payload: unknown) => {
        mine(() =>
          this.#listeners.get(name)?.forEach((listen) => {
            listen(payload);
          }),
        );
      },
    };
    const wire = new Wire(this.#options.origin, hearing, this.#options.open);
    this.#wire = wire;
  }

  readonly #online = (): void => {
    this.#failures = 0;
    this.#blocked = false;
    this.#become('online');
  };

  /** The line is gone, or was not to be had: once more after a while that nobody else has chosen too. */
  readonly #again = (): void => {
    this.#drop();
    if (this.#status === 'online') this.#become('connecting');
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    this.#failures += 1;
    if (this.#failures > 1) void this.#probe();
    const random = this.#options.random?.() ?? Math.random();
    clearTimeout(this.#turn);
    this.#turn = setTimeout(() => {
      this.#connect();
    }, random * longest);
  };

  #drop(): void {
    const old = this.#wire;
    this.#wire = undefined;
    old?.close();
  }

  /**
   * Two attempts failed: does HTTP get through? A refused upgrade looks like a dead network from inside a page, so
   * this is also how it learns that its session is over.
   */
  async #probe(): Promise<void> {
    const failures = this.#failures;
    let through = false;
    try {
      await exchange(this.#options, '/api/session');
      through = true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') this.#options.onSignedOut?.();
    }
    // After the await: a connection may have come about, or the page may have been stopped.
    if (this.#watch === undefined || this.#failures < failures || through === this.#blocked) return;
    this.#blocked = through;
    this.#update?.();
    for (const listen of this.#watchers) listen(this.#status);
  }

  async #emit(name: string, input: object): Promise<Record<string, unknown>> {
    const wire = await this.#connected();
    let reply: unknown;
    try {
      reply = await wire.ask(name, input);
    } catch (cause) {
      throw new AppError('unknown', String(cause));
    }
    return opened(reply);
  }

  /** Waits for the line to be made, but not where the page already knows that it is offline. */
  #connected(): Promise<Wire> {
    if (this.#wire?.connected === true) return Promise.resolve(this.#wire);
    if (this.#status === 'offline' || this.#watch === undefined) return Promise.reject(new AppError('offline'));
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        off();
        if (this.#wire?.connected === true) resolve(this.#wire);
        else reject(new AppError('offline'));
      };
      const timer = setTimeout(settle, DEADLINE);
      const off = this.onStatus(settle);
    });
  }
}

/** The code of a refused handshake, which comes in the envelope of the contract. */
function codeOf(reply: unknown): string | undefined {
  try {
    opened(reply);
    return undefined;
  } catch (error) {
    return error instanceof AppError ? error.code : undefined;
  }
}

import { createSubscriber } from 'svelte/reactivity';
import type { Socket as Wire } from 'socket.io-client';
import { AppError } from '#shared/wire/error.ts';
import { codeOf, dial } from './dial.ts';
import { DEADLINE, exchange, opened, overHttp, tryOverHttp, type Http } from './http.ts';
import type { Heard, Line, Opened, Ranged, Status } from './line.ts';

/*
 * The one socket of this page. Every attempt is a fresh connection and an old one is dead for good, so that nothing
 * queued inside it is ever sent late. Who closes it: `stop()`, which the page calls on signing out.
 *
 *   stopped → connecting ⇄ online          status `offline` once nothing was heard for 12 s
 *
 * Socket.IO's own reconnection, send buffer and state recovery are not used: an unanswered command is repeated by
 * the outbox, missing events are fetched by seq.
 */

/** Silence after which the page calls itself offline, in ms. The server pings every 10 s (security.md §3.3). */
const SILENCE = 12_000;
/** Full jitter over 2 s, doubling to 30 s: after a restart the hub must not meet all its clients at once. */
const FIRST_DELAY = 2000;
const LONGEST_DELAY = 30_000;
/** As after so many failures: whoever is told to go comes back within the longest delay, and speaks over HTTP till then. */
const TOLD_TO_GO = 4;

const HEARD = [
  'stream:event',
  'stream:heads',
  'stream:lost',
  'read:moved',
  'session:ended',
  'presence:people',
  'typing:people',
] as const;

export interface SocketOptions extends Http {
  /** Called when the server no longer knows this session. */
  onSignedOut?: () => void;
  /** Queries a page begins with. Until there is a line, which takes several trips to make, they go over HTTP at once. */
  early?: ReadonlySet<string>;
  hasNetwork?: () => boolean;
  random?: () => number;
  now?: () => number;
}

export interface Socket extends Line {
  start: () => void;
  stop: () => void;
  /** The page became visible, or the system says the network is back: look now instead of at the next turn. */
  wake: () => void;
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
  /** There has been a line. */
  #met = false;
  #failures = 0;
  /** Counts connections given up, so that one still being made is known for an old one. */
  #attempts = 0;
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

  request: Line['request'] = async (name, input) => (await this.ask(name, input)) as never;

  ask = async (name: string, input: object): Promise<Record<string, unknown>> => {
    try {
      if (this.#wire?.connected !== true && this.#blocked) return await overHttp(this.#options, name, input);
      const early = this.#options.early?.has(name) === true && !this.#met && this.#status === 'connecting';
      return (early ? await tryOverHttp(this.#options, name, input) : undefined) ?? (await this.#emit(name, input));
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
    if (this.#wire?.connected === true) this.#wire.emit('stream:close', { stream }, () => undefined);
  };

  tell = (event: 'typing:on' | 'presence:here', stream: string): void => {
    if (this.#wire?.connected === true) this.#wire.volatile.emit(event, { stream });
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
    const attempt = this.#attempts;
    const mine = (): boolean => attempt === this.#attempts;
    dial(this.#options).then(
      (wire) => {
        if (mine()) this.#hear(wire);
        else wire.disconnect();
      },
      () => {
        if (mine()) this.#again();
      },
    );
  }

  #hear(wire: Wire): void {
    this.#wire = wire;
    // Every handler asks whether its wire is still the one: an old one may speak up once more while it is closing.
    const mine = (act: () => void) => () => {
      if (this.#wire === wire) act();
    };
    wire.on(
      'connect',
      mine(() => {
        this.#online(wire);
      }),
    );
    wire.on('disconnect', (reason) => {
      if (this.#wire !== wire) return;
      // Told to go, because this person has too many pages open: coming back at once would throw out another one.
      if (reason === 'io server disconnect') this.#failures = TOLD_TO_GO;
      this.#again();
    });
    wire.on('connect_error', (error: Error & { data?: unknown }) => {
      if (this.#wire !== wire) return;
      if (codeOf(error.data) === 'unauthenticated') this.#options.onSignedOut?.();
      this.#again();
    });
    for (const event of HEARD) {
      wire.on(event, (payload: unknown) => {
        if (this.#wire === wire) for (const listen of this.#listeners.get(event) ?? []) listen(payload);
      });
    }
  }

  #online(wire: Wire): void {
    this.#failures = 0;
    this.#met = true;
    this.#blocked = false;
    this.#heardAt = this.#now();
    wire.io.engine.on('packet', () => (this.#heardAt = this.#now()));
    this.#become('online');
  }

  /** The line is gone, or was not to be had: once more after a while that nobody else has chosen too. */
  #again(): void {
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
  }

  #drop(): void {
    this.#attempts += 1;
    const old = this.#wire;
    this.#wire = undefined;
    old?.disconnect();
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
      reply = await wire.timeout(DEADLINE).emitWithAck(name, input);
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

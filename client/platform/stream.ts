import { AppError } from '#shared/wire/error.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { cursorAt, step, type Action, type Cursor, type Incoming } from './cursor.ts';
import { Keeper, readKept } from './tails.ts';
import type { Db } from './db.ts';
import type { Follow } from './follow.svelte.ts';
import type { Line } from './line.ts';

/*
 * One followed stream. What to do is decided in `cursor.ts`; here it is done: asked, applied, kept on the device.
 *
 *   loading (the tail on this device) → opening ⇄ behind → live, or refused; closed with its last follower
 *
 * Owner: `streams.ts`. Whatever is answered after `close`, or for an earlier connection, is dropped: `#turn`.
 */

export interface StreamDeps {
  db: Db;
  line: Pick<Line, 'status' | 'open' | 'range' | 'close'>;
  /** Told of every event applied, once. */
  onEvent?: ((event: WireEvent) => void) | undefined;
}

const PER_ANSWER = 200;
/** A device that does not answer is not waited for, in ms. */
const LOADING = 1000;
/** Beyond so many events a stream followed by its newest page lets go of the older half. */
const IN_MEMORY = 1000;
/** Codes that say the stream is not, or no longer, this person's to see. */
const FINAL: ReadonlySet<string> = new Set(['not_found', 'forbidden']);

const late = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined));

export class OpenStream {
  readonly name: string;
  readonly follows = new Set<Follow>();
  readonly #deps: StreamDeps;
  #cursor: Cursor = cursorAt(0, undefined, {});
  /** Up to `have`, without holes; the first follower's are all of them. */
  #events: WireEvent[] = [];
  /** Everything was thrown away and the followers have not heard yet: they do with the first new events. */
  #restarted: { gap: boolean } | undefined;
  #loaded = false;
  #confirmed = false;
  #refused = false;
  /** Counts connections; -1 when closed. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #moved = new Set<() => void>();
  readonly #keeper: Keeper;

  constructor(name: string, deps: StreamDeps) {
    this.name = name;
    this.#deps = deps;
    this.#keeper = new Keeper(deps.db, name);
  }

  get have(): number {
    return this.#cursor.have;
  }

  /** Shows the first follower what the device has, then asks the server. */
  async start(first: Follow): Promise<void> {
    this.follows.add(first);
    const { page, after } = first;
    const kept = after === 0 ? await Promise.race([this.#keeper.load(page), late(LOADING)]) : undefined;
    if (this.#turn < 0) return;
    if (kept !== undefined) {
      const { tail, events } = kept;
      this.#keeper.from(tail);
      this.#events = events;
      this.#cursor = cursorAt(tail.have, events.at(-1)?.hash, { page });
      first.reset(events, tail.have, { stored: true });
    } else {
      const hint = first.options.head;
      const have = page === undefined ? after : Math.max(0, (hint ?? 0) - page);
      this.#cursor = cursorAt(have, undefined, { page });
      if (page === undefined || hint !== undefined) first.reset([], have);
    }
    this.#loaded = true;
    for (const follow of this.follows) if (!follow.active) void this.#seed(follow);
    if (this.#deps.line.status === 'online') this.online();
  }

  /** One more follower of a stream that is followed already. */
  join(follow: Follow): void {
    this.follows.add(follow);
    if (follow.page === undefined) this.#cursor = { ...this.#cursor, page: undefined };
    if (this.#loaded) void this.#seed(follow);
    this.#tellStates();
  }

  online(): void {
    if (!this.#loaded) return;
    this.#turn += 1;
    if (this.#refused) {
      this.#refused = false;
      this.#cursor = cursorAt(0, undefined, { page: this.#cursor.page });
    }
    this.take({ kind: 'online' });
  }

  lost(): void {
    this.#turn += 1;
    this.#confirmed = false;
    this.take({ kind: 'lost' });
  }

  /** Nothing is told to anybody from here on. Resolves when the device has what it is to keep. */
  async close(): Promise<void> {
    this.#turn = -1;
    clearTimeout(this.#timer);
    this.#deps.line.close(this.name);
    await this.#keeper.flush(this.#cursor.floor);
  }

  /** Resolves when everything up to `seq` is applied; rejects with `unknown` after `ms`. */
  until(seq: number, ms: number): Promise<void> {
    this.take({ kind: 'head', head: Math.max(seq, this.have) });
    if (this.have >= seq) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.have < seq) return;
        clearTimeout(timer);
        this.#moved.delete(settle);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#moved.delete(settle);
        reject(new AppError('unknown'));
      }, ms);
      this.#moved.add(settle);
    });
  }

  /** Up to `n` events below the lowest `follow` was given, which it then has. */
  async older(follow: Follow, n: number): Promise<readonly WireEvent[]> {
    const to = follow.low - 1;
    const from = Math.max(follow.floor, to - Math.min(n, PER_ANSWER) + 1);
    if (to < from) return [];
    const events = await this.#stretch(from, to);
    if (follow.low !== to + 1) return []; // it began again, or was asked twice, meanwhile
    // Fewer than asked for: the floor lies higher than this page knew.
    if (events.length < to - from + 1) follow.floor = events[0]?.seq ?? follow.low;
    follow.low = events[0]?.seq ?? follow.low;
    return events;
  }

  take(incoming: Incoming): void {
    if (this.#turn < 0 || !this.#loaded || this.#refused) return;
    const { cursor, actions } = step(this.#cursor, incoming);
    this.#cursor = cursor;
    if (incoming.kind === 'opened') this.#confirmed = true;
    this.#tell(actions);
    for (const action of actions) this.#do(action);
    this.#tellStates();
    for (const settle of this.#moved) settle();
  }

  /** Not, or no longer, this person's to see: what is here of it goes. */
  refuse(code: string): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#events = [];
    this.#keeper.forget();
    for (const follow of this.follows) follow.follower.refused?.(code);
    this.#tellStates();
  }

  /* ---- followers ---- */

  #tell(actions: readonly Action[]): void {
    let applied: WireEvent[] = [];
    for (const action of actions) {
      if (action.do === 'restart') {
        applied = [];
        this.#restarted = { gap: action.gap };
        this.#events = [];
        this.#keeper.from(undefined);
      } else if (action.do === 'apply') {
        applied.push(action.event);
      }
    }
    this.#events.push(...applied);
    this.#keeper.keep(applied, this.#cursor.floor);
    const restarted = this.#restarted;
    if (restarted !== undefined && (applied.length > 0 || this.#settled)) {
      this.#restarted = undefined;
      for (const follow of this.follows) follow.reset(this.#events, this.have, restarted);
    } else if (restarted === undefined) {
      for (const follow of this.follows) follow.give(applied);
    }
    for (const event of applied) this.#deps.onEvent?.(event);
    if (this.#cursor.page !== undefined && this.#events.length > IN_MEMORY) this.#events.splice(0, IN_MEMORY / 2);
  }

  get #settled(): boolean {
    return this.#cursor.asked === undefined && this.#cursor.have >= this.#cursor.head;
  }

  #tellStates(): void {
    const state = this.#refused ? 'refused' : !this.#confirmed ? 'opening' : this.#settled ? 'live' : 'behind';
    for (const follow of this.follows) {
      follow.state = follow.active || this.#refused ? state : 'opening';
      follow.floor = Math.max(follow.floor, this.#cursor.floor);
    }
  }

  #isBeginning(): boolean {
    return this.#restarted !== undefined;
  }

  /** Gives a later follower what it wants of a stream that is open: from memory, and what lies below from elsewhere. */
  async #seed(follow: Follow): Promise<void> {
    const { page } = follow;
    const opening = page !== undefined && !this.#confirmed && this.have === 0;
    if (this.#isBeginning() || opening) return; // it is given the page that is on its way
    const low = this.#events[0]?.seq ?? this.have + 1;
    const wanted = page === undefined ? follow.after + 1 : Math.max(this.#cursor.floor, this.have - page + 1);
    if (wanted < low) {
      const asking = this.#stretch(wanted, low - 1).catch(() => undefined);
      // A page that is short is better than none, the rest comes with `older`; who wants all waits for all.
      const below = await (page === undefined ? asking : Promise.race([asking, late(LOADING)]));
      if (this.#turn < 0 || follow.active || this.#isBeginning()) return;
      if (below === undefined && page === undefined) return; // no line: the next answer to `open` comes here again
      if ((this.#events[0]?.seq ?? this.have + 1) === low) this.#events.unshift(...(below ?? []));
    }
    follow.reset(
      this.#events.filter((event) => event.seq > follow.after),
      this.have,
    );
    this.#tellStates();
  }

  /** Every event from `from` to `to` that can be had, ascending: from memory, from this device, from the server. */
  async #stretch(from: number, to: number): Promise<WireEvent[]> {
    const known = this.#events.filter((event) => event.seq >= from && event.seq <= to);
    if (known.length === to - from + 1) return known;
    const kept = await readKept(this.#deps.db, this.name, [from, to]).catch(() => undefined);
    if (kept !== undefined) return kept;
    const events: WireEvent[] = [];
    for (let next = from; next <= to;) {
      const answer = await this.#deps.line.range(this.name, next, to);
      events.push(...answer.events);
      const last = answer.events.at(-1)?.seq;
      if (last === undefined) break; // the rest lies below the floor
      next = last + 1;
    }
    return events;
  }

  /* ---- the server ---- */

  #do(action: Action): void {
    if (action.do === 'open' || action.do === 'range') void this.#ask(action);
    if (action.do !== 'wait') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.take({ kind: 'due' });
    }, action.ms);
  }

  async #ask(action: Extract<Action, { do: 'open' | 'range' }>): Promise<void> {
    const { line } = this.#deps;
    const turn = this.#turn;
    if (line.status !== 'online') {
      this.take({ kind: 'lost' });
      return;
    }
    let incoming: Incoming;
    try {
      incoming =
        action.do === 'open'
          ? { kind: 'opened', ...(await line.open(this.name, action.have)) }
          : { kind: 'ranged', ...(await line.range(this.name, action.from, action.to)) };
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof AppError && FINAL.has(error.code)) this.refuse(error.code);
      else this.take({ kind: 'failed', after: comeBack(error) });
      return;
    }
    if (turn !== this.#turn) return; // of an earlier connection, or closed
    this.take(incoming);
    if (incoming.kind === 'opened') for (const follow of this.follows) if (!follow.active) void this.#seed(follow);
  }
}

/** When a server that has too much to do wants to see this page again, in ms; spread, or all come back together. */
function comeBack(error: unknown): number {
  const after = error instanceof AppError ? (error.details?.retryAfter ?? 0) : 0;
  return after * 1000 * (1 + Math.random());
}

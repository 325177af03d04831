import { AppError, type ErrorDetails } from '#shared/wire/error.ts';
import type { Name } from '#shared/contract.ts';
import { held, type Channel, type Entry, type News, type Order, type Sending } from './entry.ts';
import { newId } from './ids.ts';
import { delayFor, verdictOn, Waiters, Waits } from './retry.ts';
import { plain, Shelf } from './shelf.svelte.ts';
import type { Db } from './db.ts';
import type { AnswerTo, Line } from './line.ts';

/*
 * What this person wants done and the server has not yet confirmed. IndexedDB first, then the line; one in flight a
 * lane (a lane is a stream's name), lanes beside each other; the same id on every try, so that a repeat is harmless.
 *
 *   held ─► sending ─► sent          off the device with the ack, or with the event itself where that comes first
 *     ▲        ├─► held              no answer, or "not now": again after a while; the lane waits to keep its order
 *     │        └─► failed ─► held    refused: the lane goes on; the person retries, changes or discards it
 *     └──────── stale: the gap is closed and, if nothing shown has changed, it is sent again by itself
 *
 * One tab of this person sends for all; the others write to the device and tell it over the channel. Owner: the hub,
 * which calls `stop()` when the person leaves. What is kept then waits on the device for their return.
 */

export interface OutboxDeps {
  db: Db;
  line: Pick<Line, 'ask' | 'status' | 'blocked' | 'onStatus'>;
  /** Calls `begin` when this tab is the sending one; returns how to give that up. */
  lead: (begin: () => void) => () => void;
  channel?: Channel | undefined;
  /** Brings a followed stream up to `seq`. */
  closeGap?: (stream: string, seq: number) => Promise<void>;
  random?: () => number;
}

interface Stale {
  decide: (input: never, current: number) => unknown;
  rounds: number;
}

/** Acknowledged entries stay listed until their event is seen, so many at most. */
const KEPT_SENT = 50;
/** A stale command goes out again by itself this often, then the person is asked. */
const STALE_ROUNDS = 3;

export class Outbox {
  readonly #shelf: Shelf;
  readonly #deps: OutboxDeps;
  readonly #waiters = new Waiters();
  readonly #stale = new Map<string, Stale>();
  /** Entries that must not go out yet: being written, or waiting for a decision on `stale`. */
  readonly #notYet = new Set<string>();
  readonly #waits = new Waits(() => {
    this.#pump();
  });
  /** Seqs of events that came before the ack of their command. */
  readonly #seenFirst = new Map<string, number>();
  #leading = false;
  #stopped = false;
  #signedOut = false;
  #yield: (() => void) | undefined;
  #unwatch: (() => void) | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#shelf = new Shelf(deps.db, deps.channel);
  }

  /** Loads what the device kept and sends as soon as this tab is the sending one. */
  async start(): Promise<void> {
    const { channel, line, lead } = this.#deps;
    channel?.hear((news) => {
      this.#hear(news);
    });
    this.#unwatch = line.onStatus(() => {
      this.#wake();
    });
    await this.#shelf.load();
    if (this.#stopped) return;
    this.#yield = lead(() => void this.#begin());
  }

  stop(): void {
    this.#stopped = true;
    this.#leading = false;
    this.#yield?.();
    this.#unwatch?.();
    this.#waits.cut(true);
    this.#deps.channel?.close();
  }

  /** Reactive: what stands in a lane, in order. */
  entries(lane: string): readonly Entry[] {
    return this.#shelf.entries.filter((entry) => entry.lane === lane);
  }

  /** Reactive. */
  entry(id: string): Entry | undefined {
    return this.#shelf.find(id);
  }

  /** Reactive: everything the server has not confirmed. */
  get unsent(): readonly Entry[] {
    return this.#shelf.entries.filter((entry) => entry.state !== 'sent');
  }

  /** Takes a command over. A second order with the same id is the first one. */
  send<N extends Name>({ name, input, lane, again }: Order<N>): Sending<N> {
    const given = plain(input) as Record<string, unknown>;
    const id = typeof given['id'] === 'string' ? given['id'] : newId();
    const done = this.#waiters.wait(id) as Promise<AnswerTo<N>>;
    if (this.entry(id) !== undefined) return { id, done };
    if (again !== undefined) this.#stale.set(id, { decide: again, rounds: 0 });
    this.#notYet.add(id);
    const entry: Entry = {
      id,
      n: this.#shelf.nextN(),
      name,
      lane,
      input: given,
      state: 'held',
      durable: false,
      tries: 0,
    };
    void this.#shelf.keep(entry).then(() => {
      this.#notYet.delete(id);
      this.#pump();
    });
    return { id, done };
  }

  /** Sends a refused entry once more, with another input if the person changed it. */
  retry(id: string, input?: Readonly<Record<string, unknown>>): void {
    const entry = this.entry(id);
    if (entry?.state === 'failed') this.#shelf.set(held(entry, input));
    this.#wake();
  }

  /** Drops an entry. One whose answer has not come may have been written all the same. */
  discard(id: string): void {
    this.#drop(id);
    this.#deps.channel?.say({ gone: id });
    this.#pump();
  }

  /** The event of a command was seen on its stream: it is done, whether or not its ack has come. */
  seen(event: { id: string; seq: number }): void {
    const entry = this.entry(event.id);
    if (entry === undefined) return;
    this.#drop(event.id);
    // An ack still under way carries more than the seq: it settles the promise if it comes.
    if (entry.state !== 'sending') this.#waiters.resolve(event.id, { seq: event.seq, ...entry.output });
    else this.#seenFirst.set(event.id, event.seq);
    this.#pump();
  }

  /* ---- sending ---- */

  async #begin(): Promise<void> {
    await this.#shelf.load();
    if (this.#stopped) return;
    // What another tab was sending when it went away: nobody knows the outcome, so it goes out again. Before this
    // tab leads it sends nothing, so that none of its own is among them.
    for (const entry of this.#shelf.entries) if (entry.state === 'sending') this.#shelf.set(held(entry));
    this.#leading = true;
    this.#wake();
  }

  /** The line changed for the better, or the person asked: nothing waits any longer than the server told it to. */
  #wake(): void {
    if (this.#deps.line.status !== 'online' && !this.#deps.line.blocked) return;
    this.#signedOut = false;
    this.#waits.cut();
    this.#pump();
  }

  #pump(): void {
    const { line } = this.#deps;
    if (!this.#leading || this.#signedOut || (line.status !== 'online' && !line.blocked)) return;
    const taken = new Set<string>();
    for (const entry of this.#shelf.entries) {
      if (entry.state === 'sent' || entry.state === 'failed' || taken.has(entry.lane)) continue;
      taken.add(entry.lane); // the first open entry holds its lane, also while it waits
      const waits = this.#notYet.has(entry.id) || this.#waits.has(entry.id);
      if (entry.state === 'held' && !waits) void this.#try(entry);
    }
  }

  async #try(entry: Entry): Promise<void> {
    this.#shelf.announce({ ...entry, state: 'sending' });
    try {
      const output = await this.#deps.line.ask(entry.name, entry.input);
      this.#acked(entry.id, output);
    } catch (error) {
      this.#missed(entry.id, error instanceof AppError ? error : new AppError('unknown', String(error)));
    }
    this.#pump();
  }

  #acked(id: string, output: Record<string, unknown>): void {
    this.#waiters.resolve(id, output);
    this.#seenFirst.delete(id);
    const entry = this.entry(id);
    if (entry === undefined) return; // its event was faster
    this.#stale.delete(id);
    this.#shelf.set({ ...entry, state: 'sent', output });
    const sent = this.#shelf.entries.filter((other) => other.state === 'sent');
    for (const old of sent.slice(0, -KEPT_SENT)) this.#drop(old.id);
  }

  #missed(id: string, error: AppError): void {
    const entry = this.entry(id);
    const seq = this.#seenFirst.get(id);
    if (seq !== undefined) this.#waiters.resolve(id, { seq });
    this.#seenFirst.delete(id);
    if (entry === undefined || this.#stopped) return; // seen on its stream, discarded, or the page is leaving
    const verdict = verdictOn(error.code, entry.tries);
    if (verdict === 'refused') {
      this.#refused(entry, error);
      return;
    }
    if (verdict === 'signed-out') this.#signedOut = true;
    else this.#wait(entry, error.details);
    this.#shelf.set({ ...entry, state: 'held', tries: entry.tries + 1 });
  }

  #wait(entry: Entry, details: ErrorDetails | undefined): void {
    const ms = delayFor(entry.tries, details, this.#deps.random?.() ?? Math.random());
    this.#waits.add(entry.id, ms, details?.retryAfter !== undefined);
  }

  #refused(entry: Entry, { code, details, message }: AppError): void {
    const failed: Entry = { ...entry, state: 'failed', code, details };
    if (code === 'stale' && this.#stale.has(entry.id)) {
      void this.#again(failed);
      return;
    }
    this.#shelf.set(failed);
    // Another tab may know what to do about a stale command; here it is over.
    this.#waiters.reject(entry.id, new AppError(code, message, details));
  }

  /** A stale command whose sender is in this tab: close the gap, ask, send again or show the refusal. */
  async #again(failed: Entry): Promise<void> {
    const { id, details } = failed;
    const stale = this.#stale.get(id);
    const current = details?.current ?? 0;
    this.#notYet.add(id);
    this.#shelf.show(held(failed)); // nothing for the person to see yet
    let input: unknown;
    if (stale !== undefined && stale.rounds++ < STALE_ROUNDS) {
      input = await this.#decided(stale, failed, current);
    }
    this.#notYet.delete(id);
    if (this.entry(id) === undefined) return; // seen or discarded meanwhile
    if (input !== undefined) {
      this.#shelf.set(held(failed, plain(input) as Record<string, unknown>));
    } else {
      this.#stale.delete(id);
      this.#refused(failed, new AppError('stale', undefined, details));
    }
    this.#pump();
  }

  async #decided(stale: Stale, failed: Entry, current: number): Promise<unknown> {
    try {
      await this.#deps.closeGap?.(failed.lane, current);
      return await stale.decide(failed.input as never, current);
    } catch {
      return undefined; // the gap could not be closed, so nobody can say that nothing has changed: ask the person
    }
  }

  #hear(news: News): void {
    if ('gone' in news) {
      this.#drop(news.gone);
      this.#pump();
      return;
    }
    const { entry } = news;
    if (entry.state === 'failed' && entry.code === 'stale' && this.#stale.has(entry.id)) {
      void this.#again(entry);
      return;
    }
    this.#shelf.show(entry);
    if (entry.state === 'sent') this.#waiters.resolve(entry.id, entry.output ?? {});
    this.#pump();
  }

  #drop(id: string): void {
    this.#waits.drop(id);
    this.#stale.delete(id);
    this.#shelf.drop(id);
  }
}

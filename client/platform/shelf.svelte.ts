import { stored, type Channel, type Entry } from './entry.ts';
import type { Db } from './db.ts';

/** A value without the proxies of reactive state, which neither the device nor a channel would take. */
export const plain = (value: unknown): unknown => $state.snapshot(value);

/** The list of what is to be sent: as the page sees it, as the device keeps it, as the other tabs hear of it. */
export class Shelf {
  #entries = $state.raw<readonly Entry[]>([]);
  readonly #db: Db;
  readonly #channel: Channel | undefined;
  #writes: Promise<unknown> = Promise.resolve();

  constructor(db: Db, channel: Channel | undefined) {
    this.#db = db;
    this.#channel = channel;
  }

  /** Reactive, in order. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  find(id: string): Entry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }

  nextN(): number {
    return (this.#entries.at(-1)?.n ?? 0) + 1;
  }

  /** Takes over what the device has and this page does not know yet. */
  async load(): Promise<void> {
    // A device that cannot be read is a device that keeps nothing: the page goes on without.
    const rows = await this.#db.list('outbox').catch(() => []);
    for (const value of rows.map((row) => row.value as Entry)) {
      if (this.find(value.id) === undefined) this.show({ ...value, durable: this.#db.durable });
    }
  }

  /** The first write of an entry. Nothing goes out before the device has it, or has refused to keep it. */
  async keep(entry: Entry): Promise<void> {
    this.show(entry);
    const kept = await this.#write(entry.id, stored(entry));
    // Discarded while it was being written: the removal is behind the write in the queue.
    if (this.find(entry.id) !== undefined) this.announce({ ...entry, durable: kept && this.#db.durable });
  }

  /** On the page, to the tabs, on the device; one that is sent is no longer kept. */
  set(entry: Entry): void {
    this.announce(entry);
    void this.#write(entry.id, entry.state === 'sent' ? undefined : stored(entry));
  }

  /** On the page and to the tabs. */
  announce(entry: Entry): void {
    this.show(entry);
    this.#channel?.say({ entry });
  }

  show(entry: Entry): void {
    const others = this.#entries.filter((other) => other.id !== entry.id);
    this.#entries = [...others, entry].sort((a, b) => a.n - b.n || (a.id < b.id ? -1 : 1));
  }

  drop(id: string): void {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    void this.#write(id, undefined);
  }

  /** Resolves when everything decided so far is on the device. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  /** One write after the other, in the order they were decided. Resolves with whether the device kept it. */
  #write(id: string, value: unknown): Promise<boolean> {
    const written = this.#writes
      .then(() => this.#db.change([{ store: 'outbox', key: [id], value }]))
      .then(
        () => true,
        () => false,
      );
    this.#writes = written;
    return written;
  }
}

import { evolveMessage, messageSeqOf } from '#shared/forum/forum.messages.rules.ts';
import type { Message } from '#shared/forum/forum.schema.ts';
import type { WireEvent } from '#shared/wire/stream.ts';

/** The messages of a room that are here, made from events that come newest page first. Knows no screen. */
export class HeldMessages {
  readonly #bySeq = new Map<number, Message>();
  /** Changes to messages that are not here yet, by the seq of the message: they wait for older pages. */
  readonly #early = new Map<number, WireEvent[]>();

  get size(): number {
    return this.#bySeq.size;
  }

  find(seq: number): Message | undefined {
    return this.#bySeq.get(seq);
  }

  /** Ascending. */
  list(): Message[] {
    return [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  clear(): void {
    this.#bySeq.clear();
    this.#early.clear();
  }

  /**
   * Takes events in order of seq and answers the messages that were taken back, as they were. Changes that came before
   * their message are applied once the whole page is in, since those in the page are older.
   */
  take(events: readonly WireEvent[]): Message[] {
    const fresh: number[] = [];
    const gone: Message[] = [];
    const evolve = (seq: number, event: WireEvent): void => {
      const before = this.#bySeq.get(seq);
      const after = evolveMessage(before, event);
      if (after === undefined) {
        this.#early.set(seq, [...(this.#early.get(seq) ?? []), event]);
        return;
      }
      this.#bySeq.set(seq, after);
      if (before === undefined) fresh.push(seq);
      else if (after.retracted && !before.retracted) gone.push(before);
    };
    for (const event of events) {
      const seq = messageSeqOf(event);
      if (seq !== undefined) evolve(seq, event);
    }
    for (const seq of fresh) {
      const early = this.#early.get(seq) ?? [];
      this.#early.delete(seq);
      for (const event of early) evolve(seq, event);
    }
    return gone;
  }
}

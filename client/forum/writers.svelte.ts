import type { Line } from '#client/platform/line.ts';

/** ms without a word: the line may be gone, and nobody writes for ever. */
const STILL = 6000;

/**
 * Who else is writing in a room, ids of people. Volatile: it comes over the line and goes with the next word about it,
 * with what they were writing, or after six seconds. Made by the view, which calls `close`.
 */
export class Writers {
  #people = $state.raw<readonly string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #off: () => void;

  constructor(line: Pick<Line, 'on'>, room: string, me: string) {
    this.#off = line.on('typing:people', ({ stream, people }) => {
      if (stream !== room) return;
      clearTimeout(this.#timer);
      this.#people = people.filter((person) => person !== me);
      this.#timer = setTimeout(() => (this.#people = []), STILL);
    });
  }

  /** Reactive. */
  get people(): readonly string[] {
    return this.#people;
  }

  /** Who has just sent is not writing any more, whatever was last heard: the hub's word about it runs out only later. */
  sent(author: string): void {
    this.#people = this.#people.filter((person) => person !== author);
  }

  close = (): void => {
    clearTimeout(this.#timer);
    this.#off();
  };
}

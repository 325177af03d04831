/** A question and its answer. What was known stays shown until the next answer is here. */
export class Asked<T> {
  #value = $state.raw<T>();
  #failed = $state<unknown>();
  #turn = 0;

  get value(): T | undefined {
    return this.#value;
  }

  get failed(): unknown {
    return this.#failed;
  }

  /** Forgets the answer to another question. */
  forget(): void {
    this.#value = undefined;
    this.#failed = undefined;
  }

  async ask(question: () => Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    try {
      const value = await question();
      if (turn !== this.#turn) return; // another question has been asked meanwhile
      this.#value = value;
      this.#failed = undefined;
    } catch (error) {
      if (turn === this.#turn) this.#failed = error;
    }
  }
}

/** A command under way, and what came of the last one. */
export class Doing {
  busy = $state(false);
  failed = $state<unknown>();

  /** Whether it was done; if not, `failed` says why. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.failed = undefined;
    try {
      await work();
      return true;
    } catch (error) {
      this.failed = error;
      return false;
    } finally {
      this.busy = false;
    }
  }
}

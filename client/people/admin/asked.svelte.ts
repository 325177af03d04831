import { untrack } from 'svelte';

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

/** Asks again whenever `about` changes, forgetting the answer to what it was about before. Called while a component begins. */
export function askAbout<T>(asked: Asked<T>, about: () => string, load: () => Promise<void>): void {
  $effect(() => {
    if (about() === '') return;
    untrack(() => {
      asked.forget();
      void load();
    });
  });
}

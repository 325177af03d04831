import { untrack } from 'svelte';

/** Counts what has begun to wait for a second administrator, or waits no more: lists that show it ask again. */
class Waits {
  #turn = $state(0);

  /** Reactive. */
  get turn(): number {
    return this.#turn;
  }

  moved(): void {
    this.#turn++;
  }
}

export const waits = new Waits();

/** Asks again whenever something moves from here on. Called while a component begins. */
export function askWhenMoved(load: () => Promise<void>): void {
  const begun = waits.turn;
  $effect(() => {
    if (waits.turn !== begun) untrack(() => void load());
  });
}

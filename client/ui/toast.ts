import { createSubscriber } from 'svelte/reactivity';

/** A short word at the foot of the screen about something that has just happened. */
export interface Toast {
  text: string;
  /** A second line: what is safe, what to do. */
  detail?: string | undefined;
  tone?: 'plain' | 'error' | undefined;
  /** Offered for ten seconds; called once when it is pressed. */
  onundo?: (() => void) | undefined;
}

let said: Toast[] = [];
let wake: (() => void) | undefined;
const follow = createSubscriber((update) => {
  wake = update;
  return () => (wake = undefined);
});

/** Says it at the foot of the screen, from wherever in the client. */
export function toast(text: string, more: Omit<Toast, 'text'> = {}): void {
  said = [...said, { text, ...more }];
  wake?.();
}

/** Hands out what has been said since the last time; the one place that shows it asks again whenever there is more. */
export function takeToasts(): Toast[] {
  follow();
  const taken = said;
  said = [];
  return taken;
}

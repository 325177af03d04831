import { createSubscriber } from 'svelte/reactivity';

/**
 * One timer for everything on the screen that shows running time, however many clocks there are. It runs while at
 * least one of them is shown and stops with the last; a screen that was asleep is right again with its first tick.
 */
const everySecond = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  document.addEventListener('visibilitychange', update);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', update);
  };
});

let ahead = (): number => 0;

/** Called by the roof: how far the server's clock is ahead of this machine's, in milliseconds. */
export function followClock(offset: () => number): void {
  ahead = offset;
}

/** The present moment in milliseconds as the server counts it. In a template or a $derived it comes every second. */
export function now(): number {
  everySecond();
  return Date.now() + ahead();
}

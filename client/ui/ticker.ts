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

/** The present moment in milliseconds. Read inside a template or a $derived it comes again every second. */
export function now(): number {
  everySecond();
  return Date.now();
}

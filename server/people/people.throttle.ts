/*
 * Wrong guesses at one account make the next one wait, twice as long each time, and nobody can be locked out with it:
 * a device that was let in before counts by itself (security #26), and no wait is longer than a quarter of an hour.
 */

const FREE = 5;
const LONGEST = 15 * 60_000; // ms
const FORGOTTEN_AFTER = 2 * 3600_000; // ms without a wrong guess
const SWEEP_EVERY = 60_000; // ms

interface Misses {
  count: number;
  last: number;
}

/** How long somebody waits after so many wrong guesses, ms: nothing for five, then 1 s, 2 s, 4 s … 15 minutes. */
export const waitAfter = (count: number): number => (count < FREE ? 0 : Math.min(LONGEST, 1_000 * 2 ** (count - FREE)));

/** Counts by key, in this process. `now` in ms; a clock that goes back makes nobody wait longer than once more. */
export function createThrottle(now: () => number) {
  const misses = new Map<string, Misses>();
  let swept = now();

  function sweep(at: number): void {
    if (Math.abs(at - swept) < SWEEP_EVERY) return;
    swept = at;
    for (const [key, { last }] of misses) if (Math.abs(at - last) > FORGOTTEN_AFTER) misses.delete(key);
  }

  return {
    /** Seconds until the next guess is looked at; 0: now. */
    wait: (key: string): number => {
      const found = misses.get(key);
      if (found === undefined) return 0;
      const wait = waitAfter(found.count);
      return Math.ceil(Math.min(wait, Math.max(0, found.last + wait - now())) / 1_000);
    },
    missed: (key: string): void => {
      const at = now();
      sweep(at);
      misses.set(key, { count: (misses.get(key)?.count ?? 0) + 1, last: at });
    },
    forget: (key: string): void => {
      misses.delete(key);
    },
  };
}

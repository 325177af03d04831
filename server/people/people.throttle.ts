/*
 * Wrong guesses at one account make the next one wait, twice as long each time, and nobody can be locked out with it:
 * a device that was let in before counts by itself (security #26), and no wait is longer than a quarter of an hour.
 */

const FREE = 5;
const LONGEST = 15 * 60_000; // ms
const FORGOTTEN_AFTER = 2 * 3600_000; // ms without a wrong guess
const SWEEP_EVERY = 60_000; // ms

export interface Missed {
  count: number;
  /** ms */
  last: number;
}

/** How long somebody waits after so many wrong guesses, ms: nothing for five, then 1 s, 2 s, 4 s … 15 minutes. */
export const waitAfter = (count: number): number => (count < FREE ? 0 : Math.min(LONGEST, 1_000 * 2 ** (count - FREE)));

/** Where wrong guesses are kept, so that a restart gives nobody five more. */
export interface Misses {
  /** All there are, by the key of their bucket. */
  all: () => Promise<ReadonlyMap<string, Missed>>;
  put: (key: string, missed: Missed) => Promise<void>;
  drop: (key: string) => Promise<void>;
  /** Drops those whose last one lies before a moment, ms. */
  sweep: (before: number) => Promise<void>;
}

interface Deps {
  now: () => number;
  rows: Misses;
  keyOf: (bucket: string) => string;
}

export type Throttle = Awaited<ReturnType<typeof createThrottle>>;

/**
 * Counts by key, in this process, and keeps the counts of wrong guesses alone: whoever never mistypes leaves nothing.
 * `now` in ms; a clock that goes back makes nobody wait longer than once more. `keyOf` a bucket: what is kept of its name.
 */
export async function createThrottle({ now, rows, keyOf }: Deps) {
  const misses = new Map(await rows.all());
  let swept = 0;

  async function sweep(at: number): Promise<void> {
    if (Math.abs(at - swept) < SWEEP_EVERY) return;
    swept = at;
    for (const [key, { last }] of misses) if (Math.abs(at - last) > FORGOTTEN_AFTER) misses.delete(key);
    await rows.sweep(at - FORGOTTEN_AFTER);
  }
  await sweep(now());

  return {
    /** Seconds until the next guess is looked at; 0: now. */
    wait: (bucket: string): number => {
      const found = misses.get(keyOf(bucket));
      if (found === undefined) return 0;
      const wait = waitAfter(found.count);
      return Math.ceil(Math.min(wait, Math.max(0, found.last + wait - now())) / 1_000);
    },
    /** Counts at once; resolves when a restart would count it too. */
    missed: async (bucket: string): Promise<void> => {
      const key = keyOf(bucket);
      const at = now();
      const missed = { count: (misses.get(key)?.count ?? 0) + 1, last: at };
      misses.set(key, missed);
      await rows.put(key, missed);
      await sweep(at);
    },
    /** Nothing is written where nothing was wrong: it costs signing in no time. */
    forget: async (bucket: string): Promise<void> => {
      const key = keyOf(bucket);
      if (misses.delete(key)) await rows.drop(key);
    },
  };
}

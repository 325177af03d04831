import { AppError } from '#shared/wire/error.ts';

/** `burst` at once, then `perMinute`, filled evenly. */
export interface Rate {
  burst: number;
  perMinute: number;
}

/**
 * Token buckets by key. A refusal says after how many seconds one more call is allowed. Full buckets are swept, so
 * memory is bounded by the callers of the last minutes. `onRefused` is told of each refusal.
 */
export function createLimiter(now: () => number = Date.now, onRefused?: (key: string) => void) {
  const buckets = new Map<string, { tokens: number; at: number; rate: Rate }>();
  let swept = now();

  function sweep(at: number): void {
    if (at - swept < 60_000) return;
    swept = at;
    for (const [key, bucket] of buckets) {
      if (bucket.tokens + ((at - bucket.at) / 60_000) * bucket.rate.perMinute >= bucket.rate.burst) buckets.delete(key);
    }
  }

  function bucketOf(key: string, rate: Rate): { tokens: number; at: number; rate: Rate } {
    const at = now();
    sweep(at);
    const bucket = buckets.get(key) ?? { tokens: rate.burst, at, rate };
    bucket.tokens = Math.min(rate.burst, bucket.tokens + ((at - bucket.at) / 60_000) * rate.perMinute);
    bucket.at = at;
    buckets.set(key, bucket);
    return bucket;
  }

  /** Throws `rate_limited` with `retryAfter` unless a token is there; takes none. */
  function check(key: string, rate: Rate): void {
    const { tokens } = bucketOf(key, rate);
    if (tokens >= 1) return;
    onRefused?.(key);
    const retryAfter = Math.max(1, Math.ceil(((1 - tokens) / rate.perMinute) * 60));
    throw new AppError('rate_limited', `Please wait ${retryAfter} s.`, { retryAfter });
  }

  return {
    check,
    /** Takes one token or throws `rate_limited` with `retryAfter`. */
    take: (key: string, rate: Rate): void => {
      check(key, rate);
      bucketOf(key, rate).tokens--;
    },
  };
}

export type Limiter = ReturnType<typeof createLimiter>;

/**
 * Start values of security §4.6, for one person and one command or query, over whichever way. Names not listed take the
 * ordinary one. What speaks for the office in public is rare by nature: ten in a row, then one every six minutes.
 */
const IN_PUBLIC: Rate = { burst: 10, perMinute: 10 / 60 };
const RATES: Readonly<Record<string, Rate>> = {
  'forum:post': { burst: 20, perMinute: 100 },
  'forum:search': { burst: 10, perMinute: 30 },
  'stream:open': { burst: 400, perMinute: 1200 }, // a phone that comes back opens all it follows at once
  'stream:range': { burst: 400, perMinute: 1200 },
  'files:put': { burst: 30, perMinute: 0.5 },
  'files:get': { burst: 300, perMinute: 1200 },
  'responses:publish': IN_PUBLIC,
};
const ORDINARY: Rate = { burst: 60, perMinute: 300 };

export const rateOf = (name: string): Rate => RATES[name] ?? ORDINARY;

/**
 * Messages in one room, whoever writes: a room of thousands is told of each of them, and nobody reads faster. Two
 * seconds of it may come at once, as when the line comes back to everybody.
 */
export const IN_ONE_ROOM: Rate = { burst: 60, perMinute: 30 * 60 };

/** Bytes one person may send as files within 24 hours (security §4.6). */
export const UPLOADED_A_DAY = 200 * 1024 * 1024;

/**
 * For one address of which nobody is known: an office or a whole block may share it, so a page and what stands behind
 * its links is never refused, and a program that takes everything soon is.
 */
export const ANONYMOUS = {
  /** Public pages, feeds and messages: 60 at once, 20 a second. */
  page: { burst: 60, perMinute: 1200 },
  /** Asking whether a hash or a code is real, by hand; a program that tries them all does so for a long time. */
  verify: { burst: 20, perMinute: 60 },
} satisfies Record<string, Rate>;

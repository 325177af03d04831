import { networkOf } from '#server/platform/address.ts';
import { createLimiter, type Rate } from '#server/platform/limits.ts';

/** Wrong guesses from one address, at whatever names. Offices share one: thirty people may mistype in a minute. */
const BY_ADDRESS: Rate = { burst: 30, perMinute: 30 };

/** Who was let in nowhere, by where they ask from. Whoever comes in is not counted. */
export function createAddresses() {
  const limiter = createLimiter();
  return {
    /** Throws `rate_limited` where too many were wrong lately. */
    check: (address: string): void => {
      limiter.check(networkOf(address), BY_ADDRESS);
    },
    /** Counts one that was wrong; throws as `check`. */
    take: (address: string): void => {
      limiter.take(networkOf(address), BY_ADDRESS);
    },
  };
}

import { AppError } from '#shared/wire/error.ts';
import type { Throttle } from './people.throttle.ts';

export type Guesses = ReturnType<typeof createGuesses>;

/** What whoever is signed in may get wrong: they guess too, at a machine left open, at a session that was stolen. */
export function createGuesses(throttle: Throttle) {
  return {
    /**
     * A guess that counts: wrong ones make the next one wait, in whatever session. `code` says that it was wrong, and
     * each has its own count: who knows the password cannot wipe out wrong codes with it.
     */
    guessed: async <T>(person: string, code: string, guess: () => Promise<T | undefined | false>): Promise<T> => {
      const bucket = `person ${person} ${code}`;
      const wait = throttle.wait(bucket);
      if (wait > 0) throw new AppError('rate_limited', `Please wait ${wait} s.`, { retryAfter: wait });
      const counted = throttle.missed(bucket); // before it is known: guesses sent side by side count as well
      const right = await counted.then(guess);
      if (right === undefined || right === false) throw new AppError(code); // noted where it is answered
      await throttle.forget(bucket);
      return right;
    },
  };
}

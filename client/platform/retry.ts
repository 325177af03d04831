import type { ErrorDetails } from '#shared/wire/error.ts';

/* What an outcome other than "done" means for a command that is kept, and how long to wait. */

/** `later`: try again with the same id. `signed-out`: keep it until the person is back. `refused`: it did not happen. */
export type Verdict = 'later' | 'signed-out' | 'refused';

/** No answer, or a server that says "not now". */
const LATER: ReadonlySet<string> = new Set(['unknown', 'offline', 'rate_limited', 'overloaded', 'storage']);

/** A fault of the server may pass; one that stays after so many tries is shown. */
const INTERNAL_TRIES = 5;

/** What follows from an error code after `tries` earlier attempts. */
export function verdictOn(code: string, tries: number): Verdict {
  if (LATER.has(code)) return 'later';
  if (code === 'internal') return tries < INTERNAL_TRIES ? 'later' : 'refused';
  return code === 'unauthenticated' ? 'signed-out' : 'refused';
}

/** Back-off in ms: full jitter over 1 s doubling to 30 s. */
const FIRST = 1000;
const LONGEST = 30_000;

/**
 * How long to wait before the next try, in ms. A `retryAfter` (seconds) is kept to, with up to a second on top, so
 * that those who were refused together do not come back together. `random` is in [0, 1).
 */
export function delayFor(tries: number, details: ErrorDetails | undefined, random: number): number {
  const after = details?.retryAfter;
  if (after !== undefined) return after * 1000 + random * 1000;
  return random * Math.min(LONGEST, FIRST * 2 ** tries);
}

/** Who waits for the next try. A wait the server asked for is firm: a new connection does not cut it short. */
export class Waits {
  readonly #waits = new Map<string, { timer: ReturnType<typeof setTimeout>; firm: boolean }>();
  readonly #then: () => void;

  /** `then` is called when any wait is over. */
  constructor(then: () => void) {
    this.#then = then;
  }

  has(id: string): boolean {
    return this.#waits.has(id);
  }

  add(id: string, ms: number, firm: boolean): void {
    const timer = setTimeout(() => {
      this.#waits.delete(id);
      this.#then();
    }, ms);
    this.#waits.set(id, { timer, firm });
  }

  drop(id: string): void {
    clearTimeout(this.#waits.get(id)?.timer);
    this.#waits.delete(id);
  }

  /** Ends every wait that is not firm, or every one. */
  cut(all = false): void {
    for (const [id, { firm }] of this.#waits) if (all || !firm) this.drop(id);
  }
}

/** Who wants to hear of an outcome. An outcome nobody waits for is nobody's error: the entry says it too. */
export class Waiters {
  readonly #waiters = new Map<string, { resolve: (output: unknown) => void; reject: (error: Error) => void }>();

  wait(id: string): Promise<unknown> {
    const before = this.#waiters.get(id);
    const done = new Promise((resolve, reject) => {
      this.#waiters.set(id, {
        resolve: (output) => {
          before?.resolve(output);
          resolve(output);
        },
        reject: (error) => {
          before?.reject(error);
          reject(error);
        },
      });
    });
    done.catch(() => undefined);
    return done;
  }

  resolve(id: string, output: unknown): void {
    this.#waiters.get(id)?.resolve(output);
    this.#waiters.delete(id);
  }

  reject(id: string, error: Error): void {
    this.#waiters.get(id)?.reject(error);
    this.#waiters.delete(id);
  }
}

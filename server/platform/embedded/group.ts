/* What stands in one transaction, and what each of it came to. */

/** How long a commit and its sync may take, in seconds of a running event loop, before the outcome counts as unknown. */
const DEADLINE = 5;

/** An operation, and who waits for what it comes to. */
export interface Pending {
  work: () => unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}
export type Outcome = { pending: Pending; value: unknown } | { pending: Pending; error: unknown };

/** Inside the transaction: one that throws has changed nothing, and the others of its group go on. */
export function perform(pending: Pending): Outcome {
  try {
    return { pending, value: pending.work() };
  } catch (error) {
    return { pending, error };
  }
}

/** Tells whoever waits; only when it is on the disk. */
export function settle(outcome: Outcome): void {
  if ('error' in outcome) outcome.pending.reject(outcome.error);
  else outcome.pending.resolve(outcome.value as never);
}

/** The disk, or LMDB itself, which after some failures never answers again. */
export class NoAnswer extends Error {}

/** Rejects with NoAnswer after the deadline: ticks, not a time, so that a stalled event loop is not taken for a stalled disk. */
export async function within<T>(promise: Promise<T>, deadline = DEADLINE): Promise<T> {
  let seconds = deadline;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (--seconds <= 0) reject(new NoAnswer(`no answer from the disk within ${deadline} s`));
    }, 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearInterval(timer);
  }
}

/** Why a commit failed. LMDB's word for it comes as one more promise, and after a failed meta page it never does. */
export async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return error;
  return within(commitError, 1).catch((reason: unknown) => reason);
}

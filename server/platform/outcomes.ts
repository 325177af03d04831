import { withDeadline } from './store-errors.ts';
import { createTurns } from './turns.ts';

/** Work under way, and how long the turns behind it wait for it together. */
interface UnderWay {
  outcome: Promise<unknown>;
  wait?: Promise<unknown>;
}

/**
 * Turns at a store that may not answer. Nobody waits for it for longer than the deadline (ms), but the key does: its
 * next turn begins when the outcome of the one before is known, and throws `storage` if it is not.
 */
export function createOutcomes(deadline: number) {
  const underWay = new Map<string, UnderWay>();
  const turns = createTurns();
  return {
    inTurn: <T>(key: string, work: () => Promise<T>): Promise<T> =>
      turns(key, async () => {
        const before = underWay.get(key);
        if (before !== undefined) await (before.wait ??= withDeadline(before.outcome, deadline));
        return work();
      }),

    /** Waits for work of this key, until the deadline; then it throws `storage`, and the work goes on. */
    await: async (key: string, work: Promise<unknown>): Promise<void> => {
      const settled = work.finally(() => underWay.delete(key));
      underWay.set(key, { outcome: settled.catch(() => undefined) });
      await withDeadline(settled, deadline);
    },
  };
}

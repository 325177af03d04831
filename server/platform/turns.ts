/**
 * One queue per key: work on the same key runs one after the other, work on different keys does not wait for each
 * other. A key's entry is gone as soon as nobody waits, so an endless supply of keys holds no memory.
 */
export function createTurns(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key);
    const mine = (async () => {
      if (before !== undefined) await before.catch(() => undefined); // its own caller hears of it
      return work();
    })();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/**
 * Work for many who ask at once: one run under way, one more behind it for all who asked meanwhile. Resolves when a run
 * that began after the call has ended; rejects as that did.
 */
export function createMerged(work: () => Promise<unknown>): () => Promise<unknown> {
  const inTurn = createTurns();
  let waiting: Promise<unknown> | undefined;
  const run = async (): Promise<unknown> => {
    await Promise.resolve(); // even an idle one begins after the call, with whoever else asks in this breath
    waiting = undefined; // who asks from here on may have seen what we no longer look at
    return work();
  };
  return () => (waiting ??= inTurn('', run));
}

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

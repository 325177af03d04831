import type { SessionRow } from './people.model.ts';

const KEPT_FOR = 5_000; // ms a session is believed without asking the store
const LATELY = 120_000; // ms after which one that nobody asked for has nothing open: each line asks once a minute
const MAX_KEPT = 50_000;

export type Kept = ReturnType<typeof createKept>;

/** Sessions as the store had them a moment ago, by the hash of their secret. What has ended here is never among them. */
export function createKept(inStore: (hash: string) => Promise<SessionRow | null>) {
  const kept = new Map<string, { row: SessionRow; until: number }>();
  let ends = 0; // how many were forgotten

  /** Asks the store, and once more where one ended meanwhile: a row read before its end must not be kept after it. */
  async function ask(question: () => Promise<SessionRow | null>): Promise<SessionRow | undefined> {
    for (;;) {
      const before = ends;
      const row = (await question()) ?? undefined;
      if (before !== ends) continue;
      if (kept.size > MAX_KEPT) kept.clear();
      if (row !== undefined) kept.set(row._id, { row, until: Date.now() + KEPT_FOR });
      return row;
    }
  }

  function anew(hash: string): Promise<SessionRow | undefined> {
    kept.delete(hash);
    return ask(() => inStore(hash));
  }

  return {
    ask,
    /** The same by hash, whatever is kept. */
    anew,

    find: (hash: string): Promise<SessionRow | undefined> => {
      const known = kept.get(hash);
      return known !== undefined && Date.now() < known.until ? Promise.resolve(known.row) : anew(hash);
    },

    /** After it has left the store. */
    forget: (hash: string): void => {
      kept.delete(hash);
      ends++;
    },

    /** What was asked for lately. */
    rows: (): SessionRow[] => {
      const before = Date.now() - LATELY;
      for (const [hash, { until }] of kept) if (until < before) kept.delete(hash);
      return [...kept.values()].map(({ row }) => row);
    },
  };
}

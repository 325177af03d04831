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

    /** Whatever is kept of a session, by its public id; what is being read of it is not kept either. */
    forgetSession: (session: string): void => {
      for (const [hash, { row }] of kept) if (row.id === session) kept.delete(hash);
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

/** Secrets that were replaced, by their hashes, for as long as something under way with one still finds its session. */
export function createFormer(onReplaced: (hash: string) => void) {
  const former = new Map<string, { hash: string; until: number }>();
  return {
    /** The hash of the secret that took its place, while what was under way may finish. */
    movedTo: (hash: string): string | undefined => {
      const moved = former.get(hash);
      return moved !== undefined && Date.now() < moved.until ? moved.hash : undefined;
    },
    /** The same, also after that, until it is cut. */
    ever: (hash: string): string | undefined => former.get(hash)?.hash,

    /** `underWay` ms until it is cut. */
    replaced: (hash: string, by: string, underWay: number): void => {
      for (const moved of former.values()) if (moved.hash === hash) moved.hash = by;
      former.set(hash, { hash: by, until: Date.now() + underWay });
    },

    /** What was under way with the secrets of before is over. */
    cut: (): void => {
      for (const [hash, { until }] of former) {
        if (Date.now() < until) continue;
        former.delete(hash);
        onReplaced(hash);
      }
    },
  };
}

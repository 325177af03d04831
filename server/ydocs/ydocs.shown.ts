import type { Link } from './ydocs.link.ts';

/** Who is connected to a document, asked what they may. */
export interface Asking {
  /** Whether anybody's right may have changed since it was last asked for. */
  isBehind: () => boolean;
  /** Asks again until nobody is behind. */
  again: () => Promise<void>;
}

interface Edits {
  frames: readonly Uint8Array[];
  /** Has them already; nobody where the edit came another way. */
  author?: Link | undefined;
}

interface Ways {
  relay: (frames: readonly Uint8Array[], author?: Link) => void;
  /** Nobody could be asked: nobody is shown anything. */
  failed: () => void;
}

/**
 * Shows edits to those who may still read them: what is durable by now may have been written after somebody lost their
 * right (security §3.4). While somebody is asked, what comes after waits in its order and the document does not: an
 * answer may have to wait for it.
 */
export function createShown({ isBehind, again }: Asking, { relay, failed }: Ways) {
  let last: Promise<void> | undefined;
  const show = (edits: readonly Edits[]): void => {
    const now = (): void => {
      for (const { frames, author } of edits) relay(frames, author);
    };
    if (last === undefined && !isBehind()) {
      now();
      return;
    }
    const mine = (last ?? Promise.resolve())
      .then(again)
      .then(now)
      .catch(() => {
        failed();
      });
    last = mine.finally(() => {
      if (last === waited) last = undefined;
    });
    const waited = last;
  };
  return {
    edits: show,
    /** What another process wrote. */
    others: (frames: readonly Uint8Array[]): void => {
      show([{ frames }]);
    },
  };
}

import { createLimiter } from '#server/platform/limits.ts';
import type { Log } from '#server/platform/log.ts';
import { applyEdit, checkEdit, type Accepted, type Taken } from './ydocs.edit.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { CLOSE } from './ydocs.protocol.ts';

/** Edits of one person that may fail in being applied; opening and leaving the document would cost us about as much. */
const BREAKS = { burst: 3, perMinute: 1 };

/**
 * Tries edits in two steps, because they fail differently. A check only looks: what it refuses costs its sender the
 * line and the document nothing. Applying may leave the document half changed, and reading it from the store again
 * costs the more the longer it is: whoever makes us do so a few times is not tried any more for a while, however often
 * they come back.
 */
export function createTries({ id, log }: { id: string; log: Log }) {
  const breaks = createLimiter();

  function expel(link: Link, error: unknown): void {
    link.close(CLOSE.protocol);
    log.warn({ error, doc: id, person: link.person }, 'edit refused');
  }

  /** Nothing in here touches the document. */
  function check(loaded: Loaded, link: Link, update: Uint8Array): Accepted | 'gap' | undefined {
    if (link.isExpelled()) return undefined;
    try {
      const found = checkEdit(loaded, link, update);
      if (typeof found === 'object') breaks.check(link.person, BREAKS);
      return found;
    } catch (error) {
      expel(link, error);
      return undefined;
    }
  }

  return {
    /**
     * Applies an edit that passes the check. `gap`: it builds on something that has not come yet. Undefined: there is
     * nothing to write. Throws when it failed in being applied; whoever takes the document from the store again says
     * so with `broke`.
     */
    attempt: (loaded: Loaded, link: Link, update: Uint8Array): Taken | 'gap' | undefined => {
      const found = check(loaded, link, update);
      return typeof found === 'object' ? applyEdit(loaded, found) : found;
    },

    /** Sends away whose edit failed in being applied, and remembers who it was. */
    broke: (link: Link, error: unknown): void => {
      breaks.take(link.person, BREAKS);
      expel(link, error);
    },
  };
}

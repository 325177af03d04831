import { Draft } from './draft.svelte.ts';
import type { Db } from './db.ts';

/* What was typed and not yet sent: on this device, written while typing, there again after a reload. */

/** Writing waits for a pause of so many ms. */
const PAUSE = 300;

export interface Drafts {
  /** The draft of a place, e.g. `room:<id>` or `flag:what`. The same object for the same key. */
  of: (key: string) => Draft;
  /** Writes what waits; before the page goes. */
  flush: () => Promise<void>;
}

export function createDrafts(db: Db): Drafts {
  const drafts = new Map<string, Draft>();
  const waiting = new Map<string, string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    clearTimeout(timer);
    const changes = [...waiting].map(([key, text]) => ({
      store: 'drafts' as const,
      key: [key],
      value: text === '' ? undefined : text,
    }));
    waiting.clear();
    // A device that keeps nothing: the text stays as long as the page, and `db.durable` says so.
    writing = writing.then(() => db.change(changes)).catch(() => undefined);
    return writing;
  }

  const load = async (key: string): Promise<string> => {
    const kept = await db.get('drafts', [key]).catch(() => undefined);
    return typeof kept === 'string' ? kept : '';
  };

  function of(key: string): Draft {
    const known = drafts.get(key);
    if (known !== undefined) return known;
    const draft = new Draft(load(key), (text) => {
      waiting.set(key, text);
      clearTimeout(timer);
      timer = setTimeout(() => void flush(), PAUSE);
    });
    drafts.set(key, draft);
    return draft;
  }

  return { of, flush };
}

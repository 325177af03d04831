import type { Link } from './ydocs.link.ts';
import type { Grouped } from './ydocs.queue.ts';

/**
 * What was sent by somebody whose right may have changed meanwhile: an edit, and all they sent after it. It is given
 * back in its order, before whatever is done next, once it was asked again what they may. Others' edits do not wait:
 * nobody has seen what is in here, so nothing builds on it.
 */
export function createAside(giveBack: (items: readonly Grouped[]) => void) {
  const aside = new Map<Link, { items: Grouped[]; over: Promise<void> }>();

  function begin(link: Link, item: Grouped): void {
    const items = [item];
    const over = new Promise<void>((resolve) => {
      // Behind, so not run in this turn.
      link.pass(() => {
        aside.delete(link);
        giveBack(items);
        resolve();
      });
    });
    aside.set(link, { items, over });
  }

  return {
    isEmpty: (): boolean => aside.size === 0,

    /** Resolves when some of it was given back. */
    settled: async (): Promise<void> => {
      await Promise.race([...aside.values()].map(({ over }) => over));
    },

    /** Whether it has to wait; it is kept then. */
    takes: (item: Grouped): boolean => {
      const { link } = 'edit' in item ? item.edit : item.after;
      const before = aside.get(link);
      if (before !== undefined) before.items.push(item);
      else if ('edit' in item && link.isBehind()) begin(link, item);
      else return false;
      return true;
    },
  };
}

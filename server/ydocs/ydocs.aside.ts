import type { Link } from './ydocs.link.ts';
import type { Grouped } from './ydocs.queue.ts';

/**
 * What was sent by somebody whose right may have changed meanwhile: an edit, and all they sent after it. It is taken
 * back in its order, before whatever is done next, once it was asked again what they may. Others' edits do not wait:
 * nobody has seen what is in here, so nothing builds on it.
 */
export function createAside(onKnown: () => void) {
  const aside = new Map<Link, { items: Grouped[]; isKnown: boolean; over: Promise<void> }>();

  function begin(link: Link, item: Grouped): void {
    const over = new Promise<void>((resolve) => {
      // Behind, so not run in this turn.
      link.pass(() => {
        const held = aside.get(link);
        if (held !== undefined) held.isKnown = true;
        onKnown();
        resolve();
      });
    });
    aside.set(link, { items: [item], isKnown: false, over });
  }

  return {
    isEmpty: (): boolean => aside.size === 0,

    /** What is known by now to be theirs to send or not, in its order. Until then, what they send joins it in here. */
    takeBack: (): Grouped[] => {
      const known = [...aside].filter(([, { isKnown }]) => isKnown);
      for (const [link] of known) aside.delete(link);
      return known.flatMap(([, { items }]) => items);
    },

    /** Resolves when some of it may be taken back. */
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

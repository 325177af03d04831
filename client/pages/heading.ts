/** How long a page may take to show its heading before the focus stays with the page itself, in ms. */
const PATIENCE = 3000;

/** The heading of what has just been opened: that of the item if one is open, else that of the place. */
function heading(main: HTMLElement): HTMLElement | null {
  const item = main.querySelector<HTMLElement>('[data-item]');
  return (item ?? main).querySelector<HTMLElement>(':is(h1, h2)');
}

/**
 * Moves the focus to the heading after a navigation, so that a reader of the screen hears where they are and the
 * keyboard goes on from there (WCAG 2.4.3). What loads late is waited for, unless somebody has gone on meanwhile.
 * Returns how to stop waiting.
 */
export function focusHeading(main: HTMLElement): () => void {
  const focus = (): boolean => {
    const found = heading(main);
    if (found === null) return false;
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    return true;
  };
  if (focus()) return () => undefined;
  main.focus({ preventScroll: true });
  const watcher = new MutationObserver(() => {
    if (document.activeElement !== main || focus()) stop();
  });
  const timer = setTimeout(() => {
    watcher.disconnect();
  }, PATIENCE);
  const stop = (): void => {
    clearTimeout(timer);
    watcher.disconnect();
  };
  watcher.observe(main, { childList: true, subtree: true });
  return stop;
}

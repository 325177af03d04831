/* What the browser says about the page while a live text is open. */

export interface PageEvents {
  /** The page may be going away, or is out of sight. */
  away: () => void;
  /** It is seen again, or there is a network again. */
  back: () => void;
  /** The device says that it has no network. */
  lost: () => void;
}

/** Listens until the returned function is called. */
export function watchPage({ away, back, lost }: PageEvents): () => void {
  const look = (): void => {
    if (document.visibilityState === 'hidden') away();
    else back();
  };
  addEventListener('pagehide', away);
  addEventListener('online', back);
  addEventListener('offline', lost);
  document.addEventListener('visibilitychange', look);
  return () => {
    removeEventListener('pagehide', away);
    removeEventListener('online', back);
    removeEventListener('offline', lost);
    document.removeEventListener('visibilitychange', look);
  };
}

const warn = (event: BeforeUnloadEvent): void => {
  event.preventDefault();
};

/** Asks before the page is left. Only while it is needed: a page with this listener is not kept for the way back. */
export function guardPage(on: boolean): void {
  if (on) addEventListener('beforeunload', warn);
  else removeEventListener('beforeunload', warn);
}

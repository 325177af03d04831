/** How long after the page has come nothing else is fetched, in ms: the first message comes first. */
const SETTLED = 5000;

/** Runs `work` once the page has settled and is idle; never where somebody saves data. Returns how to stop. */
export function atRest(work: () => void): () => void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData === true) return () => undefined;
  const timer = setTimeout(() => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(work);
    else work();
  }, SETTLED);
  return () => {
    clearTimeout(timer);
  };
}

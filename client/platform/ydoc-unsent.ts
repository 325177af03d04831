import { openTexts, unsentCopies } from './ydoc-copy.ts';
import type { Db } from './db.ts';
import type { YdocDeps } from './ydoc.svelte.ts';

/** How long one text may take to go out before the next is tried. ms */
const PATIENCE = 20_000;

/**
 * Sends what was written offline in texts nobody has opened since. One after the other; what cannot go out stays on
 * this device for the next time. yjs is only fetched where there is something to send.
 */
export async function sendUnsentTexts(deps: { db: Db; user: YdocDeps['user'] }): Promise<void> {
  const waiting = await unsentCopies(deps.db);
  if (waiting.length === 0) return;
  const { Ydoc } = await import('./ydoc.svelte.ts');
  for (const id of waiting) {
    if (openTexts.has(id)) continue; // whoever has it open sends it
    const ydoc = new Ydoc({ ...deps, id });
    await ydoc.open();
    await ydoc.delivered(PATIENCE);
    await ydoc.close();
  }
}

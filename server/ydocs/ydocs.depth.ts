import * as Y from 'yjs';

/**
 * Levels: of nodes in a text, of values in a value. No editor writes a tenth of it. Yjs and every walk over a document
 * go down by recursion, and how far that goes depends on how long the process has run: what a warm one still takes, one
 * that has just started cannot open again.
 */
export const MAX_DEPTH = 64;

/** Whether a value holds others on more levels than we keep. */
export function isDeepValue(value: unknown, left = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return left === 0 || members.some((member) => isDeepValue(member, left - 1));
}

function isDeepItem(struct: Y.Item | Y.GC): boolean {
  let above: unknown = struct instanceof Y.Item ? struct.parent : undefined;
  for (let depth = 1; above instanceof Y.AbstractType; depth++) {
    if (depth > MAX_DEPTH) return true;
    above = above._item?.parent;
  }
  return false;
}

/**
 * Whether anything a transaction added stands below more types than we keep. Bytes do not tell: an item may name its
 * neighbour alone, and only the document knows what both stand in.
 */
export function wentTooDeep({ doc, beforeState, afterState }: Y.Transaction): boolean {
  for (const [client, to] of afterState) {
    const from = beforeState.get(client) ?? 0;
    if (to === from) continue;
    const structs = doc.store.clients.get(client) ?? [];
    if (structs.slice(Y.findIndexSS(structs, from)).some(isDeepItem)) return true;
  }
  return false;
}

import * as Y from 'yjs';

/*
 * Writing that is on this device under a client id the server does not take (4409) is written again under another
 * one. The two texts are merged on the side, then the blocks that differ are copied over as a new edit.
 */

type Block = Y.XmlElement | Y.XmlText;

const blocksOf = (fragment: Y.XmlFragment): Block[] =>
  fragment.toArray().filter((block): block is Block => block instanceof Y.XmlElement || block instanceof Y.XmlText);

/** The same text, marks and attributes. */
const same = (a: Block | undefined, b: Block | undefined): boolean =>
  a !== undefined && b !== undefined && a.constructor === b.constructor && a.toJSON() === b.toJSON();

/** Makes `into` read as `from`, leaving alone the blocks at both ends that are alike. */
function copyBlocks(into: Y.XmlFragment, from: Y.XmlFragment): void {
  const old = blocksOf(into);
  const wanted = blocksOf(from);
  let start = 0;
  while (same(old[start], wanted[start])) start += 1;
  let end = 0;
  while (end < Math.min(old.length, wanted.length) - start && same(old.at(-1 - end), wanted.at(-1 - end))) end += 1;
  into.delete(start, old.length - start - end);
  into.insert(
    start,
    wanted.slice(start, wanted.length - end).map((block) => block.clone()),
  );
}

/** Writes into `doc`, as an edit made here, what `update` (a whole state) holds beyond it. */
export function carryOver(doc: Y.Doc, update: Uint8Array): void {
  const merged = new Y.Doc();
  Y.applyUpdate(merged, Y.encodeStateAsUpdate(doc));
  Y.applyUpdate(merged, update);
  doc.transact(() => {
    for (const name of merged.share.keys()) copyBlocks(doc.getXmlFragment(name), merged.getXmlFragment(name));
  });
  merged.destroy();
}

interface Piece {
  insert: unknown;
}

function linesOf(node: Y.XmlFragment | Block): string {
  if (node instanceof Y.XmlText) {
    const pieces = node.toDelta() as Piece[];
    return pieces.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('');
  }
  return blocksOf(node).map(linesOf).filter(Boolean).join('\n');
}

/** All text of a document in plain lines, for a copy somebody takes with them. */
export function plainText(doc: Y.Doc): string {
  return [...doc.share.keys()]
    .map((name) => linesOf(doc.getXmlFragment(name)))
    .filter(Boolean)
    .join('\n\n');
}

/** Do two documents read the same, whatever happened on the way? */
export function readAlike(a: Y.Doc, b: Y.Doc): boolean {
  const names = new Set([...a.share.keys(), ...b.share.keys()]);
  return [...names].every((name) => a.getXmlFragment(name).toJSON() === b.getXmlFragment(name).toJSON());
}

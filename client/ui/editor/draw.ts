import * as Y from 'yjs';

/*
 * A fragment of a live text as plain DOM, for whoever only reads it and for every part that is not being written in.
 * Built node by node, never from a string, so nothing in a text can become markup.
 */

// Maps, since their keys come from others: an object has a `constructor` too, which is no name of an element.
const BLOCKS: ReadonlyMap<string, string> = new Map([
  ['paragraph', 'p'],
  ['bulletList', 'ul'],
  ['orderedList', 'ol'],
  ['listItem', 'li'],
  ['blockquote', 'blockquote'],
  ['horizontalRule', 'hr'],
  ['hardBreak', 'br'],
  ['codeBlock', 'pre'],
]);
const MARKS: ReadonlyMap<string, string> = new Map([
  ['bold', 'strong'],
  ['italic', 'em'],
  ['underline', 'u'],
  ['strike', 's'],
  ['code', 'code'],
]);
const LEVELS = new Set([1, 2, 3, 4, 5, 6]);

type Attributes = Readonly<Record<string, unknown>>;
interface Piece {
  insert: unknown;
  attributes?: Attributes;
}

/** What one run of text looks like. A mark nobody here knows leaves the text as it is. */
function drawPiece({ insert, attributes = {} }: Piece): Node {
  let node: Node = document.createTextNode(typeof insert === 'string' ? insert : '');
  for (const [mark, value] of Object.entries(attributes)) {
    const tag = MARKS.get(mark);
    const wrap = mark === 'link' ? link(value) : tag && document.createElement(tag);
    if (!wrap) continue;
    wrap.append(node);
    node = wrap;
  }
  return node;
}

/** Only addresses a person can follow without harm. */
function link(value: unknown): HTMLElement | undefined {
  const href = (value as { href?: unknown } | null)?.href;
  if (typeof href !== 'string' || !/^(https?:|mailto:|tel:)/i.test(href)) return undefined;
  const anchor = document.createElement('a');
  anchor.href = href;
  anchor.rel = 'noopener noreferrer nofollow';
  anchor.target = '_blank';
  return anchor;
}

function elementFor(block: Y.XmlElement, unknown: string): HTMLElement {
  const attributes: Attributes = block.getAttributes();
  if (block.nodeName === 'heading') {
    const level = Number(attributes['level']);
    return document.createElement(`h${LEVELS.has(level) ? level : 2}`);
  }
  const tag = BLOCKS.get(block.nodeName);
  if (tag === undefined) {
    const box = document.createElement('div');
    box.className = 'unknown';
    box.title = unknown;
    return box;
  }
  const element = document.createElement(tag);
  const start = Number(attributes['start'] ?? 1);
  if (element instanceof HTMLOListElement && start !== 1) element.start = start;
  return element;
}

function drawBlock(block: Y.XmlElement | Y.XmlText | Y.XmlHook, unknown: string): Node[] {
  if (block instanceof Y.XmlText) return (block.toDelta() as Piece[]).map(drawPiece);
  if (!(block instanceof Y.XmlElement)) return [];
  const element = elementFor(block, unknown);
  for (const child of block.toArray()) element.append(...drawBlock(child, unknown));
  // An empty paragraph is a line in the editor; here it must be one too, or the page moves when it comes alive.
  if (block.nodeName === 'paragraph' && block.length === 0) element.append(document.createElement('br'));
  return [element];
}

/** Draws the fragment as it is now. `unknown` names, on hover, what this version has no element for. */
export function drawFragment(fragment: Y.XmlFragment, unknown: string): Node[] {
  return fragment.toArray().flatMap((block) => drawBlock(block, unknown));
}

/** Is there a letter, or anything else to see? */
export function hasContent(fragment: Y.XmlFragment): boolean {
  const anything = (node: unknown): boolean => {
    if (node instanceof Y.XmlText) return node.length > 0;
    if (!(node instanceof Y.XmlElement)) return false;
    return !['paragraph', 'bulletList', 'orderedList', 'listItem', 'heading'].includes(node.nodeName)
      ? true
      : node.toArray().some(anything);
  };
  return fragment.toArray().some(anything);
}

import * as Y from 'yjs';
import type { TextMark, TextNode } from './ydocs.port.ts';

interface Run {
  insert?: unknown;
  attributes?: Record<string, unknown>;
}

const isFull = (attrs: object): boolean => Object.keys(attrs).length > 0;

function markOf([type, attrs]: [string, unknown]): TextMark {
  return typeof attrs === 'object' && attrs !== null && isFull(attrs)
    ? { type, attrs: attrs as Record<string, unknown> }
    : { type };
}

function textOf(node: Y.XmlText): TextNode[] {
  return (node.toDelta() as Run[]).flatMap(({ insert, attributes }) => {
    if (typeof insert !== 'string' || insert === '') return [];
    const marks = Object.entries(attributes ?? {}).map(markOf);
    return [{ type: 'text', text: insert, ...(marks.length > 0 && { marks }) }];
  });
}

function nodesOf(children: readonly unknown[]): TextNode[] {
  return children.flatMap((child): TextNode[] => {
    if (child instanceof Y.XmlText) return textOf(child);
    if (!(child instanceof Y.XmlElement)) return [];
    const attrs = child.getAttributes() as Record<string, unknown>;
    const content = nodesOf(child.toArray());
    return [{ type: child.nodeName, ...(isFull(attrs) && { attrs }), ...(content.length > 0 && { content }) }];
  });
}

/**
 * Every top-level fragment by name, by a walk that only reads: the editor's binding would change the document. Yjs
 * bytes are no contract (two orders of the same edits may encode differently), so hashes are taken over this.
 */
export function fragmentsOf(doc: Y.Doc): Record<string, TextNode> {
  const names = [...doc.share.keys()].sort();
  return Object.fromEntries(
    names.map((name) => [name, { type: 'doc', content: nodesOf(doc.getXmlFragment(name).toArray()) }]),
  );
}

const BLOCKS: ReadonlySet<string> = new Set(['paragraph', 'heading', 'codeBlock']);

function linesOf(node: TextNode): string[] {
  const inside = node.content ?? [];
  if (BLOCKS.has(node.type)) return [inside.map((child) => child.text ?? '').join('')];
  return inside.flatMap(linesOf);
}

/** The words alone, one line a block. */
export const wordsOf = (fragments: Readonly<Record<string, TextNode>>): string =>
  Object.values(fragments).flatMap(linesOf).join('\n');

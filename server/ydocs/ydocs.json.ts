import * as Y from 'yjs';
import { canonical } from '#shared/wire/stream.ts';
import { MAX_DEPTH } from './ydocs.depth.ts';
import type { DocText, TextMark, TextNode } from './ydocs.port.ts';

interface Run {
  insert?: unknown;
  attributes?: Record<string, unknown>;
}

/** An attribute as JSON can hold it: whoever writes bytes of their own can put anything there. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((member) => plain(member, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return null;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, depth + 1)]));
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** Attributes by name, in order of name: their order in memory depends on who wrote first. */
function attrsOf(attributes: Readonly<Record<string, unknown>>): { attrs?: Record<string, unknown> } {
  const attrs = Object.entries(attributes).map(([key, value]): [string, unknown] => [key, plain(value)]);
  return attrs.length > 0 ? { attrs: Object.fromEntries(attrs.sort(byName)) } : {};
}

/** Where a mark can stand twice, the editor's binding writes a hash behind its name (y-tiptap). */
const HASHED = /--[a-zA-Z0-9+/=]{8}$/;

function markOf([name, attrs]: [string, unknown]): TextMark {
  const isObject = typeof attrs === 'object' && attrs !== null && !Array.isArray(attrs);
  return { type: name.replace(HASHED, ''), ...(isObject ? attrsOf(attrs as Record<string, unknown>) : {}) };
}

function textOf(node: Y.XmlText): TextNode[] {
  return (node.toDelta() as Run[]).flatMap(({ insert, attributes }): TextNode[] => {
    if (insert === '') return [];
    const marks = Object.entries(attributes ?? {})
      .sort(byName)
      .map(markOf);
    const marked = marks.length > 0 ? { marks } : {};
    if (typeof insert === 'string') return [{ type: 'text', text: insert, ...marked }];
    return [{ type: 'embed', attrs: { value: plain(insert) }, ...marked }];
  });
}

/**
 * Neighbours that look the same are one piece of text, as in ProseMirror. Yjs cuts text wherever a mark was once set
 * or cleared, and two replicas of the same document may differ in which of these places are still there.
 */
function joined(nodes: readonly TextNode[]): TextNode[] {
  const found: TextNode[] = [];
  for (const node of nodes) {
    const last = found.at(-1);
    const isSame =
      last?.text !== undefined && node.text !== undefined && canonical(last.marks) === canonical(node.marks);
    if (isSame) found[found.length - 1] = { ...last, text: `${last.text ?? ''}${node.text ?? ''}` };
    else found.push(node);
  }
  return found;
}

function nodesOf(children: readonly unknown[], depth: number): TextNode[] {
  if (depth > MAX_DEPTH) return [];
  const nodes = children.flatMap((child): TextNode[] => {
    if (child instanceof Y.XmlText) return textOf(child);
    if (!(child instanceof Y.XmlElement)) return [];
    const content = nodesOf(child.toArray(), depth + 1);
    const attrs = attrsOf(child.getAttributes());
    return [{ type: child.nodeName, ...attrs, ...(content.length > 0 ? { content } : {}) }];
  });
  return joined(nodes);
}

const BLOCKS: ReadonlySet<string> = new Set(['paragraph', 'heading', 'codeBlock']);

function linesOf(node: TextNode): string[] {
  const inside = node.content ?? [];
  if (BLOCKS.has(node.type)) return [inside.map((child) => child.text ?? '').join('')];
  return inside.flatMap(linesOf);
}

/**
 * What a document says, by a walk that only reads: the editor's binding would change the document. Yjs bytes are no
 * contract (two orders of the same edits may encode differently), so hashes and comparisons are taken over this.
 */
export function textOfDoc(doc: Y.Doc): DocText {
  const all = [...doc.share.keys()].sort().map((name) => {
    const content = nodesOf(doc.getXmlFragment(name).toArray(), 0);
    return [name, { type: 'doc', content }] as const;
  });
  // A name under which nothing stands, or nothing any more, is not in a document's bytes.
  const fragments = Object.fromEntries(all.filter(([, { content }]) => content.length > 0));
  return { fragments, text: Object.values(fragments).flatMap(linesOf).join('\n') };
}

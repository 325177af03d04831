import * as Y from 'yjs';
import type { Block, Text } from '#shared/responses/responses.events.ts';

/*
 * Between a live document and the text that is signed. The text is the fragment `body` (contract), the headline a line
 * in a fragment of its own, because the editor of a text has no first-level heading. The nodes are the editor's.
 */

const BODY = 'body';
const HEADLINE = 'headline';

/** Nodes whose text is one line each; everything else is looked into. */
const LINES: Readonly<Record<string, true>> = { paragraph: true, heading: true, codeBlock: true };

type Within = Exclude<Block['type'], 'heading'>;

/** The plain words of a node, hard breaks as line ends. Marks are dropped: what is signed is text. */
function wordsOf(node: Y.XmlElement | Y.XmlText | Y.XmlHook): string {
  if (node instanceof Y.XmlText) {
    const delta = node.toDelta() as { insert?: unknown }[];
    return delta.map(({ insert }) => (typeof insert === 'string' ? insert : '')).join('');
  }
  if (node instanceof Y.XmlHook) return '';
  if (node.nodeName === 'hardBreak') return '\n';
  return node
    .toArray()
    .map((child) => wordsOf(child))
    .join('');
}

function levelOf(node: Y.XmlElement): number {
  // The editor writes a number; a foreign client may write its text.
  return Number((node.getAttributes() as Record<string, unknown>)['level'] ?? 2);
}

interface Reading {
  headline: string | undefined;
  blocks: Block[];
}

function readNode(node: Y.XmlElement | Y.XmlText | Y.XmlHook, type: Within, into: Reading): void {
  const isLine = node instanceof Y.XmlText || (node instanceof Y.XmlElement && LINES[node.nodeName] === true);
  if (!isLine) {
    if (node instanceof Y.XmlElement) for (const child of node.toArray()) readNode(child, typeIn(node, type), into);
    return;
  }
  const words = wordsOf(node);
  const isHeading = node instanceof Y.XmlElement && node.nodeName === 'heading';
  if (isHeading && levelOf(node) === 1 && into.headline === undefined) {
    if (words.trim() !== '') into.headline = words;
    return;
  }
  for (const line of words.split('\n')) into.blocks.push({ type: isHeading ? 'heading' : type, text: line });
}

function typeIn(node: Y.XmlElement, type: Within): Within {
  if (node.nodeName === 'orderedList') return 'step';
  return node.nodeName === 'bulletList' ? 'item' : type;
}

/** The text of a document as its writers see it; `title` is the headline where they wrote none. */
export function readText(update: Uint8Array, title: string): Text {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const into: Reading = { headline: undefined, blocks: [] };
  for (const node of doc.getXmlFragment(BODY).toArray()) readNode(node, 'paragraph', into);
  const above = doc.getXmlFragment(HEADLINE).toArray().map(wordsOf).join(' ').trim();
  doc.destroy();
  return { headline: above === '' ? (into.headline ?? title) : above, blocks: into.blocks };
}

function line(name: string, text: string, attributes: Record<string, unknown> = {}): Y.XmlElement {
  const element = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value as string);
  if (text !== '') element.insert(0, [new Y.XmlText(text)]);
  return element;
}

function list(name: string, lines: readonly Block[]): Y.XmlElement {
  const element = new Y.XmlElement(name);
  const items = lines.map((block) => {
    const item = new Y.XmlElement('listItem');
    item.insert(0, [line('paragraph', block.text)]);
    return item;
  });
  element.insert(0, items);
  return element;
}

/** Blocks that follow each other in one list. */
function runs(blocks: readonly Block[]): Block[][] {
  const found: Block[][] = [];
  for (const block of blocks) {
    const last = found.at(-1);
    const isList = block.type === 'item' || block.type === 'step';
    if (last !== undefined && isList && last[0]?.type === block.type) last.push(block);
    else found.push([block]);
  }
  return found;
}

function nodeOf(run: readonly Block[]): Y.XmlElement {
  const [first] = run;
  if (first?.type === 'step') return list('orderedList', run);
  if (first?.type === 'item') return list('bulletList', run);
  return first?.type === 'heading' ? line('heading', first.text, { level: 2 }) : line('paragraph', first?.text ?? '');
}

/** A document that begins with this text; a paragraph without words is a place to write. */
export function seedOf({ headline, blocks }: Text): Uint8Array {
  const doc = new Y.Doc();
  doc.getXmlFragment(HEADLINE).insert(0, [line('paragraph', headline)]);
  doc.getXmlFragment(BODY).insert(0, runs(blocks).map(nodeOf));
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

import * as Y from 'yjs';
import { SECTIONS, type SectionKey } from '#shared/responses/responses.text.ts';

/** What stands under one heading: paragraphs, or steps where it is a list. */
export type Section = readonly [SectionKey, readonly string[]];

function element(name: string, words: string, attributes: Record<string, unknown> = {}): Y.XmlElement {
  const node = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value as string);
  if (words !== '') node.insert(0, [new Y.XmlText(words)]);
  return node;
}

function steps(lines: readonly string[]): Y.XmlElement {
  const list = new Y.XmlElement('orderedList');
  const items = lines.map((line) => {
    const item = new Y.XmlElement('listItem');
    item.insert(0, [element('paragraph', line)]);
    return item;
  });
  list.insert(0, items);
  return list;
}

/** Writes a whole response: the headline, then each section under its heading. */
export const writeResponse =
  (headline: string, sections: readonly Section[]) =>
  (doc: Y.Doc): void => {
    const body = doc.getXmlFragment('body');
    body.delete(0, body.length);
    const nodes = sections.flatMap(([key, lines]) => [
      element('heading', SECTIONS[key].zh, { level: 2 }),
      ...(key === 'todo' ? [steps(lines)] : lines.map((line) => element('paragraph', line))),
    ]);
    body.insert(0, [element('heading', headline, { level: 1 }), ...nodes]);
  };

/** Writes an agenda item: one line each, as a list. */
export const writeItem =
  (fragment: string, lines: readonly string[]) =>
  (doc: Y.Doc): void => {
    const body = doc.getXmlFragment(fragment);
    body.delete(0, body.length);
    const list = new Y.XmlElement('bulletList');
    list.insert(
      0,
      lines.map((line) => {
        const item = new Y.XmlElement('listItem');
        item.insert(0, [element('paragraph', line)]);
        return item;
      }),
    );
    body.insert(0, [list]);
  };

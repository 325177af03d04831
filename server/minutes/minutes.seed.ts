import * as Y from 'yjs';

/** A paragraph to begin in: two people who open an empty fragment at once would each make one. */
function begin(doc: Y.Doc, name: string): void {
  const fragment = doc.getXmlFragment(name);
  if (fragment.length === 0) fragment.insert(0, [new Y.XmlElement('paragraph')]);
}

/** Gives each of these fragments its first paragraph, where it has none. */
export const seedFragments =
  (names: readonly string[]) =>
  (doc: Y.Doc): void => {
    doc.transact(() => {
      for (const name of names) begin(doc, name);
    });
  };

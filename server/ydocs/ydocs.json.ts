import * as Y from 'yjs';

/** A node of rich text as plain data: the shape the editor's own JSON has. */
export interface DocNode {
  type: string;
  attrs?: Record<string, unknown>;
  content?: DocNode[];
  text?: string;
  marks?: { type: string; attrs?: Record<string, unknown> }[];
}

interface Run {
  insert?: unknown;
  attributes?: Record<string, unknown>;
}

function textOf(node: Y.XmlText): DocNode[] {
  return (node.toDelta() as Run[]).flatMap(({ insert, attributes }) => {
    if (typeof insert !== 'string' || insert === '') return [];
    const marks = Object.entries(attributes ?? {}).map(([type, attrs]) =>
      typeof attrs === 'object' && attrs !== null && Object.keys(attrs).length > 0
        ? { type, attrs: attrs as Record<string, unknown> }
        : { type },
    );
    return [{ type: 'text', text: insert, ...(marks.length > 0 && { marks }) }];
  });
}

function nodesOf(children: readonly unknown[]): DocNode[] {
  return children.flatMap((child): DocNode[] => {
    if (child instanceof Y.XmlText) return textOf(child);
    if (!(child instanceof Y.XmlElement)) return [];
    const attrs = child.getAttributes() as Record<string, unknown>;
    const content = nodesOf(child.toArray());
    return [
      {
        type: child.nodeName,
        ...(Object.keys(attrs).length > 0 && { attrs }),
        ...(content.length > 0 && { content }),
      },
    ];
  });
}

/**
 * A fragment as plain data, by a walk that only reads: the editor's binding would change the document. Yjs bytes are no
 * contract (two orders of the same edits may encode differently), so hashes are taken over this.
 */
export const fragmentJson = (fragment: Y.XmlFragment): DocNode[] => nodesOf(fragment.toArray());

/** Every top-level fragment by name, in order of name. */
export function docJson(doc: Y.Doc): Record<string, DocNode[]> {
  const names = [...doc.share.keys()].sort();
  return Object.fromEntries(names.map((name) => [name, fragmentJson(doc.getXmlFragment(name))]));
}

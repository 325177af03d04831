import type { Schema } from '@tiptap/pm/model';
import * as Y from 'yjs';

/**
 * Would this version's editor keep everything in the fragment? The binding deletes, for everybody, what its schema
 * cannot hold: a node it does not know goes, an unknown mark takes its whole paragraph along. So a text is checked
 * before it is bound and at every change, and one that does not fit is only shown.
 */
export function fits(fragment: Y.XmlFragment, schema: Schema): boolean {
  return fragment.toArray().every((block) => block instanceof Y.XmlElement && fitsBlock(block, schema));
}

function fitsBlock(block: Y.XmlElement, schema: Schema): boolean {
  const type = schema.nodes[block.nodeName];
  if (type === undefined) return false;
  // Attributes it does not know would go with the next change beside them.
  if (!Object.keys(block.getAttributes()).every((name) => name in (type.spec.attrs ?? {}))) return false;
  const content = block.toArray();
  if (!content.every((part) => fitsPart(part, schema))) return false;
  if (content.length === 0) return true; // an empty list after two deletions at once holds nothing to lose
  return content.every((part) => {
    const inside = part instanceof Y.XmlElement ? schema.nodes[part.nodeName] : schema.nodes['text'];
    const empty = part instanceof Y.XmlText && part.length === 0;
    return empty || (inside !== undefined && allows(type, inside));
  });
}

function fitsPart(part: Y.XmlElement | Y.XmlText | Y.XmlHook, schema: Schema): boolean {
  if (part instanceof Y.XmlElement) return fitsBlock(part, schema);
  if (!(part instanceof Y.XmlText)) return false;
  const pieces = part.toDelta() as { insert: unknown; attributes?: Record<string, unknown> }[];
  return pieces.every(
    ({ insert, attributes = {} }) =>
      typeof insert === 'string' &&
      Object.keys(attributes).every((mark) => schema.marks[mark.replace(/--[\w+/=]{8}$/, '')] !== undefined),
  );
}

/** May `inside` stand somewhere in `outer`, wherever that is in its order? */
function allows(outer: Schema['nodes'][string], inside: Schema['nodes'][string]): boolean {
  const seen = new Set<typeof outer.contentMatch>();
  const waiting = [outer.contentMatch];
  for (let match = waiting.pop(); match !== undefined; match = waiting.pop()) {
    if (seen.has(match)) continue;
    seen.add(match);
    if (match.matchType(inside) !== null) return true;
    for (let edge = 0; edge < match.edgeCount; edge += 1) waiting.push(match.edge(edge).next);
  }
  return false;
}

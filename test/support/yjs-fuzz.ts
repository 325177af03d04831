import * as Y from 'yjs';

/** Repeatable chance: the same seed gives the same run. Mulberry32. */
export function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

// No character of two units: Yjs itself loses one that somebody cuts in half, which no editor does.
const WORDS = ['会议', '同意', '停水', 'ok', '居民代表', ' '];
const MARKS = [{ bold: {} }, { italic: {} }, { link: { href: 'https://example.org' } }, { bold: null }];

function paragraphOf(fragment: Y.XmlFragment, pick: (below: number) => number): Y.XmlText {
  if (fragment.length === 0 || pick(6) === 0) {
    const element = new Y.XmlElement(['paragraph', 'heading', 'listItem'][pick(3)] ?? 'paragraph');
    element.insert(0, [new Y.XmlText()]);
    if (pick(3) === 0) element.setAttribute('level', String(pick(4)));
    fragment.insert(pick(fragment.length + 1), [element]);
  }
  const element = fragment.get(pick(fragment.length));
  const inside = element instanceof Y.XmlElement && element.length > 0 ? element.get(0) : undefined;
  if (inside instanceof Y.XmlText) return inside;
  const text = new Y.XmlText();
  if (element instanceof Y.XmlElement) element.insert(0, [text]);
  return text;
}

/** One thing an editor does: types, deletes, marks, opens or removes a paragraph, sets an attribute. */
export function scribble(doc: Y.Doc, pick: (below: number) => number): void {
  const fragment = doc.getXmlFragment(['body:preamble', 'body:closing'][pick(2)] ?? 'body:closing');
  doc.transact(() => {
    const text = paragraphOf(fragment, pick);
    const kind = pick(8);
    if (kind < 4) text.insert(pick(text.length + 1), WORDS[pick(WORDS.length)] ?? '', MARKS[pick(8)]);
    else if (kind < 6 && text.length > 0) text.delete(pick(text.length), 1);
    else if (kind === 6 && text.length > 1) text.format(0, 1 + pick(text.length - 1), MARKS[pick(4)] ?? {});
    else if (fragment.length > 2) fragment.delete(pick(fragment.length), 1);
  });
}

/** A copy with a few bytes changed, cut, doubled or put in. */
export function mutated(bytes: Uint8Array, pick: (below: number) => number): Uint8Array {
  let copy = [...bytes];
  for (let times = 1 + pick(3); times > 0; times--) {
    const at = pick(copy.length + 1);
    const kind = pick(5);
    if (kind === 0) copy[at] = pick(256);
    else if (kind === 1) copy.splice(at, 0, pick(256));
    else if (kind === 2) copy.splice(at, 1 + pick(4));
    else if (kind === 3) copy = copy.slice(0, at);
    else copy.splice(at, 0, ...copy.slice(at, at + 1 + pick(8)));
  }
  return Uint8Array.from(copy.map((byte) => byte & 0xff));
}

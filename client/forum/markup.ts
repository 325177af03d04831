/*
 * The small Markdown of a message: bold, code, links, lists. Text in, plain tokens out, which the view makes into text
 * nodes: there is no HTML in between that could carry anything else. Every pattern is bounded, so that no text takes
 * long (security #42).
 */

export type Inline =
  { kind: 'text' | 'bold' | 'code' | 'mention'; text: string } | { kind: 'link'; text: string; href: string };

export type Block =
  | { kind: 'text'; lines: Inline[][] }
  | { kind: 'list'; items: Inline[][]; start: number | undefined }
  | { kind: 'code'; text: string };

const CODE = '`([^`\\n]{1,500})`';
const BOLD = '\\*\\*([^*\\n]{1,500})\\*\\*';
// Ends where a sentence goes on in Chinese: nobody puts a space after an address.
const LINK = '(https?:\\/\\/[^\\s<>"\'`，。；：！？、（）【】《》「」“”]{1,2000})';
const BULLET = /^[-*•] (.*)$/;
const NUMBERED = /^(\d{1,3})\. (.*)$/;
const FENCE = '```';

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** `names` are those of the people mentioned, as they stand in the text after an @ of either width. */
function patternFor(names: readonly string[]): RegExp {
  const longestFirst = [...names].filter((name) => name !== '').sort((a, b) => b.length - a.length);
  const mention = longestFirst.length > 0 ? `|[@＠](${longestFirst.map(escaped).join('|')})` : '';
  return new RegExp(`${CODE}|${BOLD}|${LINK}${mention}`, 'gu');
}

/** An address as typed, without the punctuation that ends its sentence; undefined where it is none. */
function linkOf(found: string): { text: string; href: string } | undefined {
  const text = found.replace(/[.,;:!?)\]*_~]{1,10}$/, '');
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? { text, href } : undefined;
}

function inline(line: string, pattern: RegExp): Inline[] {
  const tokens: Inline[] = [];
  let at = 0;
  const plain = (to: number): void => {
    if (to > at) tokens.push({ kind: 'text', text: line.slice(at, to) });
  };
  for (const found of line.matchAll(pattern)) {
    const [whole, code, bold, address, name] = found;
    const link = address === undefined ? undefined : linkOf(address);
    if (address !== undefined && link === undefined) continue;
    plain(found.index);
    at = found.index + (link?.text.length ?? whole.length);
    if (link !== undefined) tokens.push({ kind: 'link', ...link });
    else if (code !== undefined) tokens.push({ kind: 'code', text: code });
    else if (bold !== undefined) tokens.push({ kind: 'bold', text: bold });
    else tokens.push({ kind: 'mention', text: `@${name ?? ''}` });
  }
  plain(line.length);
  return tokens;
}

/** A message's text in blocks. Line breaks inside a block of text are kept as they were typed. */
export function parseMarkup(text: string, names: readonly string[] = []): Block[] {
  const pattern = patternFor(names);
  const blocks: Block[] = [];
  let fence: string[] | undefined;
  for (const line of text.replace(/\r\n?/g, '\n').trim().split('\n')) {
    if (line.trim() === FENCE) {
      if (fence !== undefined) blocks.push({ kind: 'code', text: fence.join('\n') });
      fence = fence === undefined ? [] : undefined;
    } else if (fence !== undefined) fence.push(line);
    else addLine(blocks, line, pattern);
  }
  if (fence !== undefined) blocks.push({ kind: 'code', text: fence.join('\n') }); // never closed: all the rest
  return blocks;
}

function addLine(blocks: Block[], line: string, pattern: RegExp): void {
  const last = blocks.at(-1);
  const bullet = BULLET.exec(line);
  const numbered = bullet === null ? NUMBERED.exec(line) : null;
  if (bullet !== null || numbered !== null) {
    const item = inline(bullet?.[1] ?? numbered?.[2] ?? '', pattern);
    const start = numbered === null ? undefined : Number(numbered[1]);
    const goesOn = last?.kind === 'list' && (last.start === undefined) === (start === undefined);
    if (goesOn) last.items.push(item);
    else blocks.push({ kind: 'list', items: [item], start });
  } else if (last?.kind === 'text') last.lines.push(inline(line, pattern));
  else blocks.push({ kind: 'text', lines: [inline(line, pattern)] });
}

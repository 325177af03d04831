import type { Block } from '#shared/responses/responses.events.ts';
import type { PublicResponse, PublicRevision } from '#shared/responses/responses.view.ts';
import { SECTIONS, type Section } from '#shared/responses/responses.text.ts';
import { publicWords, type PublicLanguage, type PublicWords } from './public.words.ts';

/* What the public pages share: how they are asked for, how times and codes are written, the document around them. */

/** How a reader wants the page: both stand in the address, since nothing is stored about anybody. */
export interface Look {
  language: PublicLanguage;
  large: boolean;
  /** The address without its query. */
  path: string;
  /** What else stands in the query and must be kept when the look changes. */
  rest: Readonly<Record<string, string>>;
}

/** Everything a page is rendered from besides its own content. */
export interface Frame {
  look: Look;
  words: PublicWords;
  /** Whose page it is, beside the product's name. */
  place: string;
}

export const frameOf = (look: Look, place = ''): Frame => ({ look, words: publicWords(look.language), place });

/** An address inside the public pages that keeps the reader's language and size of text. */
export function hrefOf(look: Look, path: string, query: Readonly<Record<string, string>> = {}): string {
  const all = new URLSearchParams({
    ...query,
    ...(look.language === 'en' ? { lang: 'en' } : {}),
    ...(look.large ? { text: 'large' } : {}),
  });
  const search = all.toString();
  return search === '' ? path : `${path}?${search}`;
}

/** The same page in another look. */
export const sameIn = (look: Look, other: Partial<Look>): string => hrefOf({ ...look, ...other }, look.path, look.rest);

const ZONE = 'Asia/Shanghai';
const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六'];

interface Parts {
  year: string;
  month: string;
  day: string;
  clock: string;
  weekday: string;
}

function partsOf(iso: string): Parts {
  const options = { timeZone: ZONE, hourCycle: 'h23' } as const;
  const date = new Date(iso);
  const [year = '', month = '', day = ''] = new Intl.DateTimeFormat('en-CA', { ...options, dateStyle: 'short' })
    .format(date)
    .split('-');
  const clock = new Intl.DateTimeFormat('en-GB', { ...options, hour: '2-digit', minute: '2-digit' }).format(date);
  const noon = new Date(`${year}-${month}-${day}T12:00:00Z`);
  return {
    year,
    month: String(Number(month)),
    day: String(Number(day)),
    clock,
    weekday: WEEKDAYS[noon.getUTCDay()] ?? '',
  };
}

/** 2026年11月22日 周日 14:20 · 22 November 2026, 14:20. */
export function longTime(iso: string, language: PublicLanguage): string {
  const { year, month, day, clock, weekday } = partsOf(iso);
  if (language === 'zh') return `${year}年${month}月${day}日 ${weekday} ${clock}`;
  return `${new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, dateStyle: 'long' }).format(new Date(iso))}, ${clock}`;
}

/** 11月22日 13:10 · 22 Nov, 13:10. */
export function shortTime(iso: string, language: PublicLanguage): string {
  const { month, day, clock } = partsOf(iso);
  if (language === 'zh') return `${month}月${day}日 ${clock}`;
  const date = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, day: 'numeric', month: 'short' });
  return `${date.format(new Date(iso))}, ${clock}`;
}

/** The first sixteen digits of a hash in four groups, as they stand on the page and in print. */
export const groupsOf = (hash: string): string[] => [0, 4, 8, 12].map((at) => hash.slice(at, at + 4).toUpperCase());

/** A section's title: the template's own ones in the reader's language, everything else as written. */
export function titleOf(section: Section, language: PublicLanguage): string {
  return section.key === undefined || language === 'zh' ? section.title : SECTIONS[section.key].en;
}

/** A telephone line of the contact section: what it is, the number as written, the number to dial. */
export interface Phone {
  label: string;
  number: string;
  dial: string;
}

const PHONE_LINE = 200; // characters; a longer line is no label and a number, and would take long to look through
const PHONE = /^(.*?)[\s：:，,]*(\+?\d[\d\s()-]{2,18}\d)$/;

export function phoneIn(block: Block): Phone | undefined {
  if (block.text.length > PHONE_LINE) return undefined;
  const found = PHONE.exec(block.text);
  const [, label, number] = found ?? [];
  if (label === undefined || number === undefined) return undefined;
  return { label, number, dial: number.replace(/[^\d+]/g, '') };
}

/** Language of something written by people, for readers of the screen. */
export const writtenIn = (text: string): string => (/\p{Script=Han}/u.test(text) ? 'zh-CN' : 'en');

const DAY = 86_400_000;
const ON_TOP = 90 * DAY; // a factual correction stays on top at least this long (incidents §3.8)

/**
 * The correction a version of the page begins with: the version's own, or the newest factual one before it for ninety
 * days. A clarification is a note at the foot, a typo stands in the history alone.
 */
export function correctionShown(
  response: PublicResponse,
  shown: PublicRevision,
  now: number,
): PublicRevision | undefined {
  if (shown.correction?.class === 'factual' || shown.correction?.class === 'retraction') return shown;
  return response.revisions.findLast(
    ({ n, correction, publishedAt }) =>
      n < shown.n && correction?.class === 'factual' && now - Date.parse(publishedAt) < ON_TOP,
  );
}

/** What a version says in one line under its number; `isWrong` where a later one says that it was wrong. */
export function gistOf(response: PublicResponse, { n, correction, headline }: PublicRevision) {
  const wrong = response.revisions[n]?.correction?.wrong;
  if (wrong !== undefined) return { text: wrong, isWrong: true };
  return { text: correction?.right ?? correction?.why ?? headline, isWrong: false };
}

const words = new Intl.Segmenter('zh', { granularity: 'word' });

/**
 * A headline as clauses, each as words: browsers break Chinese between any two characters, and 停/水 on two lines
 * reads badly. Joined again it is the headline, character by character.
 */
export function phrasesOf(headline: string): string[][] {
  const clauses = headline.match(/[^：，。；！？、]+[：，。；！？、]*|[：，。；！？、]+/g) ?? [];
  return clauses.map((clause) => {
    const parts: string[] = [];
    for (const { segment, isWordLike } of words.segment(clause)) {
      // A space or a mark stays with the word before it.
      if (isWordLike === true || parts.length === 0) parts.push(segment);
      else parts.push((parts.pop() ?? '') + segment);
    }
    return parts;
  });
}

/** Blocks that stand together: one list, or one paragraph. */
export interface Group {
  type: 'paragraph' | 'item' | 'step';
  lines: readonly string[];
}

export function groupBlocks(blocks: readonly Block[]): Group[] {
  const groups: { type: Group['type']; lines: string[] }[] = [];
  for (const { type, text } of blocks) {
    const kind = type === 'heading' ? 'paragraph' : type;
    const last = groups.at(-1);
    if (last?.type === kind && kind !== 'paragraph') last.lines.push(text);
    else groups.push({ type: kind, lines: [text] });
  }
  return groups;
}

/** The whole document. `head` and `body` come from Svelte's renderer, which escapes what was written by people. */
export function documentOf(look: Look, stylesheet: string, page: { head: string; body: string }): string {
  const { lang } = publicWords(look.language);
  return `<!doctype html>
<html lang="${lang}"${look.large ? ' data-text="large"' : ''}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="${stylesheet}">
<link rel="alternate" type="application/atom+xml" href="/public/feed.atom">
<link rel="alternate" type="application/feed+json" href="/public/feed.json">
${page.head}
</head>
<body>
${page.body}
</body>
</html>
`;
}

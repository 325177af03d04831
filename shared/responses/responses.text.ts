import { toHex, type Sha256 } from '#shared/wire/ids.ts';
import type { Block, Correction, Kind, Text } from './responses.events.ts';

/** Sections a response is made of (incidents §3.3). The key is stable, the titles are what stands in the text. */
export const SECTIONS = {
  rumour: { zh: '传言说的', en: 'The rumour' },
  known: { zh: '已经知道的', en: 'What we know' },
  unknown: { zh: '还不知道的', en: 'What we do not know yet' },
  cause: { zh: '原因', en: 'Cause' },
  doing: { zh: '正在做的', en: 'What is being done' },
  todo: { zh: '请您这样做', en: 'What to do' },
  questions: { zh: '大家问的', en: 'Your questions' },
  responsible: { zh: '谁在负责', en: 'Who is responsible' },
  next: { zh: '下次更新', en: 'Next update' },
  contact: { zh: '联系我们', en: 'Contact' },
  reason: { zh: '不用公开回应的理由', en: 'Why no public response is needed' },
} as const;
export type SectionKey = keyof typeof SECTIONS;

const HOLDING: readonly SectionKey[] = ['known', 'unknown', 'doing', 'todo', 'next', 'contact'];
const STATEMENT: readonly SectionKey[] = [
  'known',
  'unknown',
  'doing',
  'todo',
  'questions',
  'responsible',
  'next',
  'contact',
];

/** Required sections of each kind, in order. The cause stays locked until the final statement (慎报原因). */
export const TEMPLATES: Readonly<Record<Kind, readonly SectionKey[]>> = {
  holding: HOLDING,
  statement: STATEMENT,
  update: STATEMENT,
  correction: HOLDING,
  refutation: ['rumour', 'known', 'unknown', 'doing', 'todo', 'next', 'contact'],
  final: ['known', 'cause', 'unknown', 'doing', 'todo', 'questions', 'responsible', 'contact'],
  none_needed: ['reason'],
};

/** UTF-16 units: a long final statement has about 5,000. */
export const MAX_TEXT = 20_000;

export interface Section {
  /** Undefined for a section the template does not know. */
  key: SectionKey | undefined;
  title: string;
  blocks: readonly Block[];
}

// Controls and format characters (bidirectional, zero width) can make a text read differently from what was signed.
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/** One line as it is shown, signed and hashed: NFC, no invisible characters, single spaces. */
export function cleanLine(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').replace(INVISIBLE, '').replace(/ {2,}/g, ' ').trim();
}

/** A text as it is signed: lines cleaned, empty ones gone. */
export function cleanText(text: Text): Text {
  const blocks = text.blocks.map(({ type, text: words }) => ({ type, text: cleanLine(words) }));
  return {
    headline: cleanLine(text.headline),
    blocks: blocks.filter((block) => block.text !== ''),
  };
}

/** Which section of the template a heading opens, in either language. */
function keyOf(title: string): SectionKey | undefined {
  const found = Object.entries(SECTIONS).find(([, names]) => names.zh === title || names.en === title);
  return found?.[0] as SectionKey | undefined;
}

/** A text cut at its headings; what stands before the first one is a section without a title. */
export function sectionsOf(blocks: readonly Block[]): Section[] {
  const sections: { key: SectionKey | undefined; title: string; blocks: Block[] }[] = [];
  for (const block of blocks) {
    const last = sections.at(-1);
    if (block.type === 'heading') sections.push({ key: keyOf(block.text), title: block.text, blocks: [] });
    else if (last === undefined) sections.push({ key: undefined, title: '', blocks: [block] });
    else last.blocks.push(block);
  }
  return sections;
}

/** An empty section of the template says nothing; a heading somebody wrote is words, and is shown wherever the text is. */
export const isShown = (section: Pick<Section, 'key' | 'title'> & { blocks: readonly unknown[] }): boolean =>
  section.blocks.length > 0 || section.key === undefined;

/** Nothing but headings: there is nothing to sign. */
export const isEmpty = (text: Text): boolean => text.blocks.every((block) => block.type === 'heading');

/** Required sections without a word in them, in the template's order. */
export function missingIn(kind: Kind, text: Text): SectionKey[] {
  const filled = new Set(
    sectionsOf(text.blocks)
      .filter((section) => section.blocks.length > 0)
      .map((section) => section.key),
  );
  return TEMPLATES[kind].filter((key) => !filled.has(key));
}

/** True where a text that is not final states the cause. */
export const statesCause = (kind: Kind, text: Text): boolean =>
  kind !== 'final' && sectionsOf(text.blocks).some((section) => section.key === 'cause' && section.blocks.length > 0);

const DAY = 86_400_000;
const OFFSET = 8 * 3_600_000; // China keeps one time, UTC+8, all year
const DAYS_AHEAD: Readonly<Record<string, number>> = { 今天: 0, 今日: 0, 明天: 1, 明日: 1, 后天: 2 };
const PROMISE =
  /(?:(今天|今日|明天|明日|后天)|(\d{1,2})\s*月\s*(\d{1,2})\s*日)?[^\d]{0,6}(\d{1,2})\s*(?:[:：]\s*(\d{2})|[点时](?:(半)|\s*(\d{1,2})\s*分)?)/;

/**
 * The moment the section "next update" names, ISO, or undefined where it names none: 今天 15:00 前, 明天上午 9 点半,
 * 11月24日 08:42. Without a day it is the next time the clock shows that hour. It starts a clock and changes no text.
 */
export function promisedAt(text: Text, now: Date): string | undefined {
  const said = sectionsOf(text.blocks).find((section) => section.key === 'next')?.blocks[0]?.text ?? '';
  const found = PROMISE.exec(said);
  if (found === null) return undefined;
  const [whole, word, month, date, hour, minute, half, spoken] = found;
  const afternoon = /下午|晚上/.test(whole) && Number(hour) < 12 ? 12 : 0;
  const minutes = half === undefined ? Number(minute ?? spoken ?? 0) : 30;
  if (Number(hour) + afternoon > 24 || minutes > 59) return undefined;
  const local = new Date(now.getTime() + OFFSET); // its UTC fields read as the clock on the wall
  const day =
    month === undefined
      ? Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()) + (DAYS_AHEAD[word ?? ''] ?? 0) * DAY
      : Date.UTC(local.getUTCFullYear(), Number(month) - 1, Number(date));
  let at = day + ((Number(hour) + afternoon) * 60 + minutes) * 60_000 - OFFSET;
  if (word === undefined && at < now.getTime()) {
    at =
      month === undefined
        ? at + DAY
        : Date.UTC(local.getUTCFullYear() + 1, Number(month) - 1, Number(date)) + (at - day);
  }
  return at < now.getTime() ? undefined : new Date(at).toISOString();
}

/** What a signature is bound to besides the words: the same words under another number are another revision. */
export interface Header {
  code: string;
  n: number;
  kind: Kind;
  correction: Correction | null;
}

const TAGS = { heading: 'h2', paragraph: 'p', item: 'li', step: 'ol' } as const;

function correctionLines(correction: Correction | null): string[] {
  if (correction === null) return [];
  const { wrong, right, why } = correction;
  const said = Object.entries({ wrong, right, why }).flatMap(([name, text]) =>
    text === undefined ? [] : [`${name}: ${cleanLine(text)}`],
  );
  return [`class: ${correction.class}`, ...said];
}

/**
 * The bytes that are signed, as text: a header, then one line per block with its kind in front. One text has one form
 * and one form has one text, so whoever holds the words can make the hash again.
 */
export function canonicalText(header: Header, text: Text): string {
  return [
    'linli response 1',
    `code: ${header.code}`,
    `revision: ${header.n}`,
    `kind: ${header.kind}`,
    ...correctionLines(header.correction),
    '',
    `h1 ${text.headline}`,
    ...text.blocks.map((block) => `${TAGS[block.type]} ${block.text}`),
    '',
  ].join('\n');
}

/** SHA-256 of the canonical text, hex. */
export const contentHashOf = (sha256: Sha256, header: Header, text: Text): string =>
  toHex(sha256(canonicalText(header, text)));

/** SHA-256 of what a withdrawal says: its approver signs the reason, bound to the revision it takes away. */
export const withdrawalHashOf = (sha256: Sha256, code: string, withdrawal: { base: string; reason: string }): string =>
  toHex(
    sha256(`linli withdrawal 1\ncode: ${code}\nbase: ${withdrawal.base}\nreason: ${cleanLine(withdrawal.reason)}\n`),
  );

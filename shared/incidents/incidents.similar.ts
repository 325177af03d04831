import { foldText, keysOf } from '#shared/wire/search.ts';
import type { Category, Similar } from './incidents.events.ts';

/*
 * Near-duplicates in short Chinese and English (incidents §5): idf-weighted coverage of character bigrams, a small
 * part for place, time and category, and a guard for numbers: the same words about another building are another
 * matter. Words alone find repeats, not paraphrases; so what is found is shown, and never merged by machine.
 */

/** An incident to compare with. */
export interface Candidate {
  incident: string;
  code: string;
  title: string;
  text: string;
  unit: string;
  category: Category;
  /** ms since 1970. */
  at: number;
}

/** What is being flagged. */
export interface Asking {
  text: string;
  unit: string;
  category: Category | undefined;
  at: number;
}

const SHOWN = 5;
const LISTED = 0.5; // below it half of the pairs were wrong (§5.2)
const GUARDED = 0.49;
const WORDS_ALIKE = 0.35; // place, time and category alone make nothing similar
/** How far back a duplicate is looked for, ms. */
export const WINDOW = 14 * 24 * 3_600_000;

/** What a message passed on carries before its own words: 转, 【…】, //, @name. */
const FORWARDED = /^(?:\s|转(?:发)?[:：]|\/\/|@[^\s:：]{1,20}[:：]?|【[^】]{0,30}】)+/u;

const NUMERALS = '〇零一二三四五六七八九';

const digitOf = (c: string): number => (c === '两' ? 2 : Math.max(0, NUMERALS.indexOf(c) - 1));

/** 三 → 3, 十二 → 12, 二十 → 20, 一百零五 → 105; what is no number stays. */
function toDigits(han: string): string {
  if (!/[十百]/u.test(han)) {
    return Array.from(han, (c) => String(digitOf(c))).join('');
  }
  let total = 0;
  let digit = 0;
  for (const c of han) {
    if (c === '十' || c === '百') {
      total += (digit || 1) * (c === '十' ? 10 : 100);
      digit = 0;
    } else digit = digitOf(c);
  }
  return String(total + digit);
}

/**
 * A Han number before one of these is a number of something; elsewhere 一 is a word like any other. Looked for where a
 * run begins and nowhere else: from each character of it, thousands of 一 would take seconds.
 */
const COUNTED =
  /(?<![〇零一二三四五六七八九十百两])[〇零一二三四五六七八九十百两]+(?=(?:号|栋|幢|座|单元|楼|层|室|户|期|路|弄))/gu;

function plain(text: string): string {
  const folded = foldText(text.replace(FORWARDED, ''));
  return folded.replace(COUNTED, toDigits);
}

/** Numbers that say where: buildings, units, rooms, roads, and telephone numbers and plates. */
const SLOTS =
  /\d{1,4}(?=(?:号|栋|幢|座|单元|楼|层|室|期|弄))|\d{1,3}(?=环路)|\d{3,4}-?\d{7,8}|1\d{10}|[京津沪渝川黔云藏鲁豫冀晋陕甘青苏浙皖赣闽粤桂琼湘鄂辽吉黑蒙宁新][a-z][a-z0-9]{5,6}/gu;

function slotsOf(text: string): Set<string> {
  return new Set([...text.matchAll(SLOTS)].map(([slot]) => slot.replace('-', '')));
}

interface Prepared {
  keys: readonly string[];
  slots: Set<string>;
}

const REMEMBERED = 2_000; // texts, some 4 KB each; a street has a few hundred open

const known = new Map<string, Prepared>();

/** What a text is compared by. The same few hundred texts are compared with every flag: what was worked out stays. */
function prepare(text: string): Prepared {
  const there = known.get(text);
  if (there !== undefined) return there;
  const folded = plain(text);
  const prepared = { keys: keysOf(folded), slots: slotsOf(folded) };
  const [oldest] = known.size < REMEMBERED ? [] : known.keys();
  if (oldest !== undefined) known.delete(oldest);
  known.set(text, prepared);
  return prepared;
}

/** Weight of a key: rare ones tell more. Nothing is left out for being common: a burst of repeats is common too. */
function weights(all: readonly Prepared[]): (key: string) => number {
  const seen = new Map<string, number>();
  for (const { keys } of all) for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1);
  return (key) => Math.log(1 + all.length / (1 + (seen.get(key) ?? 0))) + 0.1;
}

/** Shared weight over the smaller total: a text that was cut short still covers the whole one. */
function coverage(a: Prepared, b: Prepared, weigh: (key: string) => number): number {
  const total = (keys: readonly string[]): number => keys.reduce((sum, key) => sum + weigh(key), 0);
  const other = new Set(b.keys);
  const least = Math.min(total(a.keys), total(b.keys));
  return least === 0 ? 0 : Math.min(1, total(a.keys.filter((key) => other.has(key))) / least);
}

const disjoint = (a: Set<string>, b: Set<string>): boolean =>
  a.size > 0 && b.size > 0 && ![...a].some((slot) => b.has(slot));

function rerank(words: number, asking: Asking, candidate: Candidate): number {
  const place = asking.unit === candidate.unit ? 1 : 0;
  const time = Math.max(0, 1 - Math.abs(asking.at - candidate.at) / WINDOW);
  const category = asking.category === undefined || asking.category === candidate.category ? 1 : 0;
  return 0.6 * words + 0.2 * place + 0.1 * time + 0.1 * category;
}

/** The candidates most like what is being flagged, best first, at most five. */
export function findSimilar(asking: Asking, candidates: readonly Candidate[]): Similar[] {
  const mine = prepare(asking.text);
  const theirs = candidates.map((candidate) => ({ candidate, prepared: prepare(candidate.text) }));
  const weigh = weights([mine, ...theirs.map(({ prepared }) => prepared)]);
  const found: Similar[] = [];
  for (const { candidate, prepared } of theirs) {
    const words = coverage(mine, prepared, weigh);
    if (words < WORDS_ALIKE) continue;
    const score = rerank(words, asking, candidate);
    if (score < LISTED) continue;
    const elsewhere = disjoint(mine.slots, prepared.slots);
    found.push({
      incident: candidate.incident,
      code: candidate.code,
      title: candidate.title,
      score: Math.round((elsewhere ? Math.min(score, GUARDED) : score) * 100) / 100,
      ...(elsewhere ? { elsewhere } : {}),
    });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, SHOWN);
}

/* Times and counts in words. Pure: the language, the zone and "now" are handed in. */

export type Locale = 'zh' | 'en';

export interface Writing {
  locale: Locale;
  /** IANA name; the browser's, or Asia/Shanghai. */
  zone: string;
}

const TAGS = { zh: 'zh-CN', en: 'en-GB' } as const;
const DAY = 24 * 3_600_000;

const formats = new Map<string, Intl.DateTimeFormat>();
/** Making one costs about as much as using it a hundred times. */
function formatOf({ locale, zone }: Writing, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${zone} ${JSON.stringify(options)}`;
  const made = formats.get(key) ?? new Intl.DateTimeFormat(TAGS[locale], { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

type Moment = Date | string | number;

const dateOf = (at: Moment): Date => new Date(at);

/** The zone of this browser; where it does not say, China's. */
export function browserZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return timeZone === '' || timeZone === 'Etc/Unknown' ? 'Asia/Shanghai' : timeZone;
}

/** Whole days since 1970 on the calendar of the zone: what "yesterday" is counted in. */
function dayNumber(at: Moment, writing: Writing): number {
  const parts = formatOf({ ...writing, locale: 'en' }, { year: 'numeric', month: 'numeric', day: 'numeric' });
  const got = Object.fromEntries(parts.formatToParts(dateOf(at)).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(got['year'] ?? 0, (got['month'] ?? 1) - 1, got['day'] ?? 1) / DAY;
}

/** 14:05 */
export const timeOfDay = (at: Moment, writing: Writing): string =>
  formatOf(writing, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(dateOf(at));

/** 今天 · 昨天 · 明天 · 11月22日 周日 · 2025年11月22日 周六; Today · Yesterday · Tomorrow · Sun 22 Nov · Sat 22 Nov 2025 */
export function day(at: Moment, now: Moment, writing: Writing): string {
  const zh = writing.locale === 'zh';
  const away = dayNumber(at, writing) - dayNumber(now, writing);
  if (away === 0) return zh ? '今天' : 'Today';
  if (away === -1) return zh ? '昨天' : 'Yesterday';
  if (away === 1) return zh ? '明天' : 'Tomorrow';
  const year = formatOf(writing, { year: 'numeric' });
  const sameYear = year.format(dateOf(at)) === year.format(dateOf(now));
  const date = formatOf(writing, {
    month: zh ? 'long' : 'short',
    day: 'numeric',
    ...(!sameYear && { year: 'numeric' as const }),
  }).format(dateOf(at));
  const weekday = formatOf(writing, { weekday: 'short' }).format(dateOf(at));
  return zh ? `${date} ${weekday}` : `${weekday} ${date}`;
}

/** As a list shows it: 今天 14:05 · 昨天 · 11月22日 周日. The exact moment belongs on hover. */
export function when(at: Moment, now: Moment, writing: Writing): string {
  const words = day(at, now, writing);
  return dayNumber(at, writing) === dayNumber(now, writing) ? `${words} ${timeOfDay(at, writing)}` : words;
}

/** To the minute, whatever the day: 昨天 14:05 · 11月22日 周日 14:05 */
export const dayAndTime = (at: Moment, now: Moment, writing: Writing): string =>
  `${day(at, now, writing)} ${timeOfDay(at, writing)}`;

/** Exact, with the zone: for hover and print. */
export const exact = (at: Moment, writing: Writing): string =>
  formatOf(writing, { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' }).format(dateOf(at));

/** 12,345 */
export const number = (n: number, locale: Locale): string => new Intl.NumberFormat(TAGS[locale]).format(n);

/** Unread and the like: capped at 99+. */
export const count = (n: number): string => (n > 99 ? '99+' : String(n));

/* Times, spans and counts in words. Pure: the language, the zone and "now" are handed in. */

export type Locale = 'zh' | 'en';

export interface Writing {
  locale: Locale;
  /** IANA name; the browser's, or Asia/Shanghai. */
  zone: string;
}

const TAGS = { zh: 'zh-CN', en: 'en-GB' } as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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

/** A number with a word, in the plural the language asks for. English gives both forms, Chinese needs one. */
export function plural(n: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string {
  return `${n} ${forms[new Intl.PluralRules('en').select(n)] ?? forms.other}`;
}

/** 3 小时 54 分 · 3 h 54 min: the two largest units, days from 48 hours on, never rounded up. `ms` ≥ 0. */
export function duration(ms: number, locale: Locale): string {
  const zh = locale === 'zh';
  if (ms < MINUTE) return zh ? '不到 1 分钟' : 'less than 1 min';
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  if (ms < HOUR) return zh ? `${minutes} 分钟` : `${minutes} min`;
  const long = ms >= 2 * DAY;
  const large = Math.floor(ms / (long ? DAY : HOUR));
  const small = long ? Math.floor((ms % DAY) / HOUR) : minutes;
  const words = long
    ? {
        large: zh ? '天' : plural(large, { one: 'day', other: 'days' }).slice(`${large} `.length),
        small: zh ? '小时' : 'h',
      }
    : { large: zh ? '小时' : 'h', small: zh ? '分' : 'min' };
  return small === 0 ? `${large} ${words.large}` : `${large} ${words.large} ${small} ${words.small}`;
}

/** What a running clock says: 还剩 3 小时 54 分, 超时 25 分钟; `late` once it is past. */
export function timeLeft(due: Moment, now: Moment, locale: Locale): { text: string; late: boolean } {
  const left = dateOf(due).getTime() - dateOf(now).getTime();
  const words = duration(Math.abs(left), locale);
  const late = left < 0;
  if (locale === 'en') return { text: `${words} ${late ? 'late' : 'left'}`, late };
  const space = /^\d/.test(words) ? ' ' : ''; // 还剩 5 分钟, but 还剩不到 1 分钟
  return { text: (late ? '超时' : '还剩') + space + words, late };
}

/** 刚刚 · 5 分钟前 · 3 小时前, then as `when`. */
export function ago(at: Moment, now: Moment, writing: Writing): string {
  const past = dateOf(now).getTime() - dateOf(at).getTime();
  const zh = writing.locale === 'zh';
  if (past < MINUTE) return zh ? '刚刚' : 'Just now';
  if (past >= DAY) return when(at, now, writing);
  const [n, unit] =
    past < HOUR ? [Math.floor(past / MINUTE), zh ? '分钟' : 'min'] : [Math.floor(past / HOUR), zh ? '小时' : 'h'];
  return zh ? `${n} ${unit}前` : `${n} ${unit} ago`;
}

/** 12,345 */
export const number = (n: number, locale: Locale): string => new Intl.NumberFormat(TAGS[locale]).format(n);

/** Unread and the like: capped at 99+. */
export const count = (n: number): string => (n > 99 ? '99+' : String(n));

/** 640 B · 1.2 MB */
export function bytes(n: number, locale: Locale): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log2(n) / 10));
  const scaled = new Intl.NumberFormat(TAGS[locale], { maximumFractionDigits: step === 0 ? 0 : 1 }).format(
    n / 1024 ** step,
  );
  return `${scaled} ${units[step] ?? 'B'}`;
}

import { getContext, setContext } from 'svelte';

/** The few words the pieces say by themselves; everything else comes in through props. */
const zh = {
  loading: '正在加载',
  working: '正在处理',
  close: '关闭',
  undo: '撤销',
  optional: '可不填',
  show: '显示',
  hide: '隐藏',
  retry: '再试一次',
  support: '编号',
  resize: '调整宽度',
  fingerprint: '指纹',
  notifications: '消息提示',
  left: (time: string) => `还剩 ${time}`,
  late: (time: string) => `超时 ${time}`,
  took: (time: string) => `用时 ${time}`,
  days: (n: number) => `${n} 天`,
  hours: (n: number) => `${n} 小时`,
  minutes: (n: number) => `${n} 分钟`,
  minutesAfterHours: (n: number) => `${n} 分`,
  seconds: (n: number) => `${n} 秒`,
};
export type Words = typeof zh;

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

const en: Words = {
  loading: 'Loading',
  working: 'Working',
  close: 'Close',
  undo: 'Undo',
  optional: 'optional',
  show: 'Show',
  hide: 'Hide',
  retry: 'Try again',
  support: 'Code',
  resize: 'Change the width',
  fingerprint: 'Fingerprint',
  notifications: 'Notifications',
  left: (time) => `${time} left`,
  late: (time) => `${time} late`,
  took: (time) => `took ${time}`,
  days: (n) => count(n, 'day'),
  hours: (n) => `${n} h`,
  minutes: (n) => `${n} min`,
  minutesAfterHours: (n) => `${n} min`,
  seconds: (n) => `${n} s`,
};

const KEY = Symbol('ui words');
type Language = () => 'zh' | 'en';

/** Called once by the roof, while it is set up: from then on every piece below speaks that language. */
export function provideWords(language: Language): void {
  setContext(KEY, language);
}

/** One of two sets of words, Chinese unless the roof said otherwise. Call while a component is set up, read when used. */
export function useEither<W>(chinese: W, english: W): () => W {
  const language = getContext<Language | undefined>(KEY);
  return () => (language?.() === 'en' ? english : chinese);
}

/** The words of the pieces. */
export const useWords = (): (() => Words) => useEither(zh, en);

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A span in words, as exact as is useful: seconds below two minutes, minutes below ten hours, hours below three days,
 * then days. Rounded down, so that a clock never promises time that is not there.
 *
 * @param span milliseconds; its sign is ignored
 */
export function spanInWords(span: number, words: Words): string {
  const ms = Math.abs(span);
  if (ms < 2 * MINUTE) return words.seconds(Math.floor(ms / SECOND));
  if (ms < HOUR) return words.minutes(Math.floor(ms / MINUTE));
  const hours = Math.floor(ms / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  if (hours < 10 && minutes > 0) return `${words.hours(hours)} ${words.minutesAfterHours(minutes)}`;
  return ms < 3 * DAY ? words.hours(hours) : words.days(Math.floor(ms / DAY));
}

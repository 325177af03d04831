import { language } from '#client/platform/i18n.svelte.ts';

const tag = (): string => (language.current === 'zh' ? 'zh-CN' : 'en-GB');

/** As it stands on paper, with the year: 2026年11月22日 19:30. Reactive. */
export const onPaper = (at: string): string =>
  new Date(at).toLocaleString(tag(), { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23' });

/** To the second: 20:12:06. Reactive. */
export const toTheSecond = (at: number): string => new Date(at).toLocaleTimeString(tag(), { hourCycle: 'h23' });

/** What a date and time field holds, in this machine's zone: 2026-11-22T19:30. */
export function fieldValue(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The midnight before `at` in this machine's zone; both ms since 1970. */
export const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

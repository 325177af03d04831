import { say } from '#client/platform/i18n.svelte.ts';

/**
 * Until when something holds, as people say it: the last day, where it is over at the midnight after it; else the day
 * and the minute. Reactive.
 */
export function lastDay(until: string): string {
  const at = new Date(until);
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return isMidnight ? say.day(new Date(at.getTime() - 1)) : say.dayAndTime(at);
}

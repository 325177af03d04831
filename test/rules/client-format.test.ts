import { describe, expect, it } from 'vitest';
import { count, day, dayAndTime, exact, number, timeOfDay, when, type Writing } from '#client/platform/format.ts';

const zh: Writing = { locale: 'zh', zone: 'Asia/Shanghai' };
const en: Writing = { locale: 'en', zone: 'Asia/Shanghai' };

/** 16:30 on a Tuesday in Shanghai. */
const now = '2026-11-24T08:30:00Z';

describe('a moment', () => {
  it.each([
    ['2026-11-24T06:05:00Z', '今天 14:05', 'Today 14:05'],
    ['2026-11-23T16:00:00Z', '今天 00:00', 'Today 00:00'],
    ['2026-11-23T15:59:00Z', '昨天', 'Yesterday'],
    ['2026-11-24T23:00:00Z', '明天', 'Tomorrow'],
    ['2026-11-22T03:00:00Z', '11月22日 周日', 'Sun 22 Nov'],
    ['2025-11-22T03:00:00Z', '2025年11月22日 周六', 'Sat 22 Nov 2025'],
  ])('%s reads as in a list', (at, inChinese, inEnglish) => {
    expect(when(at, now, zh)).toBe(inChinese);
    expect(when(at, now, en)).toBe(inEnglish);
  });

  it('belongs to the day of the zone, not of UTC', () => {
    expect(day('2026-11-23T17:00:00Z', now, zh)).toBe('今天');
    expect(day('2026-11-23T17:00:00Z', now, { locale: 'zh', zone: 'UTC' })).toBe('昨天');
  });

  it('knows yesterday across a year, a leap day and a change to summer time', () => {
    expect(day('2025-12-31T10:00:00Z', '2026-01-01T01:00:00Z', zh)).toBe('昨天');
    expect(day('2028-02-29T10:00:00Z', '2028-03-01T01:00:00Z', zh)).toBe('昨天');
    const berlin: Writing = { locale: 'en', zone: 'Europe/Berlin' };
    expect(day('2026-03-28T11:00:00Z', '2026-03-29T21:30:00Z', berlin)).toBe('Yesterday');
  });

  it('is given to the minute and exactly where that is asked for', () => {
    expect(timeOfDay('2026-11-24T16:00:00Z', zh)).toBe('00:00');
    expect(dayAndTime('2026-11-22T03:00:00Z', now, zh)).toBe('11月22日 周日 11:00');
    expect(exact('2026-11-22T03:00:09Z', zh)).toMatch(/^2026年11月22日.*11:00:09/);
    expect(exact('2026-11-22T03:00:09Z', en)).toMatch(/Sunday.* 22 November 2026.*11:00:09/);
  });
});

describe('a number', () => {
  it('has its separators and its cap', () => {
    expect(number(12_345, 'zh')).toBe('12,345');
    expect([count(0), count(99), count(100)]).toEqual(['0', '99', '99+']);
  });
});

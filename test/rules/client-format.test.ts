import { describe, expect, it } from 'vitest';
import {
  ago,
  bytes,
  count,
  day,
  dayAndTime,
  duration,
  exact,
  number,
  plural,
  timeLeft,
  timeOfDay,
  when,
  type Writing,
} from '#client/platform/format.ts';

const zh: Writing = { locale: 'zh', zone: 'Asia/Shanghai' };
const en: Writing = { locale: 'en', zone: 'Asia/Shanghai' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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

  it('is told from now while it is young', () => {
    expect(ago('2026-11-24T08:29:30Z', now, zh)).toBe('刚刚');
    expect(ago('2026-11-24T08:25:00Z', now, zh)).toBe('5 分钟前');
    expect(ago('2026-11-24T05:00:00Z', now, en)).toBe('3 h ago');
    expect(ago('2026-11-22T03:00:00Z', now, en)).toBe('Sun 22 Nov');
  });
});

describe('a span', () => {
  it.each([
    [20_000, '不到 1 分钟', 'less than 1 min'],
    [25 * MINUTE, '25 分钟', '25 min'],
    [3 * HOUR + 54 * MINUTE + 59_000, '3 小时 54 分', '3 h 54 min'],
    [41 * HOUR, '41 小时', '41 h'],
    [47 * HOUR + 59 * MINUTE, '47 小时 59 分', '47 h 59 min'],
    [2 * DAY, '2 天', '2 days'],
    [3 * DAY + 5 * HOUR + 59 * MINUTE, '3 天 5 小时', '3 days 5 h'],
  ])('%d ms has two units at most and is never rounded up', (ms, inChinese, inEnglish) => {
    expect(duration(ms, 'zh')).toBe(inChinese);
    expect(duration(ms, 'en')).toBe(inEnglish);
  });

  it('says what is left, and since when it is late', () => {
    expect(timeLeft('2026-11-24T12:24:00Z', now, 'zh')).toEqual({ text: '还剩 3 小时 54 分', late: false });
    expect(timeLeft('2026-11-24T12:24:00Z', now, 'en')).toEqual({ text: '3 h 54 min left', late: false });
    expect(timeLeft('2026-11-24T08:05:00Z', now, 'zh')).toEqual({ text: '超时 25 分钟', late: true });
    expect(timeLeft('2026-11-24T08:05:00Z', now, 'en')).toEqual({ text: '25 min late', late: true });
    expect(timeLeft(now, now, 'zh')).toEqual({ text: '还剩不到 1 分钟', late: false });
  });
});

describe('a number', () => {
  it('has its plural, its separators and its cap', () => {
    expect(plural(1, { one: 'reply', other: 'replies' })).toBe('1 reply');
    expect(plural(0, { one: 'reply', other: 'replies' })).toBe('0 replies');
    expect(plural(3, { other: '条回复' })).toBe('3 条回复');
    expect(number(12_345, 'zh')).toBe('12,345');
    expect([count(0), count(99), count(100)]).toEqual(['0', '99', '99+']);
  });

  it('of bytes has one unit', () => {
    expect([bytes(0, 'zh'), bytes(640, 'zh'), bytes(1024, 'en'), bytes(1_300_000, 'en')]).toEqual([
      '0 B',
      '640 B',
      '1 KB',
      '1.2 MB',
    ]);
  });
});

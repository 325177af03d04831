/*
 * Working time in China: Monday to Friday, 9–12 and 13–17, China time (UTC+8, no summer time), with each year's
 * holidays and the weekends worked in exchange (调休). Clocks of the law run in natural time; this is for the
 * house's own: C8 (incidents §3.7).
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ZONE = 8 * HOUR;

/** Hours of a working day, from local midnight. */
const SHIFTS = [
  [9, 12],
  [13, 17],
] as const;

/** `off`: from–to, both included, as the State Council's yearly notice names them. `on`: weekends worked in exchange. */
interface Year {
  off: readonly (readonly [string, string])[];
  on: readonly string[];
}

/**
 * One entry for each year's notice, which comes out in the November before: a few lines, where a package would bring
 * every client two decades of them. Until it is entered a year counts plain weekends, and `isKnown` says so.
 */
const YEARS: Readonly<Record<string, Year>> = {
  // 国务院办公厅关于2026年部分节假日安排的通知，国办发明电〔2025〕7号，2025-11-04
  '2026': {
    off: [
      ['2026-01-01', '2026-01-03'],
      ['2026-02-15', '2026-02-23'],
      ['2026-04-04', '2026-04-06'],
      ['2026-05-01', '2026-05-05'],
      ['2026-06-19', '2026-06-21'],
      ['2026-09-25', '2026-09-27'],
      ['2026-10-01', '2026-10-07'],
    ],
    on: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
};

/** Whether a day is worked; `midnight` is its local midnight, in ms since 1970 as if the zone were UTC. */
function isWorked(midnight: number): boolean {
  const date = new Date(midnight);
  const day = date.toISOString().slice(0, 10);
  const year = YEARS[day.slice(0, 4)];
  if (year?.on.includes(day)) return true;
  if (year?.off.some(([from, to]) => from <= day && day <= to)) return false;
  return date.getUTCDay() !== 0 && date.getUTCDay() !== 6;
}

const yearOf = (at: number): number => new Date(at + ZONE).getUTCFullYear();

/** Whether the notices of every year from one moment to another (ms since 1970) are entered: else it is a guess. */
export function isKnown(from: number, until: number): boolean {
  for (let year = yearOf(from); year <= yearOf(until); year++) if (!(String(year) in YEARS)) return false;
  return true;
}

/** The moment at which `hours` of working time have passed since `from`; both in ms since 1970. */
export function afterWorkingHours(from: number, hours: number): number {
  let left = hours * HOUR;
  const local = from + ZONE;
  for (let midnight = local - (local % DAY); ; midnight += DAY) {
    if (!isWorked(midnight)) continue;
    for (const [opens, closes] of SHIFTS) {
      const begin = Math.max(local, midnight + opens * HOUR);
      const room = midnight + closes * HOUR - begin;
      if (room <= 0) continue;
      if (left <= room) return begin + left - ZONE;
      left -= room;
    }
  }
}

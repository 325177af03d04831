import type { Weight } from './incidents.events.ts';

/*
 * Heat is a sum of weights that halve every three hours: H(t) = Σ wᵢ · 2^(−(t−tᵢ)/h) (incidents §4.1). What is kept is
 * L = log2 A with A = Σ wᵢ · 2^((tᵢ−EPOCH)/h). Order by L is order by H at any moment, so an index serves the board
 * and nothing is ever re-ranked; adding to it is one step whose result does not depend on the order of events; and a
 * logarithm does not overflow, so the epoch never has to be moved.
 *
 * Heat proposes; it never changes a severity. No machine reads rooms for it: all that counts is what a named officer
 * entered.
 */

const HOUR = 3_600_000;
const EPOCH = Date.UTC(2026, 0, 1);
/** Half-lives, ms: what is hot now, and what it was like over the day; their ratio says whether it rises. */
const NOW = 3 * HOUR;
const TODAY = 24 * HOUR;

const PARTS = ['report', 'repeat', 'mention', 'spread'] as const;
export type Part = (typeof PARTS)[number];

/** log2 of a decayed sum; null is the empty sum. */
type Log = number | null;

export interface Heat {
  /** Order of the board. */
  rank: Log;
  today: Log;
  parts: Readonly<Record<Part, Log>>;
  /** Separate people who told us, the flagger included. */
  reporters: number;
  repeats: number;
  /** Events of each unit in the 24 h since `since` (ms). */
  units: Readonly<Record<string, { n: number; since: number }>>;
}

export const COLD: Heat = {
  rank: null,
  today: null,
  parts: { report: null, repeat: null, mention: null, spread: null },
  reporters: 0,
  repeats: 0,
  units: {},
};

/** Adds what weighs `weight` now, `age` half-lives after the epoch. */
function add(sum: Log, weight: number, age: number): Log {
  if (weight <= 0) return sum;
  const term = Math.log2(weight) + age;
  if (sum === null) return term;
  const top = Math.max(sum, term);
  return top + Math.log2(2 ** (sum - top) + 2 ** (term - top));
}

const valueAt = (sum: Log, now: number, half: number): number => (sum === null ? 0 : 2 ** (sum - (now - EPOCH) / half));

/** One thing somebody told us. `at` in ms. */
export interface Told {
  kind: 'flag' | 'report';
  unit: string;
  at: number;
  /** The same person as before. */
  again?: boolean;
  /** We know who said it; otherwise the weight of an anonymous voice. */
  known?: boolean;
  /** It began with a message in a room. */
  linked?: boolean;
}

const K = { flag: 3, report: 1 } as const;
const LINK = 0.3;
const REPEAT = 0.2;
const REPEATS_EACH = 4; // a person's 2nd to 5th word counts a fifth, later ones nothing
const FIRST_OF_UNIT = 1.5;

/** The n-th event of one unit in 24 h; so that one estate cannot out-shout five. */
const unitFactor = (n: number): number => (n === 1 ? FIRST_OF_UNIT : Math.max(0.25, 1 / Math.sqrt(n)));

function unitCount(heat: Heat, unit: string, at: number): { n: number; since: number } {
  const seen = heat.units[unit];
  return seen === undefined || at - seen.since >= TODAY ? { n: 1, since: at } : { n: seen.n + 1, since: seen.since };
}

/** What this adds, split into the parts an explanation names. Stored with the event. */
export function weigh(heat: Heat, told: Told): Weight {
  const again = told.again === true;
  const heard = !again ? 1 : heat.repeats < REPEATS_EACH * heat.reporters ? REPEAT : 0;
  const trust = told.kind === 'flag' ? 1 : told.known === true ? 0.8 : 0.4;
  const factor = unitFactor(unitCount(heat, told.unit, told.at).n);
  const base = K[told.kind] * heard * trust * Math.min(1, factor);
  return {
    report: again ? 0 : base,
    repeat: again ? base : 0,
    mention: told.linked === true ? LINK : 0,
    spread: factor > 1 ? base * (factor - 1) : 0,
  };
}

/** Adds a weighed event that happened in `unit` at `at` (ms). */
export function warm(heat: Heat, weight: Weight, event: { unit: string; at: number }): Heat {
  const { unit, at } = event;
  const total = PARTS.reduce((sum, part) => sum + weight[part], 0);
  const isRepeat = weight.report === 0;
  const recent = (at - EPOCH) / NOW;
  return {
    rank: add(heat.rank, total, recent),
    today: add(heat.today, total, (at - EPOCH) / TODAY),
    parts: {
      report: add(heat.parts.report, weight.report, recent),
      repeat: add(heat.parts.repeat, weight.repeat, recent),
      mention: add(heat.parts.mention, weight.mention, recent),
      spread: add(heat.parts.spread, weight.spread, recent),
    },
    reporters: heat.reporters + (isRepeat ? 0 : 1),
    repeats: heat.repeats + (isRepeat ? 1 : 0),
    units: { ...heat.units, [unit]: unitCount(heat, unit, at) },
  };
}

export const BANDS = ['boiling', 'hot', 'warm', 'calm'] as const;
export type Band = (typeof BANDS)[number];
export const TRENDS = ['rising', 'steady', 'cooling'] as const;
export type Trend = (typeof TRENDS)[number];

/** Lower ends of the bands. */
const BAND_FROM: Readonly<Record<Band, number>> = { boiling: 30, hot: 10, warm: 3, calm: 0 };

/** Everything a sentence about the heat is made of. */
export interface Warmth {
  heat: number;
  band: Band;
  trend: Trend;
  reporters: number;
  repeats: number;
  units: number;
  /** Share of each part in the heat, 0 to 1, two decimals. */
  shares: Readonly<Record<Part, number>>;
}

function bandOf(heat: number, reporters: number, units: number): Band {
  if (heat >= BAND_FROM.boiling) return 'boiling';
  // Hot takes more than one loud voice: five people, or two communities.
  if (heat >= BAND_FROM.hot && (reporters >= 5 || units >= 2)) return 'hot';
  return heat >= BAND_FROM.warm ? 'warm' : 'calm';
}

/** Rates of the two half-lives against each other; a single voice has no trend. */
function trendOf(heat: Heat, now: number): Trend {
  if (heat.reporters + heat.repeats < 2) return 'steady';
  const ratio = valueAt(heat.rank, now, NOW) / NOW / (valueAt(heat.today, now, TODAY) / TODAY);
  if (ratio > 1.5) return 'rising';
  return ratio < 0.75 ? 'cooling' : 'steady';
}

/** The heat at a moment (ms), and why. */
export function explain(heat: Heat, now: number): Warmth {
  const total = valueAt(heat.rank, now, NOW);
  const share = (part: Part): number =>
    total === 0 ? 0 : Math.round((100 * valueAt(heat.parts[part], now, NOW)) / total) / 100;
  const units = Object.keys(heat.units).length;
  return {
    heat: Math.round(total * 10) / 10,
    band: bandOf(total, heat.reporters, units),
    trend: trendOf(heat, now),
    reporters: heat.reporters,
    repeats: heat.repeats,
    units,
    shares: { report: share('report'), repeat: share('repeat'), mention: share('mention'), spread: share('spread') },
  };
}

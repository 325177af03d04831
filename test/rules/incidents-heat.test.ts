import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Weight } from '#shared/incidents/incidents.events.ts';
import { COLD, explain, warm, weigh, type Heat, type Told } from '#shared/incidents/incidents.heat.ts';
import { BABAO, HOUR, START, WENSHU } from '../support/incident-desk.ts';

const tell = (heat: Heat, told: Told): Heat => warm(heat, weigh(heat, told), told);
const told = (more: Partial<Told> = {}): Told => ({ kind: 'report', unit: WENSHU, at: START, known: true, ...more });
const flagged = tell(COLD, told({ kind: 'flag' }));

describe('weights', () => {
  it('a flag counts three, half as much again for the first of its community', () => {
    expect(weigh(COLD, told({ kind: 'flag' }))).toEqual({ report: 3, repeat: 0, mention: 0, spread: 1.5 });
  });

  it('a linked message adds a little', () => {
    expect(weigh(COLD, told({ kind: 'flag', linked: true })).mention).toBe(0.3);
  });

  it('one community cannot out-shout another', () => {
    let heat = flagged;
    const weights: number[] = [];
    for (let n = 0; n < 40; n++) {
      const weight = weigh(heat, told());
      weights.push(weight.report);
      heat = warm(heat, weight, told());
    }
    expect(weights[0]).toBeCloseTo(0.8 / Math.sqrt(2));
    expect(weights.at(-1)).toBeCloseTo(0.8 / 4);
    expect(weigh(heat, told({ unit: BABAO }))).toMatchObject({ report: 0.8, spread: 0.4 });
    expect(weigh(heat, told({ at: START + 24 * HOUR })).report, 'a day later it counts anew').toBe(0.8);
  });

  it('the same person again counts a fifth, and in the end nothing', () => {
    const again = told({ again: true });
    expect(weigh(flagged, again)).toMatchObject({ report: 0, spread: 0 });
    let heat = flagged;
    for (let n = 0; n < 4; n++) heat = tell(heat, again);
    expect(heat).toMatchObject({ reporters: 1, repeats: 4 });
    expect(weigh(heat, again).repeat).toBe(0);
  });

  it('an anonymous voice weighs half of one we know', () => {
    expect(weigh(COLD, told({ known: false })).report).toBe(0.4);
  });
});

describe('the sum', () => {
  it('halves in three hours', () => {
    expect(explain(flagged, START).heat).toBe(4.5);
    expect(explain(flagged, START + 3 * HOUR).heat).toBeCloseTo(2.25, 0);
    expect(explain(flagged, START + 30 * HOUR).heat).toBe(0);
  });

  const events = fc.array(
    fc.record({
      w: fc.double({ min: 0.01, max: 50, noNaN: true }),
      after: fc.integer({ min: 0, max: 400 * 24 * HOUR }),
      part: fc.constantFrom('report', 'repeat', 'mention', 'spread'),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const weightOf = (part: string, w: number): Weight => ({ report: 0, repeat: 0, mention: 0, spread: 0, [part]: w });
  const sum = (list: readonly { w: number; after: number; part: string }[]): Heat =>
    list.reduce((heat, { w, after, part }) => warm(heat, weightOf(part, w), { unit: WENSHU, at: START + after }), COLD);

  it('does not depend on the order of events', () => {
    fc.assert(
      fc.property(events, fc.integer(), (list, seed) => {
        const shuffled = list
          .map((event, n) => ({ event, key: Math.sin(seed + n * 7919) }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event);
        expect(sum(shuffled).rank).toBeCloseTo(sum(list).rank ?? NaN, 8);
      }),
      { numRuns: 200, seed: 20261122 },
    );
  });

  it('is what the formula says, and orders incidents the same at every moment', () => {
    fc.assert(
      fc.property(events, events, (a, b) => {
        const brute = (list: typeof a, now: number): number =>
          list.reduce((total, { w, after }) => total + w * 2 ** ((START + after - now) / (3 * HOUR)), 0);
        const last = START + Math.max(...[...a, ...b].map(({ after }) => after));
        const [left, right] = [sum(a), sum(b)];
        expect(explain(left, last).heat).toBeCloseTo(brute(a, last), 0);
        const [x, y] = [brute(a, last), brute(b, last)];
        if (Math.abs(x - y) > 1e-6 * Math.max(x, y)) expect((left.rank ?? 0) < (right.rank ?? 0)).toBe(x < y);
      }),
      { numRuns: 200, seed: 20261122 },
    );
  });

  it('does not overflow in ten years', () => {
    const late = tell(flagged, told({ at: START + 10 * 365 * 24 * HOUR }));
    expect(Number.isFinite(late.rank)).toBe(true);
    expect(explain(late, START + 10 * 365 * 24 * HOUR).heat).toBe(1.2);
  });
});

describe('bands and trend', () => {
  it('hot takes five people or two communities', () => {
    const loud = warm(COLD, { report: 12, repeat: 0, mention: 0, spread: 0 }, { unit: WENSHU, at: START });
    expect(explain(loud, START).band).toBe('warm');
    const two = warm(loud, { report: 0.1, repeat: 0, mention: 0, spread: 0 }, { unit: BABAO, at: START });
    expect(explain(two, START).band).toBe('hot');
    expect(explain({ ...loud, reporters: 5 }, START).band).toBe('hot');
  });

  it('calm below three, boiling from thirty', () => {
    expect(explain(COLD, START)).toMatchObject({ heat: 0, band: 'calm', trend: 'steady' });
    const many = warm(flagged, { report: 40, repeat: 0, mention: 0, spread: 0 }, { unit: BABAO, at: START });
    expect(explain(many, START).band).toBe('boiling');
  });

  it('rises while people keep telling us, cools afterwards, and one voice has no trend', () => {
    expect(explain(flagged, START).trend).toBe('steady');
    const twice = tell(flagged, told({ at: START + HOUR }));
    expect(explain(twice, START + HOUR).trend).toBe('rising');
    expect(explain(twice, START + 20 * HOUR).trend).toBe('cooling');
  });

  it('the shares explain the whole', () => {
    const { shares } = explain(tell(flagged, told({ again: true, at: START + HOUR })), START + HOUR);
    expect(shares.report + shares.repeat + shares.mention + shares.spread).toBeCloseTo(1);
  });
});

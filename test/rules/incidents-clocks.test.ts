import { describe, expect, it } from 'vitest';
import { afterWorkingHours } from '#shared/incidents/incidents.calendar.ts';
import { clocksOf, nextDue, type ClockName, type Moments } from '#shared/incidents/incidents.clocks.ts';
import type { Severity } from '#shared/incidents/incidents.events.ts';
import { clocksFor } from '#shared/incidents/incidents.rules.ts';
import { HOUR, IncidentDesk, MINUTE, START, tang, triageInput, WENSHU } from '../support/incident-desk.ts';

/** A moment as a clock on the wall in Chengdu shows it. */
const at = (local: string): number => Date.parse(`${local.replace(' ', 'T')}:00+08:00`);
const local = (ms: number): string => new Date(ms + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ');

describe('four hours of working time', () => {
  it.each([
    ['in the morning, over lunch', '2026-11-23 09:00', '2026-11-23 14:00'],
    ['in the afternoon, into the next morning', '2026-11-23 15:00', '2026-11-24 11:00'],
    ['at the last minute', '2026-11-23 16:59', '2026-11-24 13:59'],
    ['at night', '2026-11-23 23:30', '2026-11-24 14:00'],
    ['before the office opens', '2026-11-24 03:00', '2026-11-24 14:00'],
    ['at lunch', '2026-11-23 12:30', '2026-11-23 17:00'],
    ['to the minute of closing', '2026-11-23 13:00', '2026-11-23 17:00'],
    ['on a Friday afternoon, over the weekend', '2026-11-27 16:00', '2026-11-30 12:00'],
    ['on a Sunday', '2026-11-22 10:00', '2026-11-23 14:00'],
    ['on the Sunday worked for New Year', '2026-01-04 09:00', '2026-01-04 14:00'],
    ['on New Year', '2026-01-01 09:00', '2026-01-04 14:00'],
    ['on the eve of Spring Festival, a Saturday that is worked', '2026-02-14 15:00', '2026-02-24 11:00'],
    ['on the Saturday worked after it', '2026-02-28 09:00', '2026-02-28 14:00'],
    ['at Qingming, a Monday', '2026-04-06 09:00', '2026-04-07 14:00'],
    ['on Labour Day', '2026-05-01 09:00', '2026-05-06 14:00'],
    ['on the Saturday worked for it', '2026-05-09 10:00', '2026-05-09 15:00'],
    ['before the Dragon Boat Festival', '2026-06-18 16:00', '2026-06-22 12:00'],
    ['on the Sunday worked for National Day', '2026-09-20 13:00', '2026-09-20 17:00'],
    ['at Mid-Autumn, a Friday', '2026-09-25 09:00', '2026-09-28 14:00'],
    ['on the last day before National Day', '2026-09-30 16:30', '2026-10-08 13:30'],
    ['on the Saturday worked after it', '2026-10-10 09:00', '2026-10-10 14:00'],
    ['in a year nobody has entered', '2031-01-01 09:00', '2031-01-01 14:00'],
  ])('%s', (_, from, due) => {
    expect(local(afterWorkingHours(at(from), 4))).toBe(due);
  });

  it('nothing is due at once, not even at night', () => {
    expect(local(afterWorkingHours(at('2026-11-23 23:30'), 0))).toBe('2026-11-24 09:00');
  });
});

/** The notice of 2026 by itself: weekdays off, and weekends worked in exchange. Checked against two other tables. */
const OFF = [
  ...['01-01', '01-02', '02-16', '02-17', '02-18', '02-19', '02-20', '02-23', '04-06', '05-01', '05-04', '05-05'],
  ...['06-19', '09-25', '10-01', '10-02', '10-05', '10-06', '10-07'],
];
const WORKED = ['01-04', '02-14', '02-28', '05-09', '09-20', '10-10'];

describe('the working days of 2026', () => {
  const days = Array.from({ length: 365 }, (_, n) => new Date(Date.UTC(2026, 0, 1 + n)));
  const opens = (day: Date): boolean => {
    const date = day.toISOString().slice(0, 10);
    return local(afterWorkingHours(at(`${date} 00:00`), 0)) === `${date} 09:00`;
  };

  it('are those of the notice, on every day of the year', () => {
    const expected = days.filter((day) => {
      const date = day.toISOString().slice(5, 10);
      const isWeekend = day.getUTCDay() === 0 || day.getUTCDay() === 6;
      return isWeekend ? WORKED.includes(date) : !OFF.includes(date);
    });
    expect(days.filter(opens)).toEqual(expected);
    expect(expected).toHaveLength(248);
  });

  it('of a year whose notice is not entered are a guess, and the clock says so', () => {
    const assigned = (from: string, severity: Severity = 'III') =>
      clock('C8', moments(severity, { lead: { at: iso(at(from)), acceptedAt: null } }));
    expect(assigned('2026-12-31 09:00')).not.toHaveProperty('provisional');
    expect(assigned('2026-12-31 16:00')).toMatchObject({ due: iso(at('2027-01-01 12:00')), provisional: true });
    expect(assigned('2026-01-01 00:30')).not.toHaveProperty('provisional'); // in UTC it is still 2025
    expect(assigned('2026-12-31 23:50', 'I')).not.toHaveProperty('provisional'); // half an hour is half an hour
  });
});

const T0 = at('2026-11-20 23:30'); // a Friday night: natural clocks do not sleep
const iso = (ms: number): string => new Date(ms).toISOString();
const moments = (severity: Severity, more: Partial<Moments> = {}): Moments => ({
  pack: '2026-11',
  knownAt: iso(T0),
  flaggedAt: iso(T0 + 10 * MINUTE),
  proposed: severity,
  severity,
  mustAnswer: null,
  decidedAt: null,
  lead: null,
  answers: [],
  endedAt: null,
  ...more,
});
const clock = (name: ClockName, m: Moments) => clocksOf(m).find((one) => one.clock === name);
const minutes = (name: ClockName, m: Moments): number | undefined => {
  const found = clock(name, m);
  return found && (Date.parse(found.due) - Date.parse(found.from)) / MINUTE;
};

describe('limits of pack 2026-11', () => {
  it.each([
    ['C1', 'I', 15],
    ['C1', 'II', 30],
    ['C1', 'III', 2 * 60],
    ['C1', 'IV', 8 * 60],
    ['C1', 'U', 2 * 60],
    ['C2', 'I', 5 * 60],
    ['C2', 'II', 5 * 60],
    ['C2', 'III', 48 * 60],
    ['C2', 'IV', 48 * 60],
    ['C2', 'U', undefined],
    ['C2b', 'I', 24 * 60],
    ['C2b', 'II', 24 * 60],
    ['C2b', 'III', 48 * 60],
    ['C2b', 'IV', 48 * 60],
    ['C2b', 'U', undefined],
  ] as const)('%s at %s: %s minutes', (name, severity, expected) => {
    expect(minutes(name, moments(severity))).toBe(expected);
  });

  it('a kind that must be answered has 48 hours, graded or not', () => {
    expect(minutes('C2', moments('U', { mustAnswer: 5 }))).toBe(48 * 60);
  });

  it('hard are the limits of the State Council and no others', () => {
    const hard = (severity: Severity) =>
      clocksOf(moments(severity, { mustAnswer: 1, lead: { at: iso(T0), acceptedAt: null } }))
        .filter((one) => one.hard)
        .map((one) => one.clock);
    expect(hard('I')).toEqual(['C2', 'C2b']);
    expect(hard('II')).toEqual(['C2', 'C2b']);
    expect(hard('III')).toEqual(['C2']);
    expect(hard('IV')).toEqual(['C2']);
    expect(hard('U')).toEqual(['C2']);
  });

  it('targets are earlier than the limit: one hour at I, two at II, a day at III', () => {
    const target = (severity: Severity) => Date.parse(clock('C2', moments(severity))?.target ?? '') - T0;
    expect([target('I'), target('II'), target('III')]).toEqual([HOUR, 2 * HOUR, 24 * HOUR]);
    expect(clock('C2', moments('IV'))?.target).toBeUndefined();
  });

  it('the lead accepts in 30 natural minutes at I and II, else in four working hours', () => {
    const lead = { at: iso(T0), acceptedAt: null };
    expect(minutes('C8', moments('I', { lead }))).toBe(30);
    expect(minutes('C8', moments('II', { lead }))).toBe(30);
    for (const severity of ['III', 'IV', 'U'] as const) {
      expect(local(Date.parse(clock('C8', moments(severity, { lead }))?.due ?? ''))).toBe('2026-11-23 14:00');
    }
  });
});

describe('what starts and stops a clock', () => {
  const later = (ms: number) => iso(T0 + ms);
  const answer = (kind: string, ms: number, nextAt: string | null = null) => ({ kind, at: later(ms), nextAt });

  it('triage is timed from the flag, the public from when it was known', () => {
    expect(clock('C1', moments('III'))?.from).toBe(later(10 * MINUTE));
    expect(clock('C2', moments('III'))?.from).toBe(later(0));
  });

  it('a holding text stops the first and not the second', () => {
    const m = moments('I', { answers: [answer('holding', HOUR)] });
    expect(clock('C2', m)?.metAt).toBe(later(HOUR));
    expect(clock('C2b', m)?.metAt).toBeUndefined();
  });

  it.each(['statement', 'update', 'refutation', 'final'])('a %s stops both', (kind) => {
    const m = moments('III', { answers: [answer('holding', HOUR), answer(kind, 2 * HOUR)] });
    expect(clock('C2', m)?.metAt).toBe(later(HOUR));
    expect(clock('C2b', m)?.metAt).toBe(later(2 * HOUR));
  });

  it('"no response needed" stops nothing the law wants answered', () => {
    const answers = [answer('none_needed', HOUR)];
    expect(clock('C2', moments('IV', { answers }))?.metAt).toBe(later(HOUR));
    expect(clock('C2', moments('I', { answers }))?.metAt).toBeUndefined();
    expect(clock('C2', moments('U', { answers, mustAnswer: 2 }))?.metAt).toBeUndefined();
  });

  it('a promised update is a clock until the next text', () => {
    const promise = answer('holding', HOUR, later(5 * HOUR));
    const open = clock('C4', moments('III', { answers: [promise] }));
    expect(open).toMatchObject({ from: later(HOUR), due: later(5 * HOUR) });
    expect(open?.metAt).toBeUndefined();
    const kept = clock('C4', moments('III', { answers: [promise, answer('final', 4 * HOUR)] }));
    expect(kept?.metAt).toBe(later(4 * HOUR));
  });

  it('a regrading recomputes the public clocks from the same start and leaves triage as it was', () => {
    const before = moments('IV', { decidedAt: later(HOUR) });
    const after = { ...before, severity: 'I' } as const;
    expect(clock('C2', after)).toMatchObject({ from: later(0), due: later(5 * HOUR) });
    expect(clock('C1', after)).toEqual(clock('C1', before));
  });

  it('what is unmet when an incident ends is stopped, what was met stays', () => {
    const clocks = clocksOf(moments('III', { decidedAt: later(HOUR), endedAt: later(9 * HOUR) }));
    expect(clocks.find((one) => one.clock === 'C1')?.stoppedAt).toBeUndefined();
    expect(clocks.find((one) => one.clock === 'C2')?.stoppedAt).toBe(later(9 * HOUR));
    expect(nextDue(clocks)).toBeUndefined();
  });

  it('the next one due is the earliest that still runs', () => {
    expect(nextDue(clocksOf(moments('I')))?.clock).toBe('C1');
    expect(nextDue(clocksOf(moments('I', { decidedAt: later(HOUR) })))?.clock).toBe('C2');
  });
});

describe('clocks of an incident', () => {
  it('run from the events alone', () => {
    const desk = new IncidentDesk();
    desk.flag({ severity: 'IV', knownAt: iso(START - HOUR) });
    expect(clocksFor(desk.state).map((one) => one.clock)).toEqual(['C1', 'C2', 'C2b']);
    desk.now += 20 * MINUTE;
    desk.put('triaged', { ...triageInput({ severity: 'II' }), leadUnit: WENSHU, level: 0 });
    desk.put('assigned', { lead: tang.person, accepted: false });
    const [c1, c2, , c8] = clocksFor(desk.state);
    expect(c1).toMatchObject({ due: iso(START + 8 * HOUR), metAt: iso(START + 20 * MINUTE) });
    expect(c2).toMatchObject({ from: iso(START - HOUR), due: iso(START + 4 * HOUR), hard: true });
    expect(c8).toMatchObject({ clock: 'C8', due: iso(START + 50 * MINUTE) });
    desk.put('accepted', { lead: tang.person }, tang);
    expect(clocksFor(desk.state)[3]?.metAt).toBe(iso(START + 20 * MINUTE));
  });
});

import type { Clock } from '#shared/incidents/incidents.clocks.ts';
import type { Severity } from '#shared/incidents/incidents.events.ts';
import type { IncidentLine } from '#shared/incidents/incidents.schema.ts';
import type { words } from './incidents.words.ts';

type Words = typeof words.current;

/** The reason for the heat in one sentence. */
export function whyHot(why: IncidentLine['why'], w: Words): string {
  const trend = w.trends[why.trend];
  if (why.shares.repeat > 0.5) return w.why(why.reporters, w.mostlyRepeat);
  if (why.units > 1) return w.whyMany(why.reporters, why.units, trend);
  return why.reporters + why.repeats < 2 ? w.whyOne : w.why(why.reporters, trend);
}

/** `III 较大`; U has no numeral worth reading out. */
export const severityWords = (severity: Severity, w: Words): string =>
  severity === 'U' ? w.severities.U : `${severity} ${w.severities[severity]}`;

/** At I and II the second public clock is a press conference. */
export const clockName = (clock: Clock, severity: Severity, w: Words): string =>
  clock.clock === 'C2b' && (severity === 'I' || severity === 'II') ? w.pressClock : w.clocks[clock.clock];

const isRunning = (clock: Clock): boolean => clock.metAt === undefined && clock.stoppedAt === undefined;
const byDue = (a: Clock, b: Clock): number => (a.due < b.due ? -1 : 1);

/** What a line of the board shows: the two that run out next, else the last one met. */
export function shownClocks(clocks: readonly Clock[]): Clock[] {
  const running = clocks.filter(isRunning).sort(byDue);
  if (running.length > 0) return running.slice(0, 2);
  const met = clocks.filter((clock) => clock.metAt !== undefined);
  return met.sort((a, b) => ((a.metAt ?? '') < (b.metAt ?? '') ? 1 : -1)).slice(0, 1);
}

/** All of them: what runs first, then what is over. */
export const inOrder = (clocks: readonly Clock[]): Clock[] => [
  ...clocks.filter(isRunning).sort(byDue),
  ...clocks.filter((clock) => !isRunning(clock)),
];

const TITLE = 40; // characters that stand on one line of a phone in two rows

/** The first line of what was written, cut at a clause where it is long: nobody is asked for a title. */
export function titleOf(what: string): string {
  const first = what.trim().split('\n')[0]?.trim() ?? '';
  const letters = Array.from(first);
  if (letters.length <= TITLE) return first.replace(/[。.!！]$/u, '');
  const head = letters.slice(0, TITLE).join('');
  const cut = Math.max(...Array.from('，。；、,;!?！？', (mark) => head.lastIndexOf(mark)));
  return cut >= 8 ? head.slice(0, cut) : `${letters.slice(0, TITLE - 1).join('')}…`;
}

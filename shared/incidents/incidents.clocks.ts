import { afterWorkingHours, isKnown } from './incidents.calendar.ts';
import type { Severity } from './incidents.events.ts';

/*
 * Clocks are folded, never stored as timers: from the moments an incident's events left behind and a policy pack, the
 * same rows come out on the server, on the client and after a rebuild. A regrading therefore recomputes a clock and
 * cannot reset it.
 */

/** Names as in incidents §3.7 and the glossary. C3 lives with the response it times. */
export const CLOCKS = ['C1', 'C2', 'C2b', 'C4', 'C8'] as const;
export type ClockName = (typeof CLOCKS)[number];

/** One clock. `hard` limits come from national rules; `target` is the house's own, earlier one. Moments are ISO 8601. */
export interface Clock {
  clock: ClockName;
  from: string;
  due: string;
  hard: boolean;
  target?: string | undefined;
  metAt?: string | undefined;
  /** It no longer runs, and was not met: the incident is over. */
  stoppedAt?: string | undefined;
  /** Counted through a year whose holidays are not entered: `due` moves when they are. */
  provisional?: true | undefined;
}

/** What clocks are read from. */
export interface Moments {
  pack: string;
  knownAt: string;
  flaggedAt: string;
  /** The severity the flagger proposed; it rules C1. */
  proposed: Severity;
  severity: Severity;
  mustAnswer: number | null;
  decidedAt: string | null;
  lead: { at: string; acceptedAt: string | null } | null;
  answers: readonly { kind: string; at: string; nextAt: string | null }[];
  endedAt: string | null;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Limit {
  due: number;
  hard: boolean;
  target?: number;
}

interface Pack {
  /** T1 to T2, ms. */
  triage: Readonly<Record<Severity, number>>;
  /** T0 to the first public response. U: only where an answer is due by its kind. */
  answer: Readonly<Record<Severity, Limit>>;
  /** T0 to the press conference (I, II) or the full statement. */
  statement: Readonly<Record<Exclude<Severity, 'U'>, Limit>>;
  /** Assignment to acceptance: ms, or hours of working time. */
  accept: Readonly<Record<Severity, { natural: number } | { working: number }>>;
}

const working = { working: 4 };

/** Values of incidents §3.7: 5 h, 24 h and 48 h hard by 国办发〔2016〕80号 and 61号, the rest our own defaults. */
const PACKS: Readonly<Record<string, Pack>> = {
  '2026-11': {
    triage: { I: 15 * MINUTE, II: 30 * MINUTE, III: 2 * HOUR, IV: 8 * HOUR, U: 2 * HOUR },
    answer: {
      I: { due: 5 * HOUR, hard: true, target: HOUR },
      II: { due: 5 * HOUR, hard: true, target: 2 * HOUR },
      III: { due: 48 * HOUR, hard: true, target: 24 * HOUR },
      IV: { due: 48 * HOUR, hard: true },
      U: { due: 48 * HOUR, hard: true },
    },
    statement: {
      I: { due: 24 * HOUR, hard: true },
      II: { due: 24 * HOUR, hard: true },
      III: { due: 48 * HOUR, hard: false },
      IV: { due: 48 * HOUR, hard: false },
    },
    accept: { I: { natural: 30 * MINUTE }, II: { natural: 30 * MINUTE }, III: working, IV: working, U: working },
  },
};

/** The pack new incidents are flagged under. Old ones keep theirs. */
export const CURRENT_PACK = '2026-11';

const packOf = (name: string): Pack => PACKS[name] ?? (PACKS[CURRENT_PACK] as Pack);

const iso = (ms: number): string => new Date(ms).toISOString();

/** Kinds that are a full statement; a correction may correct a mere holding text and counts as none. */
const FULL: ReadonlySet<string> = new Set(['statement', 'update', 'refutation', 'final']);

/** Whether an answer of this kind stops C2. "None needed" cannot stop what the law wants answered. */
function isAnswer(kind: string, m: Moments): boolean {
  if (kind !== 'none_needed') return true;
  return m.mustAnswer === null && m.severity !== 'I' && m.severity !== 'II';
}

function row(clock: ClockName, from: string, limit: Limit): Clock {
  const start = Date.parse(from);
  return {
    clock,
    from,
    due: iso(start + limit.due),
    hard: limit.hard,
    ...(limit.target === undefined ? {} : { target: iso(start + limit.target) }),
  };
}

const met = (clock: Clock, at: string | null | undefined): Clock =>
  at === null || at === undefined ? clock : { ...clock, metAt: at };

function publicClocks(m: Moments, pack: Pack): Clock[] {
  const clocks: Clock[] = [];
  const first = m.answers.find((answer) => isAnswer(answer.kind, m));
  if (m.severity !== 'U' || m.mustAnswer !== null) {
    clocks.push(met(row('C2', m.knownAt, pack.answer[m.severity]), first?.at));
  }
  if (m.severity !== 'U') {
    const full = m.answers.find(({ kind }) => FULL.has(kind) || (kind === 'none_needed' && isAnswer(kind, m)));
    clocks.push(met(row('C2b', m.knownAt, pack.statement[m.severity]), full?.at));
  }
  // The last promise stands until the next answer keeps it: a final text promises nothing more.
  const promised = m.answers.findLastIndex((answer) => answer.nextAt !== null);
  const promise = m.answers[promised];
  if (promise?.nextAt !== undefined && promise.nextAt !== null) {
    const clock: Clock = { clock: 'C4', from: promise.at, due: promise.nextAt, hard: false };
    clocks.push(met(clock, m.answers[promised + 1]?.at));
  }
  return clocks;
}

function acceptClock(m: Moments, pack: Pack): Clock[] {
  if (m.lead === null) return [];
  const limit = pack.accept[m.severity];
  const from = Date.parse(m.lead.at);
  const due = 'natural' in limit ? from + limit.natural : afterWorkingHours(from, limit.working);
  const isGuess = 'working' in limit && !isKnown(from, due);
  const clock: Clock = { clock: 'C8', from: m.lead.at, due: iso(due), hard: false };
  return [met(isGuess ? { ...clock, provisional: true } : clock, m.lead.acceptedAt)];
}

/** Every clock of an incident, in the order of their names. What is unmet when an incident ends is stopped. */
export function clocksOf(m: Moments): Clock[] {
  const pack = packOf(m.pack);
  const triage = met(row('C1', m.flaggedAt, { due: pack.triage[m.proposed], hard: false }), m.decidedAt);
  const { endedAt } = m;
  return [triage, ...publicClocks(m, pack), ...acceptClock(m, pack)].map((clock) =>
    endedAt === null || clock.metAt !== undefined ? clock : { ...clock, stoppedAt: endedAt },
  );
}

/** The clock that runs out next, if any runs. */
export function nextDue(clocks: readonly Clock[]): Clock | undefined {
  return clocks
    .filter((clock) => clock.metAt === undefined && clock.stoppedAt === undefined)
    .reduce<Clock | undefined>((next, clock) => (next === undefined || clock.due < next.due ? clock : next), undefined);
}

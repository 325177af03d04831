import type { FileFacts } from '#shared/wire/files.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { clocksOf, CURRENT_PACK, type Clock } from './incidents.clocks.ts';
import type {
  Category,
  DataOf,
  EventType,
  Fact,
  Provenance,
  Severity,
  Similar,
  Verification,
} from './incidents.events.ts';
import { COLD, warm, type Heat } from './incidents.heat.ts';

/*
 * The one incident state machine (incidents §3.2), as a fold. Six axes stand beside each other and never mix:
 * lifecycle (`state`), verification, severity, level, heat, visibility. What may happen is in incidents.decide.ts.
 */

export const STATES = [
  'flagged',
  'triaged',
  'active',
  'monitoring',
  'resolved',
  'closed',
  'dismissed',
  'merged',
] as const;
export type State = (typeof STATES)[number];

/** States in which somebody still has something to do. */
export const OPEN: readonly State[] = ['flagged', 'triaged', 'active', 'monitoring'];

/** One lead at a time (I3); `acceptedAt` is null until they have taken it on. */
export interface Lead {
  person: string;
  at: string;
  by: string;
  acceptedAt: string | null;
}

export interface Answer {
  response: string;
  revision: number;
  kind: string;
  at: string;
  code: string | null;
  nextAt: string | null;
}

/** What somebody told us. The first one is the flag itself. */
export interface Report {
  seq: number;
  unit: string;
  text: string;
  source: string | null;
  at: string;
  by: string;
  again: boolean;
}

export interface Stated {
  text: string;
  by: string;
  at: string;
}

export interface Incident {
  id: string;
  /** `none` before the first event. */
  state: State | 'none';
  /** The stream's seq: what a command names as `expected`. */
  version: number;
  code: string;
  title: string;
  what: string;
  where: string | null;
  files: readonly string[];
  fileFacts: readonly FileFacts[];
  from: Provenance | null;
  similar: readonly Similar[];
  /** Fixed at birth (I7): an exercise never becomes real, nor the other way round. */
  exercise: boolean;
  pack: string;
  flaggedBy: string;
  flaggedAt: string;
  knownAt: string;
  proposed: Severity;
  severity: Severity;
  /** Who decided the severity; lowering it takes somebody else. */
  gradedBy: string | null;
  category: Category;
  verification: Verification;
  mustAnswer: number | null;
  level: number;
  visibility: 'internal' | 'public';
  /** Where it was flagged. */
  unit: string;
  leadUnit: string;
  communities: readonly string[];
  lead: Lead | null;
  /** T2, or the dismissal that took its place. */
  decidedAt: string | null;
  endedAt: string | null;
  answers: readonly Answer[];
  reports: readonly Report[];
  facts: Readonly<Record<Fact, Stated | null>>;
  /** Rises with every change of what is known, so that an approval can be bound to it. */
  factVersion: number;
  factBy: string;
  factAt: string;
  heat: Heat;
}

export const noIncident = (id: string): Incident => ({
  id,
  state: 'none',
  version: 0,
  code: '',
  title: '',
  what: '',
  where: null,
  files: [],
  fileFacts: [],
  from: null,
  similar: [],
  exercise: false,
  pack: CURRENT_PACK,
  flaggedBy: '',
  flaggedAt: '',
  knownAt: '',
  proposed: 'U',
  severity: 'U',
  gradedBy: null,
  category: 'other',
  verification: 'unverified',
  mustAnswer: null,
  level: 0,
  visibility: 'internal',
  unit: '',
  leadUnit: '',
  communities: [],
  lead: null,
  decidedAt: null,
  endedAt: null,
  answers: [],
  reports: [],
  facts: { known: null, unknown: null, doing: null },
  factVersion: 0,
  factBy: '',
  factAt: '',
  heat: COLD,
});

export const isOpen = (state: Incident): boolean => (OPEN as readonly string[]).includes(state.state);

/** Every unit the incident concerns: the lead unit first, then the affected ones. */
export const unitsOf = (state: Incident): string[] => [...new Set([state.leadUnit, ...state.communities])];

/** The clocks as the events left them. They do not depend on the moment they are read at. */
export const clocksFor = (state: Incident): Clock[] => (state.state === 'none' ? [] : clocksOf(state));

/**
 * The lowest unit above, or equal to, all of these; undefined where they have none in common. Paths are the unit and
 * everything above it, the unit first. A single community keeps the lead.
 */
export function leadUnitOf(paths: readonly (readonly string[])[]): string | undefined {
  const [first, ...others] = paths;
  return first?.find((unit) => others.every((path) => path.includes(unit)));
}

/* What has happened. */

type Happened<T extends EventType> = StreamEvent<T, DataOf<T>>;
type Evolvers = { [T in EventType]: (state: Incident, event: Happened<T>) => Partial<Incident> };

/** The facts have moved: whatever was signed on the old ones has to be looked at again. */
const newFacts = (state: Incident, { actor, at }: StreamEvent): Partial<Incident> => ({
  factVersion: state.factVersion + 1,
  factBy: actor,
  factAt: at,
});

const EVOLVE: Evolvers = {
  flagged: (state, event) => ({ ...born(event), ...newFacts(state, event) }),
  triaged: (state, event) => ({
    ...newFacts(state, event),
    state: 'triaged',
    severity: event.data.severity,
    gradedBy: event.actor,
    category: event.data.category,
    verification: event.data.verification,
    mustAnswer: event.data.mustAnswer ?? null,
    communities: event.data.communities,
    leadUnit: event.data.leadUnit,
    level: event.data.level,
    decidedAt: event.at,
  }),
  assigned: (state, { data, actor, at }) => ({
    state: state.state === 'triaged' ? 'active' : state.state,
    lead: { person: data.lead, at, by: actor, acceptedAt: data.accepted ? at : null },
  }),
  accepted: (state, { data, actor, at }) => ({
    state: state.state === 'triaged' ? 'active' : state.state,
    lead:
      state.lead === null ? { person: data.lead, at, by: actor, acceptedAt: at } : { ...state.lead, acceptedAt: at },
  }),
  reported: (state, { data, seq, actor, at }) => ({
    reports: [
      ...state.reports,
      { seq, unit: data.unit, text: data.text, source: data.source ?? null, at, by: actor, again: data.again },
    ],
    heat: warm(state.heat, data.weight, { unit: data.unit, at: Date.parse(at) }),
  }),
  noted: (state, event) => {
    const { about, text } = event.data;
    if (about === undefined) return {};
    const stated = { text, by: event.actor, at: event.at };
    return { ...newFacts(state, event), facts: { ...state.facts, [about]: stated } };
  },
  regraded: (state, event) => ({
    ...newFacts(state, event),
    severity: event.data.severity,
    gradedBy: event.actor,
  }),
  verified: (state, event) => ({ ...newFacts(state, event), verification: event.data.verification }),
  answered: (state, { data }) => ({
    answers: [
      ...state.answers,
      {
        response: data.response,
        revision: data.revision,
        kind: data.kind,
        at: data.at,
        code: data.code ?? null,
        nextAt: data.nextAt ?? null,
      },
    ],
    visibility: data.kind === 'none_needed' || state.exercise ? state.visibility : 'public',
  }),
  resolved: (_state, { at }) => ({ state: 'resolved', endedAt: at }),
  dismissed: (state, { at }) => ({ state: 'dismissed', endedAt: at, decidedAt: state.decidedAt ?? at }),
};

/** T1. What nobody has decided yet takes the flagger's word for it, or stays open: U, other, unverified. */
function born({ data, seq, actor, at }: Happened<'flagged'>): Partial<Incident> {
  // Social-security events are never graded by law, whatever was proposed in haste.
  const proposed = data.category === 'security' ? 'U' : (data.severity ?? 'U');
  return {
    state: 'flagged',
    code: data.code,
    title: data.title,
    what: data.what,
    where: data.where ?? null,
    files: data.files ?? [],
    fileFacts: data.fileFacts ?? [],
    from: data.from ?? null,
    similar: data.similar,
    exercise: data.exercise,
    pack: data.pack,
    flaggedBy: actor,
    flaggedAt: at,
    knownAt: data.knownAt,
    proposed,
    severity: proposed,
    category: data.category ?? 'other',
    level: data.level,
    unit: data.unit,
    leadUnit: data.unit,
    communities: [data.unit],
    reports: [{ seq, unit: data.unit, text: data.what, source: data.source ?? null, at, by: actor, again: false }],
    heat: warm(COLD, data.weight, { unit: data.unit, at: Date.parse(at) }),
  };
}

/** The state after an event that was accepted. A type from a newer version changes nothing but the version. */
export function evolve(state: Incident, event: StreamEvent): Incident {
  const { seq: version } = event;
  if (!Object.hasOwn(EVOLVE, event.type)) return { ...state, version };
  const step = EVOLVE[event.type as EventType] as (state: Incident, event: StreamEvent) => Partial<Incident>;
  return { ...state, ...step(state, event), version };
}

import * as v from 'valibot';
import { command, Id, Limit, line, Moment, query, Seq, Title, type InputOf } from '#shared/wire/define.ts';
import { MAX_FILES } from '#shared/wire/files.limits.ts';
import { FileFacts } from '#shared/wire/files.ts';
import { CLOCKS } from './incidents.clocks.ts';
import { CATEGORIES, DISMISSALS, FACTS, SEVERITIES, Similar, VERIFICATIONS } from './incidents.events.ts';
import { BANDS, TRENDS } from './incidents.heat.ts';
import { STATES } from './incidents.rules.ts';

/** What every command on an existing incident names: its own id, the incident, the version the client saw. */
const on = { id: Id, incident: Id, expected: Seq };
/** Reports and notes stand beside each other: they hold whatever has happened meanwhile. */
const beside = { id: Id, incident: Id };
const done = v.object({ seq: Seq });

const MAX_COMMUNITIES = 50; // a large city's street has fewer

const ClockRow = v.object({
  clock: v.picklist(CLOCKS),
  from: Moment,
  due: Moment,
  hard: v.boolean(),
  target: v.optional(Moment),
  metAt: v.optional(Moment),
  stoppedAt: v.optional(Moment),
  provisional: v.optional(v.literal(true)),
});

/** Why it is as hot as it is: counts and shares, from which each language makes its own sentence. */
const WhyHot = v.object({
  band: v.picklist(BANDS),
  trend: v.picklist(TRENDS),
  reporters: v.number(),
  repeats: v.number(),
  units: v.number(),
  shares: v.object({ report: v.number(), repeat: v.number(), mention: v.number(), spread: v.number() }),
});

const axes = {
  id: Id,
  code: v.string(),
  unit: Id,
  title: v.string(),
  state: v.picklist(STATES),
  version: Seq,
  severity: v.picklist(SEVERITIES),
  category: v.picklist(CATEGORIES),
  verification: v.picklist(VERIFICATIONS),
  /** 0 community, 1 street, 2 district, 3 city. */
  level: v.number(),
  heat: v.number(),
  why: WhyHot,
  visibility: v.picklist(['internal', 'public']),
  leadUnit: Id,
  lead: v.nullable(Id),
  /** The lead has taken it on. */
  accepted: v.boolean(),
  communities: v.array(Id),
  clocks: v.array(ClockRow),
  exercise: v.boolean(),
};

/** One line of the board. */
export const IncidentLine = v.object({ ...axes, at: Moment });
export type IncidentLine = v.InferOutput<typeof IncidentLine>;

const StatedFact = v.nullable(v.object({ text: v.string(), by: Id, at: Moment }));

export const ACTIONS = [
  'triaged',
  'assigned',
  'accepted',
  'reported',
  'noted',
  'regraded',
  'verified',
  'resolved',
  'dismissed',
] as const;

/** A response of this incident, as `responses` tells it. */
const ResponseRef = v.object({
  id: Id,
  code: v.string(),
  kind: v.string(),
  title: v.string(),
  state: v.string(),
  publishedAt: v.nullable(Moment),
});
export type ResponseRef = v.InferOutput<typeof ResponseRef>;

export const IncidentView = v.object({
  ...axes,
  what: v.string(),
  where: v.nullable(v.string()),
  files: v.array(Id),
  fileFacts: v.array(FileFacts),
  mustAnswer: v.nullable(v.number()),
  flaggedBy: Id,
  flaggedAt: Moment,
  knownAt: Moment,
  factVersion: Seq,
  factBy: Id,
  factAt: Moment,
  facts: v.object({ known: StatedFact, unknown: StatedFact, doing: StatedFact }),
  from: v.nullable(v.object({ room: Id, seq: Seq, hash: v.string(), author: Id, at: Moment, text: v.string() })),
  similar: v.array(Similar),
  reports: v.array(
    v.object({
      seq: Seq,
      unit: Id,
      text: v.string(),
      source: v.nullable(v.string()),
      at: Moment,
      by: Id,
      again: v.boolean(),
    }),
  ),
  responses: v.array(ResponseRef),
  /** Newest first. `text` is what a person wrote, where they wrote something. */
  timeline: v.array(
    v.object({ seq: Seq, type: v.string(), actor: v.string(), at: Moment, text: v.optional(v.string()) }),
  ),
  /** What the reader may do now. */
  may: v.array(v.picklist(ACTIONS)),
});
export type IncidentView = v.InferOutput<typeof IncidentView>;

const graded = { severity: v.picklist(SEVERITIES), category: v.picklist(CATEGORIES) };
const verdict = { verification: v.picklist(VERIFICATIONS), evidence: v.optional(line(400)) };

export const incidentsTable = {
  flag: command({
    action: 'incident.flag',
    input: v.strictObject({
      id: Id,
      unit: Id,
      title: Title,
      what: line(4000),
      where: v.optional(line(200)),
      severity: v.optional(v.picklist(SEVERITIES)),
      category: v.optional(v.picklist(CATEGORIES)),
      source: v.optional(line(200)),
      files: v.optional(v.pipe(v.array(Id), v.maxLength(MAX_FILES))),
      exercise: v.optional(v.boolean()),
      knownAt: v.optional(Moment),
      from: v.optional(v.strictObject({ room: Id, seq: Seq })),
    }),
    output: v.object({
      seq: Seq,
      incident: Id,
      code: v.string(),
      similar: v.array(Similar),
      /** The message named in `from` is not there for this person, or not any more: the report was taken without it. */
      unlinked: v.optional(v.literal(true)),
    }),
  }),
  triage: command({
    action: 'incident.triage',
    input: v.strictObject({
      ...on,
      ...graded,
      ...verdict,
      communities: v.pipe(v.array(Id), v.minLength(1), v.maxLength(MAX_COMMUNITIES)),
      mustAnswer: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(6))),
      reason: v.optional(line(400)),
    }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.never_graded', 'incidents.no_common_unit'],
  }),
  assign: command({
    action: 'incident.assign',
    input: v.strictObject({ ...on, lead: Id }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.not_eligible'],
  }),
  accept: command({
    action: 'incident.assign',
    input: v.strictObject(on),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.not_lead', 'incidents.already_accepted'],
  }),
  report: command({
    action: 'incident.flag',
    input: v.strictObject({
      ...beside,
      unit: Id,
      text: line(2000),
      source: v.optional(line(200)),
      again: v.optional(v.boolean()),
    }),
    output: done,
  }),
  note: command({
    action: 'incident.note',
    input: v.strictObject({ ...beside, text: line(2000), about: v.optional(v.picklist(FACTS)) }),
    output: done,
  }),
  regrade: command({
    action: 'incident.triage',
    input: v.strictObject({ ...on, severity: v.picklist(SEVERITIES), why: line(400) }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.never_graded', 'incidents.second_person'],
  }),
  verify: command({
    action: 'incident.triage',
    input: v.strictObject({ ...on, ...verdict }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.evidence_needed'],
  }),
  resolve: command({
    action: 'incident.assign',
    input: v.strictObject({ ...on, why: v.optional(line(400)) }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.in_review', 'incidents.not_answered'],
  }),
  dismiss: command({
    action: 'incident.triage',
    input: v.strictObject({ ...on, reason: v.picklist(DISMISSALS), why: v.optional(line(400)) }),
    output: done,
    errors: ['incidents.wrong_state', 'incidents.second_person'],
  }),
  feed: query({
    action: 'incident.read',
    input: v.strictObject({
      unit: v.optional(Id),
      /** A state, `open` (the default: everything somebody has to act on) or `all`. */
      state: v.optional(v.picklist([...STATES, 'open', 'all']), 'open'),
      sort: v.optional(v.picklist(['heat', 'due']), 'heat'),
      cursor: v.optional(line(200)),
      limit: Limit,
    }),
    output: v.object({ incidents: v.array(IncidentLine), cursor: v.optional(v.string()) }),
  }),
  view: query({
    action: 'incident.read',
    input: v.strictObject({ incident: Id }),
    output: v.object({ incident: IncidentView }),
  }),
  similar: query({
    action: 'incident.flag',
    input: v.strictObject({ unit: Id, text: line(1000) }),
    output: v.object({ similar: v.array(Similar) }),
  }),
};

export type FlagInput = InputOf<typeof incidentsTable.flag>;
export type TriageInput = InputOf<typeof incidentsTable.triage>;
export type AssignInput = InputOf<typeof incidentsTable.assign>;
export type ReportInput = InputOf<typeof incidentsTable.report>;
export type NoteInput = InputOf<typeof incidentsTable.note>;
export type RegradeInput = InputOf<typeof incidentsTable.regrade>;
export type VerifyInput = InputOf<typeof incidentsTable.verify>;
export type ResolveInput = InputOf<typeof incidentsTable.resolve>;
export type DismissInput = InputOf<typeof incidentsTable.dismiss>;

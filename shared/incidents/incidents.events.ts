import * as v from 'valibot';
import { Hash, Id, Moment, Seq } from '#shared/wire/define.ts';
import { FileFacts } from '#shared/wire/files.ts';
import type { Action } from '#shared/people/people.policy.ts';

/** Event levels of the law, the gravest first; U where the law grades nothing (突发事件应对法 Art. 3). */
export const SEVERITIES = ['I', 'II', 'III', 'IV', 'U'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const CATEGORIES = [
  'disaster',
  'accident',
  'health',
  'security',
  'livelihood',
  'policy',
  'rumour',
  'other',
] as const;
export type Category = (typeof CATEGORIES)[number];

export const VERIFICATIONS = ['unverified', 'corroborated', 'verified', 'refuted'] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/** Why something is no incident (T12). */
export const DISMISSALS = ['not_incident', 'out_of_area', 'test', 'malicious'] as const;

/** What a note adds to the facts: known, not yet known, being done (慎报原因: the cause waits for the final text). */
export const FACTS = ['known', 'unknown', 'doing'] as const;
export type Fact = (typeof FACTS)[number];

/** A similar incident as it was shown. `elsewhere`: the words agree, the building, road or telephone number does not. */
export const Similar = v.object({
  incident: Id,
  code: v.string(),
  title: v.string(),
  /** 0 to 1, two decimals. */
  score: v.number(),
  elsewhere: v.optional(v.boolean()),
});
export type Similar = v.InferOutput<typeof Similar>;

/** The chat message an incident began with, as it stood then. */
const Provenance = v.object({
  room: Id,
  seq: Seq,
  hash: Hash,
  author: Id,
  at: Moment,
  text: v.string(),
});
export type Provenance = v.InferOutput<typeof Provenance>;

/** What an event adds to the heat, worked out once, so that a rebuild gives the same number (incidents §4.1). */
const Weight = v.object({
  report: v.number(),
  repeat: v.number(),
  mention: v.number(),
  spread: v.number(),
});
export type Weight = v.InferOutput<typeof Weight>;

/**
 * Events on `incident:<id>`: the command's fields and what the server found out. A type is never changed once it has
 * been written. Everything here is for staff; what residents see is made by `responses` from published texts alone.
 */
export const incidentsEvents = {
  flagged: v.object({
    unit: Id,
    title: v.string(),
    what: v.string(),
    where: v.optional(v.string()),
    severity: v.optional(v.picklist(SEVERITIES)),
    category: v.optional(v.picklist(CATEGORIES)),
    source: v.optional(v.string()),
    files: v.optional(v.array(Id)),
    /** What the server knows of those files: how to show one before it is there. */
    fileFacts: v.optional(v.array(FileFacts)),
    exercise: v.boolean(),
    knownAt: Moment,
    from: v.optional(Provenance),
    code: v.string(),
    level: v.number(),
    /** The policy pack all clocks of this incident are read from. */
    pack: v.string(),
    /** The near-duplicates the flagger was shown. */
    similar: v.array(Similar),
    weight: Weight,
  }),
  triaged: v.object({
    severity: v.picklist(SEVERITIES),
    category: v.picklist(CATEGORIES),
    communities: v.array(Id),
    verification: v.picklist(VERIFICATIONS),
    mustAnswer: v.optional(v.number()),
    evidence: v.optional(v.string()),
    reason: v.optional(v.string()),
    leadUnit: Id,
    level: v.number(),
  }),
  assigned: v.object({ lead: Id, accepted: v.boolean() }),
  accepted: v.object({ lead: Id }),
  reported: v.object({
    unit: Id,
    text: v.string(),
    source: v.optional(v.string()),
    again: v.boolean(),
    weight: Weight,
  }),
  noted: v.object({ text: v.string(), about: v.optional(v.picklist(FACTS)) }),
  regraded: v.object({ severity: v.picklist(SEVERITIES), why: v.string() }),
  verified: v.object({ verification: v.picklist(VERIFICATIONS), evidence: v.optional(v.string()) }),
  /** A response went out: follows its `published`. `nextAt` is the next update it promises. */
  answered: v.object({
    response: Id,
    revision: Seq,
    kind: v.string(),
    at: Moment,
    code: v.optional(v.string()),
    nextAt: v.optional(Moment),
  }),
  resolved: v.object({ why: v.optional(v.string()) }),
  dismissed: v.object({ reason: v.picklist(DISMISSALS), why: v.optional(v.string()) }),
} as const;

export type EventType = keyof typeof incidentsEvents;
export type DataOf<T extends EventType> = v.InferOutput<(typeof incidentsEvents)[T]>;

/** The right that reading each type takes, of the incident. */
export const INCIDENT_READ_POLICY: Readonly<Record<EventType, Action>> = {
  flagged: 'incident.read',
  triaged: 'incident.read',
  assigned: 'incident.read',
  accepted: 'incident.read',
  reported: 'incident.read',
  noted: 'incident.read',
  regraded: 'incident.read',
  verified: 'incident.read',
  answered: 'incident.read',
  resolved: 'incident.read',
  dismissed: 'incident.read',
};

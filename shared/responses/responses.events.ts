import * as v from 'valibot';
import { Hash, Id, line, Moment, Seq, Title } from '#shared/wire/define.ts';

/** Kinds of response (incidents §3.3). `correction` is opened by `correct` alone, `none_needed` never leaves the house. */
export const KINDS = ['holding', 'statement', 'update', 'correction', 'refutation', 'final', 'none_needed'] as const;
export type Kind = (typeof KINDS)[number];

/** Classes of correction: what each asks of the page and the feeds is in incidents §3.8. */
export const CLASSES = ['typo', 'clarification', 'factual', 'retraction'] as const;
export type CorrectionClass = (typeof CLASSES)[number];

/** I–IV, or U where the law grades nothing. */
const SEVERITIES = ['I', 'II', 'III', 'IV', 'U'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One line of a text: a heading, a paragraph, an item of a list or a numbered step. No marks: text is text. */
const Block = v.object({ type: v.picklist(['heading', 'paragraph', 'item', 'step']), text: v.string() });
export type Block = v.InferOutput<typeof Block>;

export const Text = v.object({ headline: v.string(), blocks: v.array(Block) });
export type Text = v.InferOutput<typeof Text>;

/** What a correction says about the text before it. */
export const Correction = v.object({
  class: v.picklist(CLASSES),
  wrong: v.optional(line(500)),
  right: v.optional(line(500)),
  why: v.optional(line(500)),
});
export type Correction = v.InferOutput<typeof Correction>;

/** Who speaks, as the page shows it. `actingFor` is the principal where the right came from a delegation. */
const SpokenBy = v.object({
  person: Id,
  name: v.string(),
  post: v.string(),
  unit: v.string(),
  actingFor: v.optional(v.object({ name: v.string(), until: Moment })),
});
export type SpokenBy = v.InferOutput<typeof SpokenBy>;

const UnitName = v.object({ id: Id, code: v.string(), name: v.string() });
export type UnitName = v.InferOutput<typeof UnitName>;

/**
 * The incident as it stood when the text went out: what the page, the feeds and CAP say about it. `units` are the
 * lead unit (first) and the affected ones, `scopes` the ids of all of these and everything above them.
 */
const About = v.object({
  code: v.string(),
  severity: v.picklist(SEVERITIES),
  category: v.string(),
  verification: v.string(),
  units: v.array(UnitName),
  scopes: v.array(Id),
});
export type About = v.InferOutput<typeof About>;

const Signed = v.object({
  contentHash: Hash,
  factVersion: Seq,
  /** The unit whose approver signed; `upper` where it stands above the lead unit. */
  unit: Id,
  upper: v.boolean(),
  /** The signer and whoever is joined to them by a delegation: one pair of eyes. */
  agents: v.array(Id),
});

/** Why a publication stopped: between its two steps, or when the moment set for it had come. */
const BLOCK_REASONS = [
  'facts_changed',
  'incident_closed',
  'approval_expired',
  'not_enough_approvals',
  'right_lapsed',
  'text_moved',
] as const;
export type BlockReason = (typeof BLOCK_REASONS)[number];

/** Of a publication at a set moment: the moment, and whether it came more than ten minutes after it. */
const Planned = { plannedFor: v.optional(Moment), late: v.optional(v.literal(true)) };

/**
 * Events on `response:<id>`. All of them are read by whoever may read the incident; nothing here is public: the public
 * model is built by `toPublicView` alone.
 */
export const responsesEvents = {
  drafted: v.object({
    incident: Id,
    kind: v.picklist(KINDS),
    title: Title,
    code: v.string(),
    doc: Id,
    exercise: v.boolean(),
    factVersion: Seq,
    /** Whose words the text begins with: whoever flagged the incident or stated its facts. */
    authors: v.optional(v.array(Id)),
  }),
  submitted: v.object({
    n: Seq,
    text: Text,
    contentHash: Hash,
    contributors: v.array(Id),
    /** Keys of required sections that are empty. */
    missing: v.array(v.string()),
    factVersion: Seq,
  }),
  returned: v.object({ comment: v.string() }),
  reopened: v.object({}),
  approved: v.object({
    ...Signed.entries,
    /** With this signature the text may go out, at the severity it had. */
    enough: v.boolean(),
  }),
  /** A spokesperson sets the moment, for exactly these bytes on exactly this published base. */
  scheduled: v.object({
    n: Seq,
    contentHash: Hash,
    /** Hash of the revision in force; null before the first. */
    base: v.nullable(Hash),
    factVersion: Seq,
    publishAt: Moment,
    /** Who is told should it not go out: the spokesperson and whom they act for. */
    people: v.array(Id),
  }),
  unscheduled: v.object({}),
  publishing: v.object({ n: Seq, contentHash: Hash, factVersion: Seq, spokenBy: SpokenBy, ...Planned }),
  /** What follows a publication (the incident's clocks, a thread, deliveries) finds all it needs here. */
  published: v.object({
    incident: Id,
    code: v.string(),
    n: Seq,
    kind: v.picklist(KINDS),
    class: v.optional(v.picklist(CLASSES)),
    headline: v.string(),
    contentHash: Hash,
    /** The moment the text promises for its next update, where it names one. */
    nextAt: v.optional(Moment),
    spokenBy: SpokenBy,
    about: About,
    ...Planned,
  }),
  /** `people`: whom it concerns, the spokesperson's side and whoever signed. */
  publish_blocked: v.object({ reason: v.picklist(BLOCK_REASONS), people: v.optional(v.array(Id)) }),
  /** The moment had passed by more than ten minutes before the hub could look: people choose again. */
  publish_missed: v.object({ publishAt: Moment, people: v.array(Id) }),
  correcting: v.object({ ...Correction.entries, n: Seq, base: Hash, doc: Id }),
  withdrawing: v.object({ reason: v.string(), contentHash: Hash }),
  withdrawn: Signed,
} as const;

export type EventType = keyof typeof responsesEvents;
export type DataOf<T extends EventType> = v.InferOutput<(typeof responsesEvents)[T]>;

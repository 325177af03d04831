import * as v from 'valibot';
import { command, Hash, Id, line, Moment, query, Seq, Title } from '#shared/wire/define.ts';
import { CLASSES, Correction, KINDS, Text } from './responses.events.ts';
import { STATES } from './responses.states.ts';

/** What every command on an existing response names: its own id, the response, the version the client saw. */
const on = { id: Id, response: Id, expected: Seq };
const Comment = line(2000);

/** A published revision as officers see it; `state` says whether it is still in force. */
const RevisionView = v.object({
  n: Seq,
  kind: v.picklist(KINDS),
  class: v.optional(v.picklist(CLASSES)),
  contentHash: Hash,
  publishedAt: Moment,
  state: v.picklist(['published', 'corrected', 'withdrawn', 'retracted']),
  text: Text,
  /** It went out more than ten minutes after the moment set for it. */
  late: v.boolean(),
});
export type RevisionView = v.InferOutput<typeof RevisionView>;

const Approval = v.object({ person: Id, at: Moment, upper: v.boolean(), factVersion: Seq });

export const ResponseView = v.object({
  id: Id,
  code: v.string(),
  incident: Id,
  kind: v.picklist(KINDS),
  title: v.string(),
  state: v.picklist(STATES),
  version: Seq,
  exercise: v.boolean(),
  /** Number of the revision at work, or of the last one published. */
  n: Seq,
  doc: Id,
  contentHash: v.nullable(Hash),
  /** The exact text under review; null while it is written. */
  text: v.nullable(Text),
  /** Keys of required sections without a word in them, as found when the text was frozen. */
  missing: v.array(v.string()),
  contributors: v.array(Id),
  approvals: v.array(Approval),
  /** The facts the text was submitted on. */
  factVersion: Seq,
  correction: v.nullable(Correction),
  withdrawal: v.nullable(v.object({ reason: v.string(), contentHash: Hash, by: Id })),
  returned: v.nullable(v.object({ comment: v.string(), by: Id })),
  blocked: v.nullable(v.string()),
  /** The moment a spokesperson set; still there when it passed in vain. */
  planned: v.nullable(v.object({ publishAt: Moment, by: Id })),
  revisions: v.array(RevisionView),
});
export type ResponseView = v.InferOutput<typeof ResponseView>;

/** Everything this reader needs to decide what to do next; asked again whenever the stream moves. */
const Desk = v.object({
  /** Facts as they stand now, to compare with those the text was submitted on. */
  factVersion: Seq,
  /** How many signatures the severity asks for, and how many of them from a unit above. */
  needed: v.object({ signatures: Seq, upper: Seq }),
  /** What this reader may do by their posts; the state and four eyes decide the rest. */
  may: v.array(v.picklist(['draft', 'return', 'approve', 'publish', 'unschedule', 'correct', 'withdraw'])),
  /** Until when the signatures are enough, as the facts stand; null where they are not. */
  signedUntil: v.nullable(Moment),
  /** The reader, or somebody joined to them by a delegation, wrote a part of the text. */
  isContributor: v.boolean(),
  /** As whom the reader would publish. */
  speaker: v.nullable(v.object({ name: v.string(), post: v.string(), unit: v.string() })),
  /** Where the response stands once published; null where it never leaves the house. */
  url: v.nullable(v.string()),
});
export type Desk = v.InferOutput<typeof Desk>;

const ResponseLine = v.object({
  id: Id,
  code: v.string(),
  incident: Id,
  kind: v.picklist(KINDS),
  title: v.string(),
  state: v.picklist(STATES),
  n: Seq,
  publishedAt: v.nullable(Moment),
});
export type ResponseLine = v.InferOutput<typeof ResponseLine>;

const drafted = v.picklist(KINDS.filter((kind) => kind !== 'correction'));

export const responsesTable = {
  draft: command({
    action: 'response.draft',
    input: v.strictObject({ id: Id, incident: Id, kind: drafted, title: v.optional(Title) }),
    output: v.object({ response: Id, doc: Id, seq: Seq, code: v.string() }),
    errors: ['responses.incident_closed'],
  }),
  submit: command({
    action: 'response.draft',
    input: v.strictObject(on),
    output: v.object({ seq: Seq, contentHash: Hash, missing: v.array(v.string()) }),
    errors: ['responses.incomplete', 'responses.cause_locked', 'responses.wrong_state'],
  }),
  reopen: command({
    action: 'response.draft',
    input: v.strictObject(on),
    output: v.object({ seq: Seq }),
    errors: ['responses.wrong_state'],
  }),
  return: command({
    action: 'response.return',
    input: v.strictObject({ ...on, comment: Comment }),
    output: v.object({ seq: Seq }),
    errors: ['responses.wrong_state'],
  }),
  approve: command({
    action: 'response.approve',
    input: v.strictObject({ ...on, contentHash: Hash }),
    output: v.object({ seq: Seq }),
    fresh: true,
    errors: ['people.step_up', 'responses.contributor', 'responses.hash_mismatch', 'responses.wrong_state'],
  }),
  publish: command({
    action: 'response.publish',
    input: v.strictObject({ ...on, publishAt: v.optional(Moment) }),
    output: v.object({
      seq: Seq,
      code: v.string(),
      url: v.nullable(v.string()),
      /** Read back from where residents read; false for a moment where the store is slow. */
      visible: v.boolean(),
      /** The moment set for it; nothing has gone out yet. */
      publishAt: v.optional(Moment),
    }),
    fresh: true,
    errors: [
      'people.step_up',
      'responses.wrong_state',
      'responses.not_enough_approvals',
      'responses.approval_expired',
      'responses.facts_changed',
      'responses.incident_closed',
      'responses.publish_blocked',
      'responses.moment_out_of_reach',
      'responses.right_ends_before',
    ],
  }),
  unschedule: command({
    action: 'response.unschedule',
    input: v.strictObject(on),
    output: v.object({ seq: Seq }),
    errors: ['responses.wrong_state'],
  }),
  correct: command({
    action: 'response.correct',
    input: v.strictObject({ ...on, ...Correction.entries }),
    output: v.object({ seq: Seq, doc: Id }),
    fresh: true,
    errors: ['people.step_up', 'responses.wrong_state'],
  }),
  withdraw: command({
    action: 'response.withdraw',
    input: v.strictObject({ ...on, reason: line(500) }),
    output: v.object({ seq: Seq, contentHash: Hash }),
    fresh: true,
    errors: ['people.step_up', 'responses.wrong_state'],
  }),
  view: query({
    action: 'incident.read',
    input: v.strictObject({ response: Id }),
    output: v.object({ response: ResponseView, desk: Desk }),
  }),
  list: query({
    action: 'incident.read',
    input: v.strictObject({ incident: Id }),
    output: v.object({ responses: v.array(ResponseLine), mayDraft: v.boolean() }),
  }),
};

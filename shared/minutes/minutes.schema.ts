import * as v from 'valibot';
import { command, Hash, Id, Limit, line, Moment, query, Seq, Title, type InputOf } from '#shared/wire/define.ts';
import { ATTENDANCE, BODIES, Item } from './minutes.events.ts';

export const MAX_PEOPLE = 500; // an assembly of representatives has fewer
export const MAX_ITEMS = 300;

const STATES = ['draft', 'in_review', 'signed'] as const;

/** What a reader may do now; the client shows these buttons and no others. */
export const VERBS = ['edit', 'add-item', 'set-attendance', 'submit', 'send-back', 'sign'] as const;
export type Verb = (typeof VERBS)[number];

/** What a command on a whole meeting names: its own id, the meeting, the version the client saw. */
const on = { id: Id, meeting: Id, expected: Seq };
const done = v.object({ seq: Seq });
const frozen = v.object({ seq: Seq, contentHash: Hash });

const lineFields = {
  id: Id,
  unit: Id,
  title: v.string(),
  body: v.picklist(BODIES),
  startsAt: Moment,
  state: v.picklist(STATES),
  version: Seq,
  creator: Id,
  signer: Id,
};

const MeetingLine = v.object(lineFields);
export type MeetingLine = v.InferOutput<typeof MeetingLine>;

const Signature = v.object({
  signer: Id,
  at: Moment,
  contentHash: Hash,
  doc: Id,
  docSeq: Seq,
  meetingSeq: Seq,
  keyId: v.string(),
  signature: v.string(),
});
export type Signature = v.InferOutput<typeof Signature>;

const MeetingView = v.object({
  ...lineFields,
  /** The document the text is written in, at `/collab/<doc>`. */
  doc: Id,
  /** Who may edit besides the creator; null: everybody the policy table lets edit in this unit. */
  people: v.nullable(v.array(Id)),
  items: v.array(Item),
  /** `v` is what a change of this person's row names as `expected`. */
  attendance: v.array(v.object({ person: Id, status: v.picklist(ATTENDANCE), v: Seq })),
  /** Of the text as it stands; once frozen, of the frozen one. */
  contentHash: Hash,
  signatures: v.array(Signature),
  /** Why it came back, where it did. */
  sentBack: v.nullable(v.object({ by: Id, at: Moment, comment: v.nullable(v.string()) })),
  may: v.array(v.picklist(VERBS)),
});
export type MeetingView = v.InferOutput<typeof MeetingView>;

export const minutesTable = {
  create: command({
    action: 'meeting.create',
    input: v.strictObject({
      id: Id,
      unit: Id,
      title: Title,
      body: v.picklist(BODIES),
      startsAt: Moment,
      people: v.optional(v.pipe(v.array(Id), v.maxLength(MAX_PEOPLE))),
      items: v.optional(
        v.pipe(
          v.array(Item),
          v.maxLength(MAX_ITEMS),
          v.check((items) => new Set(items.map((item) => item.id)).size === items.length, 'each item has its own id'),
        ),
      ),
      /** Unless named: the creator. */
      signer: v.optional(Id),
    }),
    output: v.object({ seq: Seq, meeting: Id, doc: Id }),
    errors: ['minutes.not_eligible'],
  }),
  'add-item': command({
    action: 'minutes.edit',
    input: v.strictObject({ id: Id, meeting: Id, title: Title }),
    output: v.object({ seq: Seq, item: Id }),
    errors: ['minutes.wrong_state'],
  }),
  /** `expected` is the row's own `v`, 0 for somebody who has none yet. */
  'set-attendance': command({
    action: 'meeting.record',
    input: v.strictObject({ ...on, person: Id, status: v.picklist(ATTENDANCE) }),
    output: done,
    errors: ['minutes.wrong_state', 'minutes.no_such_person'],
  }),
  submit: command({
    action: 'minutes.submit',
    input: v.strictObject(on),
    output: frozen,
    errors: ['minutes.wrong_state'],
  }),
  'send-back': command({
    action: 'minutes.submit',
    input: v.strictObject({ ...on, comment: v.optional(line(500)) }),
    output: done,
    errors: ['minutes.wrong_state'],
  }),
  sign: command({
    action: 'minutes.sign',
    input: v.strictObject({ ...on, contentHash: Hash }),
    output: frozen,
    fresh: true,
    errors: ['people.step_up', 'minutes.wrong_state', 'minutes.not_signer'],
  }),
  list: query({
    action: 'minutes.read',
    input: v.strictObject({ unit: Id, cursor: v.optional(line(100)), limit: Limit }),
    output: v.object({ meetings: v.array(MeetingLine), cursor: v.optional(v.string()) }),
  }),
  view: query({
    action: 'minutes.read',
    input: v.strictObject({ meeting: Id }),
    output: v.object({ meeting: MeetingView }),
  }),
};

export type CreateInput = InputOf<typeof minutesTable.create>;

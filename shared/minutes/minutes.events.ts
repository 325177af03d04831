import * as v from 'valibot';
import { Hash, Id, line, Moment, Seq, Title } from '#shared/wire/define.ts';

/** Meeting bodies (glossary): who meets decides which law the record has to satisfy. */
export const BODIES = [
  'residentAssembly',
  'residentRepAssembly',
  'villagerAssembly',
  'villagerRepAssembly',
  'villagerGroup',
  'committee',
  'owners',
  'council',
] as const;
export type Body = (typeof BODIES)[number];

/** How somebody took part. */
export const ATTENDANCE = ['present', 'late', 'left', 'absent', 'excused'] as const;
export type AttendanceStatus = (typeof ATTENDANCE)[number];

/** An agenda item. Its text is the fragment `body:<id>` of the meeting's document. */
export const Item = v.strictObject({ id: Id, title: Title });
export type Item = v.InferOutput<typeof Item>;

/** What is frozen with the text: where both halves stood when they became these bytes. */
const Frozen = {
  contentHash: Hash,
  /** Seq of the seal on the document's stream; its text below it is the text meant. */
  docSeq: Seq,
  /** Everybody who wrote in the document. */
  contributors: v.array(Id),
};

/**
 * Events on `meeting:<id>`: the counted record. The text itself lives on the document's stream; what binds the two is
 * `contentHash`, over the canonical form of both.
 */
export const minutesEvents = {
  created: v.object({
    unit: Id,
    title: Title,
    body: v.picklist(BODIES),
    startsAt: Moment,
    people: v.optional(v.array(Id)),
    items: v.array(Item),
    signer: Id,
    doc: Id,
  }),
  /** The item's id is the event's. */
  item_added: v.object({ title: Title }),
  attendance_set: v.object({ person: Id, status: v.picklist(ATTENDANCE) }),
  submitted: v.object(Frozen),
  sent_back: v.object({ comment: v.optional(line(500)) }),
  signed: v.object({
    ...Frozen,
    /** The record's version that was signed. */
    meetingSeq: Seq,
    /** When, as the signature says it. */
    signedAt: Moment,
    keyId: v.string(),
    /** Ed25519 over `signedBytes`, base64 (RFC 8032). */
    signature: v.string(),
  }),
} as const;

export type EventType = keyof typeof minutesEvents;
export type DataOf<T extends EventType> = v.InferOutput<(typeof minutesEvents)[T]>;

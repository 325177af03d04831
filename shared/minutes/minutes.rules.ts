import type { StreamEvent } from '#shared/wire/stream.ts';
import type { AttendanceStatus, Body, DataOf, EventType, Item } from './minutes.events.ts';
import type { Signature } from './minutes.schema.ts';

/*
 * The counted record of a meeting, as a fold. draft → in_review → signed; `sent_back` leads from review to draft, and
 * a draft may be signed at once. After `signed` nothing follows that changes what was signed. What may happen is
 * decided in minutes.decide.ts.
 */

export type MeetingState = 'none' | 'draft' | 'in_review' | 'signed';

interface Attendance {
  person: string;
  status: AttendanceStatus;
  /** Seq of the event that touched this row last. */
  v: number;
}

/** The bytes under review, or signed. */
export interface Frozen {
  contentHash: string;
  docSeq: number;
}

export interface Meeting {
  id: string;
  state: MeetingState;
  /** The stream's head: what a command names as `expected`. */
  version: number;
  unit: string;
  title: string;
  body: Body;
  startsAt: string;
  creator: string;
  signer: string;
  /** Who may edit besides the creator; null: everybody the policy table lets edit. */
  people: readonly string[] | null;
  items: readonly Item[];
  attendance: readonly Attendance[];
  doc: string;
  frozen: Frozen | null;
  signatures: readonly Signature[];
  sentBack: { by: string; at: string; comment: string | null } | null;
}

export const noMeeting = (id: string): Meeting => ({
  id,
  state: 'none',
  version: 0,
  unit: '',
  title: '',
  body: 'committee',
  startsAt: '',
  creator: '',
  signer: '',
  people: null,
  items: [],
  attendance: [],
  doc: '',
  frozen: null,
  signatures: [],
  sentBack: null,
});

type Happened<T extends EventType> = StreamEvent<T, DataOf<T>>;
type Evolvers = { [T in EventType]: (state: Meeting, event: Happened<T>) => Partial<Meeting> };

const EVOLVE: Evolvers = {
  created: (_, { data, actor }) => ({
    state: 'draft',
    unit: data.unit,
    title: data.title,
    body: data.body,
    startsAt: data.startsAt,
    creator: actor,
    signer: data.signer,
    people: data.people ?? null,
    items: data.items,
    doc: data.doc,
  }),
  item_added: (state, { id, data }) => ({ items: [...state.items, { id, title: data.title }] }),
  attendance_set: (state, { data, seq }) => {
    const row = { person: data.person, status: data.status, v: seq };
    const others = state.attendance.filter((other) => other.person !== data.person);
    return { attendance: [...others, row].sort((a, b) => (a.person < b.person ? -1 : 1)) };
  },
  submitted: (_, { data }) => ({
    state: 'in_review',
    frozen: { contentHash: data.contentHash, docSeq: data.docSeq },
    sentBack: null,
  }),
  sent_back: (_, { data, actor, at }) => ({
    state: 'draft',
    frozen: null,
    signatures: [], // whatever was signed was signed on other bytes
    sentBack: { by: actor, at, comment: data.comment ?? null },
  }),
  signed: (state, { data, actor }) => {
    const { contentHash, docSeq, meetingSeq, signedAt, keyId, signature } = data;
    const made = { signer: actor, at: signedAt, contentHash, doc: state.doc, docSeq, meetingSeq, keyId, signature };
    return {
      state: 'signed',
      frozen: { contentHash, docSeq },
      signatures: [...state.signatures, made],
      sentBack: null,
    };
  },
};

/** The state after an event. A type it does not know moves the version alone: old events are for ever. */
export function evolve(state: Meeting, event: StreamEvent): Meeting {
  if (!Object.hasOwn(EVOLVE, event.type)) return { ...state, version: event.seq };
  const apply = EVOLVE[event.type as EventType] as (state: Meeting, event: StreamEvent) => Partial<Meeting>;
  return { ...state, ...apply(state, event), version: event.seq };
}

import type { Action } from '#shared/people/people.policy.ts';
import { may, type Actor, type Scope } from '#shared/people/people.rules.ts';
import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { AttendanceStatus, DataOf, EventType } from './minutes.events.ts';
import type { Meeting, MeetingState } from './minutes.rules.ts';
import { MAX_ITEMS, MAX_PEOPLE, type CreateInput, type Verb } from './minutes.schema.ts';

/*
 * What may happen to a meeting's minutes. The order of refusals is fixed: who may not read hears `not_found`, who may
 * read but not act hears `forbidden`, then the state, then the version.
 */

/** Who asks, when, and where: the scope is the meeting's unit. */
export interface Asked {
  actor: Actor;
  now: Date;
  scope: Scope;
}

type Decided<T extends EventType> = EventDraft<T, DataOf<T>> | Failure;

/** What was frozen: by the seal, before anything is decided. */
export type Freeze = DataOf<'submitted'>;

interface Rule {
  action: Action;
  from: readonly MeetingState[];
}

const RULES: Readonly<Record<Verb, Rule>> = {
  edit: { action: 'minutes.edit', from: ['draft'] },
  'add-item': { action: 'minutes.edit', from: ['draft'] },
  'set-attendance': { action: 'meeting.record', from: ['draft'] },
  submit: { action: 'minutes.submit', from: ['draft'] },
  'send-back': { action: 'minutes.submit', from: ['in_review'] },
  sign: { action: 'minutes.sign', from: ['draft', 'in_review'] },
};

/** Named in `people`, the creator or the signer; everybody where nobody was named. It only narrows the policy table. */
function takesPart(state: Meeting, person: string): boolean {
  return state.people === null || [...state.people, state.creator, state.signer].includes(person);
}

/**
 * Minutes are read by the whole unit, whoever was named. The contract says of `people` that they may edit, and so does
 * the page where they are chosen; the security page's condition "named on the meeting, or nobody is named" is kept for
 * writing alone. What a committee records is its unit's to read, and an auditor's; talk among a few has rooms by
 * invitation.
 */
export const mayRead = (state: Meeting, { actor, now, scope }: Asked): boolean =>
  state.state !== 'none' && may(actor, 'minutes.read', scope, now);

/** Why this actor cannot do this now, or undefined. */
export function refusal(state: Meeting, verb: Verb, asked: Asked): Failure | undefined {
  if (!mayRead(state, asked)) return fail('not_found');
  const { action, from } = RULES[verb];
  const { actor, now, scope } = asked;
  if (!may(actor, action, scope, now) || !takesPart(state, actor.person)) return fail('forbidden');
  if (verb === 'sign' && actor.person !== state.signer) return fail('minutes.not_signer');
  return from.includes(state.state) ? undefined : fail('minutes.wrong_state');
}

/** What this actor may do with the document: edit it in draft, read it, or nothing. */
export function docRole(state: Meeting, asked: Asked): 'edit' | 'read' | undefined {
  if (!mayRead(state, asked)) return undefined;
  return refusal(state, 'edit', asked) === undefined ? 'edit' : 'read';
}

/** The right was asked of the unit: the meeting does not exist yet. */
export function decideCreate(
  input: CreateInput,
  { actor, doc, isEligible }: { actor: string; doc: string; isEligible: (person: string) => boolean },
): Decided<'created'> {
  const { unit, title, body, startsAt, people, items = [], signer = actor } = input;
  if (signer !== actor && !isEligible(signer)) return fail('minutes.not_eligible');
  const named = people === undefined ? {} : { people };
  return { type: 'created', data: { unit, title, body, startsAt, ...named, items, signer, doc } };
}

/** As many items as a meeting may begin with, and no more: each has a text of its own. */
export function decideAddItem(state: Meeting, { title }: { title: string }, asked: Asked): Decided<'item_added'> {
  const no = refusal(state, 'add-item', asked);
  if (no !== undefined) return no;
  return state.items.length < MAX_ITEMS ? { type: 'item_added', data: { title } } : fail('too_large');
}

/**
 * Rows of different people never block each other: `expected` is compared with this person's row alone. `isSomebody`:
 * there is a person of this id; a row is signed with the record and must speak of somebody.
 */
export function decideAttendance(
  state: Meeting,
  input: { person: string; status: AttendanceStatus; expected: number },
  { isSomebody, ...asked }: Asked & { isSomebody: boolean },
): Decided<'attendance_set'> {
  const { person, status, expected } = input;
  const current = state.attendance.find((row) => row.person === person)?.v ?? 0;
  const no = refusal(state, 'set-attendance', asked);
  if (no !== undefined) return no;
  if (expected !== current) return fail('stale', { current });
  if (!isSomebody) return fail('minutes.no_such_person');
  if (current === 0 && state.attendance.length >= MAX_PEOPLE) return fail('too_large');
  return { type: 'attendance_set', data: { person, status } };
}

export function decideSubmit(state: Meeting, freeze: Freeze, asked: Asked): Decided<'submitted'> {
  return refusal(state, 'submit', asked) ?? { type: 'submitted', data: freeze };
}

export function decideSendBack(
  state: Meeting,
  { comment }: { comment?: string | undefined },
  asked: Asked,
): Decided<'sent_back'> {
  const data = comment === undefined ? {} : { comment };
  return refusal(state, 'send-back', asked) ?? { type: 'sent_back', data };
}

/** `seen` is the hash of the text the signer had before them: another text is another signature. */
export function decideSign(
  state: Meeting,
  { seen, signed }: { seen: string; signed: DataOf<'signed'> },
  asked: Asked,
): Decided<'signed'> {
  const no = refusal(state, 'sign', asked);
  if (no !== undefined) return no;
  const underReview = state.frozen?.contentHash ?? signed.contentHash;
  // The frozen text is read again at signing: what no longer gives the hash under review is not signed.
  if (seen !== signed.contentHash || signed.contentHash !== underReview)
    return fail('stale', { current: state.version });
  return { type: 'signed', data: signed };
}

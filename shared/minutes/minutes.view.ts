import { refusal, type Asked } from './minutes.decide.ts';
import type { Meeting } from './minutes.rules.ts';
import { VERBS, type MeetingLine, type MeetingView } from './minutes.schema.ts';

/* What a reader sees of a meeting, built field by field. */

/** A line of the list. Throws for a meeting that does not exist. */
export function toLine(state: Meeting): MeetingLine {
  if (state.state === 'none') throw new Error('a meeting without an event has no view');
  const { id, unit, title, body, startsAt, version, creator, signer } = state;
  return { id, unit, title, body, startsAt, state: state.state, version, creator, signer };
}

/** The whole record for one reader; `contentHash` is that of the text as it stands. */
export function toView(state: Meeting, contentHash: string, asked: Asked): MeetingView {
  return {
    ...toLine(state),
    doc: state.doc,
    people: state.people === null ? null : [...state.people],
    items: state.items.map(({ id, title }) => ({ id, title })),
    attendance: state.attendance.map(({ person, status, v }) => ({ person, status, v })),
    contentHash,
    signatures: [...state.signatures],
    sentBack: state.sentBack,
    may: VERBS.filter((verb) => refusal(state, verb, asked) === undefined),
  };
}

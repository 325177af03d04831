import type { Action } from './people.policy.ts';

/**
 * What narrows a right where a post alone does not settle it. The rules of the feature decide it, since they alone
 * know the object. It stands here to be read beside the cells in `docs/policy.md`, and apart from them because a page
 * that is opened for the first time needs none of it.
 */
export type Condition =
  | 'affected-unit'
  | 'announce-room'
  | 'approver-signs'
  | 'auditor-post'
  | 'author'
  | 'draft'
  | 'edit-window'
  | 'eligible-lead'
  | 'fortnight'
  | 'hash-seen'
  | 'lead-resolves'
  | 'lead-unit'
  | 'members-room'
  | 'not-contributor'
  | 'not-self'
  | 'officer-leads'
  | 'on-record'
  | 'on-request'
  | 'reason'
  | 'second-admin'
  | 'second-person'
  | 'self-leaves'
  | 'signed'
  | 'signer'
  | 'takes-part'
  | 'within-reach';

export const NARROWED: Readonly<Partial<Record<Action, readonly Condition[]>>> = {
  'room.read': ['members-room'],
  'message.post': ['members-room'],
  'message.react': ['members-room'],
  'message.edit': ['members-room', 'author', 'edit-window'],
  'message.remove': ['members-room', 'reason'],
  'announce.post': ['announce-room'],
  'room.member.remove': ['reason', 'self-leaves'],
  'minutes.edit': ['takes-part', 'draft'],
  'meeting.record': ['takes-part', 'draft'],
  'minutes.submit': ['takes-part'],
  'minutes.sign': ['takes-part', 'signer', 'hash-seen'],
  'incident.read': ['affected-unit'],
  'incident.triage': ['affected-unit', 'second-person'],
  'incident.assign': ['affected-unit', 'eligible-lead', 'lead-resolves'],
  'incident.note': ['affected-unit'],
  'response.draft': ['affected-unit'],
  'response.return': ['affected-unit'],
  'response.approve': ['lead-unit', 'not-contributor', 'hash-seen'],
  'response.publish': ['lead-unit', 'signed'],
  'response.unschedule': ['lead-unit', 'officer-leads'],
  'response.correct': ['affected-unit'],
  'response.withdraw': ['lead-unit', 'approver-signs'],
  'audit.read': ['auditor-post', 'on-record'],
  'appointment.create': ['not-self', 'second-admin', 'within-reach'],
  'person.suspend': ['not-self'],
  'person.erase': ['not-self', 'on-request'],
  'user.reset': ['not-self'],
  'delegation.create': ['not-self', 'fortnight'],
};

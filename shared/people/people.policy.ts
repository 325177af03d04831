/** Roles a person can be appointed to (DESIGN §1). */
export const ROLES = ['worker', 'officer', 'spokesperson', 'approver', 'moderator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A column of the table: a role, or `deputy`, which nobody is appointed to: a running delegation gives it. */
export type Column = Role | 'deputy';

/** Levels of the tree, the highest first. */
export const LEVELS = ['city', 'district', 'street', 'community', 'grid'] as const;
export type Level = (typeof LEVELS)[number];

type Cells = Partial<Record<Column, string>>;

/**
 * What narrows a right where a post alone does not settle it. The rules of the feature decide it, since they alone
 * know the object; it stands in the table to be read beside the cells, and `docs/policy.md` has the words for it.
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
  | 'takes-part';

/** One line of the table: where each role may, and what narrows it for all of them. */
export type Line = Cells & { readonly when?: readonly Condition[] };

/** Everybody who takes part in the life of a unit's rooms. */
const members: Cells = { worker: 'Sa', officer: 'Sa', spokesperson: 'Sa', deputy: 'Sa', approver: 'Sa' };
const colleagues: Cells = { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S', approver: 'S' };
const everyone: Cells = {
  worker: 'SDA',
  officer: 'SDA',
  spokesperson: 'SDA',
  deputy: 'SDA',
  approver: 'SDA',
  moderator: 'SDA',
  auditor: 'SDA',
  admin: 'SDA',
};

/**
 * The one policy table: action × role → where the object's unit may stand, seen from the appointment's unit.
 * S the same, D below, A above, a above where the object's audience is the subtree. No cell: no. `when` names what
 * narrows the whole line; nothing widens it. `docs/policy.md` is made of it.
 */
export const POLICY = {
  'unit.read': everyone,

  'room.read': { ...members, moderator: 'SD', auditor: 'SD', when: ['members-room'] },
  'message.post': { ...members, moderator: 'SD', when: ['members-room'] },
  'message.react': { ...members, moderator: 'SD', when: ['members-room'] },
  'message.edit': { ...members, moderator: 'SD', when: ['members-room', 'author', 'edit-window'] },
  'message.remove': { moderator: 'SD', when: ['members-room', 'reason'] },
  'announce.post': { officer: 'S', spokesperson: 'SD', deputy: 'SD', moderator: 'SD', when: ['announce-room'] },
  'room.create': { admin: 'SD' },
  'room.member.add': { admin: 'SD' },
  'room.member.remove': { moderator: 'SD', admin: 'SD', when: ['reason', 'self-leaves'] },

  'meeting.create': { officer: 'S', spokesperson: 'S', deputy: 'S', approver: 'S' },
  'minutes.read': { ...members, moderator: 'SD', auditor: 'SD' },
  'minutes.edit': { ...colleagues, when: ['takes-part', 'draft'] },
  'meeting.record': { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S', when: ['takes-part', 'draft'] },
  'minutes.submit': { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S', when: ['takes-part'] },
  'minutes.sign': {
    ...{ worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S' },
    when: ['takes-part', 'signer', 'hash-seen'],
  },

  'incident.flag': { officer: 'SD' },
  'incident.read': {
    ...{ officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD', auditor: 'SD' },
    when: ['affected-unit'],
  },
  'incident.triage': { officer: 'SD', when: ['affected-unit', 'second-person'] },
  'incident.assign': { officer: 'SD', when: ['affected-unit', 'eligible-lead', 'lead-resolves'] },
  'incident.note': { officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD', when: ['affected-unit'] },

  'response.draft': { officer: 'SD', spokesperson: 'SD', deputy: 'SD', when: ['affected-unit'] },
  'response.return': { spokesperson: 'SD', deputy: 'SD', approver: 'SD', when: ['affected-unit'] },
  'response.approve': { approver: 'SD', when: ['lead-unit', 'not-contributor', 'hash-seen'] },
  'response.publish': { spokesperson: 'SD', deputy: 'SD', when: ['lead-unit', 'signed'] },
  'response.unschedule': {
    ...{ officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD' },
    when: ['lead-unit', 'officer-leads'],
  },
  'response.correct': { spokesperson: 'SD', deputy: 'SD', when: ['affected-unit'] },
  'response.withdraw': { spokesperson: 'SD', when: ['lead-unit', 'approver-signs'] },

  'audit.read': { auditor: 'SD', when: ['auditor-post', 'on-record'] },
  'appointment.create': { admin: 'SD', when: ['not-self', 'second-admin'] },
  'person.suspend': { admin: 'SD', when: ['not-self'] },
  'person.erase': { admin: 'SD', when: ['not-self', 'on-request'] },
  'user.reset': { admin: 'SD', when: ['not-self'] },
  'unit.create': { admin: 'SD' },
  'delegation.create': { spokesperson: 'S', when: ['not-self', 'fortnight'] },
} as const satisfies Record<string, Line>;

export type Action = keyof typeof POLICY;

/**
 * Whether any of somebody's posts or delegations gives `action` in some unit: enough to offer a way there. In which
 * unit, and since when, is asked with `may`, which a page's first visit does not need.
 */
export function mayAnywhere(
  { appointments, delegations }: { appointments: readonly { role: Role }[]; delegations: readonly unknown[] },
  action: Action,
): boolean {
  const cells: Partial<Record<Column, string>> = POLICY[action];
  return appointments.some(({ role }) => role in cells) || (delegations.length > 0 && 'deputy' in cells);
}

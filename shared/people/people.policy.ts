/** Roles a person can be appointed to (DESIGN §1). */
export const ROLES = ['worker', 'officer', 'spokesperson', 'approver', 'moderator', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A column of the table: a role, or `deputy`, which nobody is appointed to: a running delegation gives it. */
export type Column = Role | 'deputy';

/** Levels of the tree, the highest first. */
export const LEVELS = ['city', 'district', 'street', 'community', 'grid'] as const;
export type Level = (typeof LEVELS)[number];

/** One line of the table: where each role may. What narrows it stands in conditions.policy.ts. */
export type Line = Partial<Record<Column, string>>;

/** Everybody who takes part in the life of a unit's rooms. */
const members: Line = { worker: 'Sa', officer: 'Sa', spokesperson: 'Sa', deputy: 'Sa', approver: 'Sa' };
const colleagues: Line = { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S', approver: 'S' };
const everyone: Line = {
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
 * S the same, D below, A above, a above where the object's audience is the subtree. No cell: no.
 * `conditions.policy.ts` names what narrows a line; nothing widens it. `docs/policy.md` is made of both.
 */
export const POLICY = {
  'unit.read': everyone,

  'room.read': { ...members, moderator: 'SD', auditor: 'SD' },
  'message.post': { ...members, moderator: 'SD' },
  'message.react': { ...members, moderator: 'SD' },
  'message.edit': { ...members, moderator: 'SD' },
  'message.remove': { moderator: 'SD' },
  'announce.post': { officer: 'S', spokesperson: 'SD', deputy: 'SD', moderator: 'SD' },
  'room.create': { admin: 'SD' },
  'room.member.add': { admin: 'SD' },
  'room.member.remove': { moderator: 'SD', admin: 'SD' },

  'meeting.create': { officer: 'S', spokesperson: 'S', deputy: 'S', approver: 'S' },
  'minutes.read': { ...members, moderator: 'SD', auditor: 'SD' },
  'minutes.edit': { ...colleagues },
  'meeting.record': { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S' },
  'minutes.submit': { worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S' },
  'minutes.sign': {
    ...{ worker: 'S', officer: 'S', spokesperson: 'S', deputy: 'S' },
  },

  'incident.flag': { officer: 'SD' },
  'incident.read': {
    ...{ officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD', auditor: 'SD' },
  },
  'incident.triage': { officer: 'SD' },
  'incident.assign': { officer: 'SD' },
  'incident.note': { officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD' },

  'response.draft': { officer: 'SD', spokesperson: 'SD', deputy: 'SD' },
  'response.return': { spokesperson: 'SD', deputy: 'SD', approver: 'SD' },
  'response.approve': { approver: 'SD' },
  'response.publish': { spokesperson: 'SD', deputy: 'SD' },
  'response.unschedule': {
    ...{ officer: 'SD', spokesperson: 'SD', deputy: 'SD', approver: 'SD' },
  },
  'response.correct': { spokesperson: 'SD', deputy: 'SD' },
  'response.withdraw': { spokesperson: 'SD' },

  'audit.read': { auditor: 'SD' },
  'appointment.create': { admin: 'SD' },
  'person.suspend': { admin: 'SD' },
  'person.erase': { admin: 'SD' },
  'user.reset': { admin: 'SD' },
  'unit.create': { admin: 'SD' },
  'delegation.create': { spokesperson: 'S' },
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

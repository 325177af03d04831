import { mayAnywhere } from '#shared/people/people.policy.ts';
import type { User } from '#shared/people/people.schema.ts';

export const SECTIONS = ['units', 'staff', 'posts', 'coverage', 'delegations', 'audit'] as const;
export type Section = (typeof SECTIONS)[number];

/** The parts of the administration somebody has use for. What they may do in it the hub decides. */
export function sectionsFor(user: User): Section[] {
  const administers = mayAnywhere(user, 'appointment.create');
  const answers = mayAnywhere(user, 'response.publish') || mayAnywhere(user, 'response.approve');
  // Whoever can ask somebody to act for them, or be asked.
  const lends = user.appointments.some(({ role }) => ['spokesperson', 'officer', 'worker'].includes(role));
  const open: Record<Section, boolean> = {
    ...{ units: administers, staff: administers, posts: administers, coverage: administers || answers },
    ...{ delegations: lends, audit: mayAnywhere(user, 'audit.read') },
  };
  return SECTIONS.filter((section) => open[section]);
}

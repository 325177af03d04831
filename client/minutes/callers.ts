import type { User } from '#client/platform/session.svelte.ts';
import { POLICY } from '#shared/people/people.policy.ts';

/** Units this person may call a meeting in, as far as the policy table says; the hub decides. Each once. */
export function unitsToMeetIn(user: User): { id: string; name: string }[] {
  const held = user.appointments.filter(({ role }) => Object.hasOwn(POLICY['meeting.create'], role));
  const lent = Object.hasOwn(POLICY['meeting.create'], 'deputy') ? user.delegations : [];
  const units = [...held, ...lent].map(({ unit }) => ({ id: unit.id, name: unit.name }));
  return units.filter((unit, at) => units.findIndex(({ id }) => id === unit.id) === at);
}

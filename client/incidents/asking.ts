import type { Hub, UnitRef } from '#client/platform/hub.ts';
import { allowed, type Asked } from '#shared/incidents/incidents.decide.ts';
import { unitsOf, type Incident } from '#shared/incidents/incidents.rules.ts';
import { may, type Actor } from '#shared/people/people.rules.ts';

/* What this person may do, asked of the same rules the server asks; the server asks them again. */

type Known = Pick<Hub, 'user' | 'unitOf'>;

/** The unit and everything above it, as far as this client knows the tree. */
export function pathOf(unitOf: Hub['unitOf'], unit: string): string[] {
  const path = [unit];
  for (let at = unitOf(unit)?.parent ?? null; at !== null && !path.includes(at); at = unitOf(at)?.parent ?? null) {
    path.push(at);
  }
  return path;
}

/** The signed-in person with their posts. */
function actorOf({ user, unitOf }: Known): Actor {
  const held = <T extends { unit: { id: string } }>(post: T) => ({
    ...post,
    unit: post.unit.id,
    path: pathOf(unitOf, post.unit.id),
  });
  return { person: user.id, appointments: user.appointments.map(held), delegations: user.delegations.map(held) };
}

/** Who asks about an incident, and where it belongs. `now` in ms. */
const askedOf = (hub: Known, incident: Incident, now: number): Asked => ({
  actor: actorOf(hub),
  now: new Date(now),
  scopes: unitsOf(incident).map((unit) => ({ path: pathOf(hub.unitOf, unit) })),
});

/** The actions to offer. */
export const actionsOn = (hub: Known, incident: Incident, now: number) =>
  incident.state === 'none' ? [] : allowed(incident, askedOf(hub, incident, now));

/** Units of a list in which this person may flag. */
export function flaggable(hub: Known, units: readonly UnitRef[], now: number): UnitRef[] {
  const actor = actorOf(hub);
  return units.filter((unit) => may(actor, 'incident.flag', { path: pathOf(hub.unitOf, unit.id) }, new Date(now)));
}

import { coverage } from '#shared/people/coverage.rules.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import type { CoverageSpan } from '#shared/people/units.schema.ts';
import type { Desk } from './people.desk.ts';

const DAYS = 7 * 24 * 3600_000;

/** Whether a response could go out at any moment of the next seven days, in a unit and each one directly below it. */
export function createCoverageService({ directory, clock, allow }: Desk) {
  /** Whoever could speak or sign anywhere; which of them may in a unit the policy says. */
  function candidates(): Actor[] {
    const people = new Set<string>();
    for (const { role, person } of directory.posts()) {
      if (role === 'spokesperson' || role === 'approver') people.add(person);
    }
    for (const { accepted, ended, person } of directory.delegations()) {
      if (accepted && ended === undefined) people.add(person);
    }
    return [...people].sort().flatMap((person) => directory.actor(person) ?? []);
  }

  return {
    coverage: (actor: Actor, { unit }: { unit: string }): { units: { unit: string; spans: CoverageSpan[] }[] } => {
      allow(actor, 'unit.read', unit);
      const from = clock.now();
      const end = from.getTime() + DAYS;
      const open = directory.units().filter(({ closed }) => closed !== true);
      const shown = open.filter(({ id, parent }) => id === unit || parent === unit);
      const people = candidates();
      const units = shown.map(({ id, until }) => {
        const path = directory.tree.path(id);
        const isNear = (held: { unit: string }): boolean => path.includes(held.unit);
        const near = people.filter((one) => one.appointments.some(isNear) || one.delegations.some(isNear));
        // A unit that closes needs nobody from then on: its successor is asked for itself.
        const last = until === undefined ? end : Math.min(end, Date.parse(until));
        return { unit: id, spans: coverage(near, { path }, { from, until: new Date(last) }) };
      });
      return { units: units.sort((a, b) => Number(b.unit === unit) - Number(a.unit === unit)) };
    },
  };
}

import type { Clock } from '#server/platform/clock.ts';
import { withheld, type OpenReader } from '#server/platform/reader.ts';
import { unitEvents } from '#shared/people/people.events.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { may } from '#shared/people/people.rules.ts';
import type { Directory } from './people.directory.ts';

/** Pointers on a unit's stream that only those may follow who may read what they point at, and the right it takes. */
const GUARDED: ReadonlyMap<string, Action> = new Map([
  ['incidents.touched', 'incident.read'],
  ['forum.opened', 'room.read'],
]);

/** `unit:` is open to every post in, above or below the unit; each event type has its own read policy. */
export function unitReader({ directory, clock }: { directory: Directory; clock: Clock }): OpenReader {
  return (actor, id) => {
    const scope = { path: directory.tree.path(id) };
    const now = clock.now();
    if (!may(actor, 'unit.read', scope, now)) return Promise.resolve(undefined);
    // Of the widest audience a room can have: where it is narrower, the pointer leads to `not_found`.
    const widest = { ...scope, audience: 'subtree' as const };
    const open = new Set([...GUARDED].flatMap(([type, action]) => (may(actor, action, widest, now) ? [type] : [])));
    return Promise.resolve({
      floor: 1,
      // A type nobody has given a policy is kept back.
      view: (event) => {
        const isOpen = Object.hasOwn(unitEvents, event.type) || open.has(event.type);
        return isOpen ? event : withheld(event);
      },
    });
  };
}

/** `person:` is open to that person alone, whoever else has whatever right. */
export const personReader: OpenReader = (actor, id) =>
  Promise.resolve(actor.person === id ? { floor: 1, view: (event) => event } : undefined);

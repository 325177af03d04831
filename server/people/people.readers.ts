import type { Clock } from '#server/platform/clock.ts';
import { withheld, type OpenReader } from '#server/platform/reader.ts';
import { unitEvents, type PeopleData } from '#shared/people/people.events.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { may } from '#shared/people/people.rules.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { Directory } from './people.directory.ts';

/**
 * Events on a unit's stream that only some may read, and the right it takes: pointers for whoever may read what they
 * point at, proposals for whoever decides about them.
 */
const GUARDED: ReadonlyMap<string, Action> = new Map([
  ['incidents.touched', 'incident.read'],
  ['forum.opened', 'room.read'],
  ['people.proposed', 'appointment.create'],
]);

/** One that was erased comes without its data. */
const hasReason = ({ type, data }: StreamEvent): boolean =>
  type === 'people.ended' && (data as Partial<PeopleData['people.ended']> | undefined)?.reason !== undefined;

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
        const isOpen = GUARDED.has(event.type) ? open.has(event.type) : Object.hasOwn(unitEvents, event.type);
        // Why somebody lost a post is for those who give posts.
        const isKept = hasReason(event) && !may(actor, 'appointment.create', scope, now);
        return isOpen && !isKept ? event : withheld(event);
      },
    });
  };
}

/** `person:` is open to that person alone, whoever else has whatever right. */
export const personReader: OpenReader = (actor, id) =>
  Promise.resolve(actor.person === id ? { floor: 1, view: (event) => event } : undefined);

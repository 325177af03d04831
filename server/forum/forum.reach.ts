import type { Clock } from '#server/platform/clock.ts';
import type { RoomKind } from '#shared/forum/forum.events.ts';
import { may, type Actor, type UnitTree } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Sight } from './forum.access.ts';
import { memberKey, type MemberRow, type RoomRow } from './forum.model.ts';
import type { ReadDeps } from './forum.reads.ts';

const MAX_ROOMS = 500; // rooms in one list; somebody at city level narrows it by unit
const UNITS_AT_ONCE = 60; // times three kinds: points of one index read
const AT_ONCE = 16; // rooms worked on side by side

export interface ReachDeps extends ReadDeps {
  units: UnitTree;
  clock: Clock;
}

/** A room in somebody's reach, with what its row says of their membership. */
export interface Reach {
  row: RoomRow;
  seen: Sight;
}

/** Some at once: neither one after the other nor everything in one tick. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  }
  return results;
}

/** Units whose rooms the actor may be able to read: their own and those above; those below where the post covers them. */
function unitsOf(actor: Actor, units: UnitTree, now: Date): string[] {
  const found = new Set<string>();
  for (const held of actor.appointments) {
    for (const one of held.path.flatMap(units.inPlaceOf)) found.add(one);
    const alone: Actor = { person: actor.person, appointments: [held], delegations: [] };
    // Any unit below stands where an unnamed child of this one would stand.
    if (!may(alone, 'room.read', { path: ['', ...held.path] }, now)) continue;
    for (const unit of units.subtree(held.unit)) found.add(unit);
  }
  for (const held of actor.delegations) for (const one of held.path.flatMap(units.inPlaceOf)) found.add(one);
  return [...found];
}

/** Which rooms somebody may read, each with the row that speaks up to its head. */
export function createReach({ streams, access, model, projection, units, clock }: ReachDeps) {
  /** The row at the stream's head: a removal or a retraction a moment ago counts. */
  async function current(row: RoomRow): Promise<RoomRow> {
    const { seq } = await streams.head(`room:${row._id}`);
    if (seq <= row.applied) return row;
    await projection.bring(row._id);
    const [fresh] = await model.rooms([row._id]);
    return fresh ?? row;
  }

  async function inReach(actor: Actor, row: RoomRow, member?: MemberRow): Promise<Reach | undefined> {
    const fresh = await current(row);
    const isOld = fresh.kind === 'members' && (member === undefined || fresh.applied !== row.applied);
    const [now] = isOld ? await model.members([memberKey(row._id, actor.person)]) : [member];
    const seen = access.sightOf(actor, fresh, now);
    return seen && { row: fresh, seen };
  }

  async function candidates(actor: Actor, unit: string | undefined): Promise<RoomRow[]> {
    const all = unitsOf(actor, units, clock.now()).filter((one) => unit === undefined || one === unit);
    // Rooms by invitation are found by their members; only who reads for the record looks through a unit's.
    const reads = (one: string) => may(actor, 'audit.read', { path: units.path(one) }, clock.now());
    const kinds: RoomKind[] = all.some(reads) ? ['open', 'announce', 'members'] : ['open', 'announce'];
    const rows: RoomRow[] = [];
    for (let i = 0; i < all.length && rows.length <= MAX_ROOMS; i += UNITS_AT_ONCE) {
      rows.push(...(await model.roomsOf(all.slice(i, i + UNITS_AT_ONCE), kinds, MAX_ROOMS + 1)));
    }
    return rows;
  }

  return {
    all: async (actor: Actor, unit: string | undefined): Promise<{ rooms: Reach[]; more: boolean }> => {
      const memberships = await model.memberships(actor.person, MAX_ROOMS);
      const members = new Map(memberships.map((member) => [member.room, member]));
      const joined = await model.rooms([...members.keys()]);
      const rows = [...joined, ...(await candidates(actor, unit))];
      const wanted = new Map(rows.map((row) => [row._id, row]));
      const some = [...wanted.values()].filter((row) => unit === undefined || row.unit === unit);
      const reached = await inBatches(some.slice(0, MAX_ROOMS), (row) => inReach(actor, row, members.get(row._id)));
      return { rooms: reached.filter((room) => room !== undefined), more: some.length > MAX_ROOMS };
    },

    /** One room, or `not_found`. */
    one: async (actor: Actor, room: string): Promise<Reach> => {
      await projection.bring(room);
      const [row] = await model.rooms([room]);
      const found = row && (await inReach(actor, row));
      if (found === undefined) throw new AppError('not_found');
      return found;
    },
  };
}

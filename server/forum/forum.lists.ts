import type { Clock } from '#server/platform/clock.ts';
import { isRetracted, isWithin, mayInRoom, postAction, type Span } from '#shared/forum/forum.rules.ts';
import type { RoomKind } from '#shared/forum/forum.events.ts';
import type { forumTable, Message, RoomLine } from '#shared/forum/forum.schema.ts';
import { may, NOBODY, type Actor, type UnitTree } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { matches, parseQuery, type SearchQuery } from '#shared/wire/search.ts';
import type { Sight } from './forum.access.ts';
import { memberKey, type MemberRow, type RoomRow } from './forum.model.ts';
import { toMessage } from './forum.project.ts';
import type { ReadDeps } from './forum.reads.ts';

const MAX_UNREAD = 100; // shown as 99+: a count that nobody reads is not worth counting
const MAX_ROOMS = 500; // rooms in one list; somebody at city level narrows it by unit
const UNITS_AT_ONCE = 60; // times three kinds: points of one index read
const SCAN = 2_000; // messages looked through for a query too short for the index
const AT_ONCE = 16; // rooms worked on side by side

interface Deps extends ReadDeps {
  units: UnitTree;
  clock: Clock;
}

/** A room in somebody's reach, with what its row says of their membership. */
interface Reach {
  row: RoomRow;
  seen: Sight;
}

/** Questions over all rooms a person may read: their list, and the search in them. */
export function createForumLists(deps: Deps) {
  const { model, access, actorOf } = deps;
  const reach = createReach(deps);
  const lineOf = createLines(deps);
  const hitsIn = createHits(deps);

  /** A room whose rows have been read, as its reader may see it by now. Membership is asked of the stream itself. */
  async function sightNow(person: string, { row, seen }: Reach): Promise<Sight | undefined> {
    const actor = actorOf(person) ?? NOBODY;
    const isMember = Object.hasOwn(seen.state.members, person);
    return isMember ? access.sight(actor, row._id) : access.sightOf(actor, row, undefined);
  }

  /** Of hits that were read, those their reader may have now: what came after a removal may be among them. */
  async function readableNow(person: string, messages: readonly Message[]): Promise<Message[]> {
    const rooms = new Map<string, Sight | undefined>();
    for (const { room } of messages) {
      if (!rooms.has(room)) rooms.set(room, await access.sight(actorOf(person) ?? NOBODY, room));
    }
    return messages.filter(({ room, seq }) => {
      const seen = rooms.get(room);
      return seen !== undefined && isWithin(seen.spans, seq) && !isRetracted(seen.state, seq);
    });
  }

  return {
    rooms: async (actor: Actor, { unit }: InputOf<(typeof forumTable)['rooms']>) => {
      const { rooms, more } = await reach.all(actor, unit);
      const ids = rooms.map(({ row }) => row._id);
      const pointers = await model.pointersOf(actor.person, ids);
      const lines = await inBatches(rooms, async (room) => {
        const line = await lineOf(actor, room, pointers.get(room.row._id) ?? 0);
        const now = await sightNow(actor.person, room);
        if (now === undefined) return undefined;
        // A line was read before the right was asked: a last word said after a removal goes with it.
        const { last, ...rest } = line;
        return last === undefined || !isWithin(now.spans, last.seq) || isRetracted(now.state, last.seq) ? rest : line;
      });
      return { rooms: lines.filter((line) => line !== undefined), more };
    },

    /** Newest first. A query too short for the index is answered within one room only. */
    search: async (actor: Actor, { q, room, limit }: InputOf<(typeof forumTable)['search']>) => {
      const query = parseQuery(q);
      if (query.keys.length === 0 && room === undefined) throw new AppError('forum.query_too_short');
      const rooms = room === undefined ? (await reach.all(actor, undefined)).rooms : [await reach.one(actor, room)];
      const all = (await inBatches(rooms, ({ row, seen }) => hitsIn(row._id, seen, query))).flat();
      // Between rooms there is no order but the clock's: it ranks hits and decides nothing.
      all.sort((a, b) => (a.at === b.at ? b.seq - a.seq : a.at < b.at ? 1 : -1));
      const messages = await readableNow(actor.person, all.slice(0, limit));
      return { messages, more: all.length > limit };
    },
  };
}

/** Some at once: neither one after the other nor everything in one tick. */
async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
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
    for (const unit of held.path) found.add(unit);
    const alone: Actor = { person: actor.person, appointments: [held], delegations: [] };
    // Any unit below stands where an unnamed child of this one would stand.
    if (!may(alone, 'room.read', { path: ['', ...held.path] }, now)) continue;
    for (const unit of units.subtree(held.unit)) found.add(unit);
  }
  for (const held of actor.delegations) for (const unit of held.path) found.add(unit);
  return [...found];
}

function createReach({ streams, access, model, projection, units, clock }: Deps) {
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

function createLines({ access, model }: Deps) {
  return async (actor: Actor, { row, seen }: Reach, readSeq: number): Promise<RoomLine> => {
    const { state, head, spans } = seen;
    const since = spans.at(-1)?.from ?? 1;
    const after = { room: row._id, seq: Math.max(readSeq, since - 1), person: actor.person };
    const last = row.last !== null && row.last.seq >= since ? row.last : undefined;
    const unread = last === undefined || last.seq <= after.seq ? 0 : await model.countAfter(after, MAX_UNREAD);
    const asking = access.asking(actor, state.unit);
    return {
      ...{ id: row._id, unit: row.unit, title: row.title, kind: row.kind, audience: row.audience },
      ...{ head, readSeq, unread },
      mentions: unread === 0 ? 0 : await model.mentionsAfter(after, MAX_UNREAD),
      post: mayInRoom(state, postAction(state.kind), asking),
      remove: mayInRoom(state, 'message.remove', asking),
      ...(last !== undefined && { last }),
    };
  };
}

function createHits({ model }: Deps) {
  const rowsIn = (room: string, span: Span, { keys }: SearchQuery) => {
    const range = { from: span.from, to: span.to ?? Number.MAX_SAFE_INTEGER };
    return keys.length > 0 ? model.withKeys(room, keys, range) : model.newestIn(room, range, SCAN);
  };

  /** Only what this person may read is looked at: the right comes before ranking and counting (security #23). */
  return async (room: string, { spans }: Sight, query: SearchQuery): Promise<Message[]> => {
    const rows = await Promise.all(spans.map((span) => rowsIn(room, span, query)));
    const hits = rows.flat().filter((row) => !row.retracted && matches(query, row.text));
    return hits.map(toMessage);
  };
}

import { isRetracted, isWithin, mayInRoom, postAction } from '#shared/forum/forum.rules.ts';
import type { forumTable, RoomLine } from '#shared/forum/forum.schema.ts';
import { may, NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { foldText } from '#shared/wire/search.ts';
import type { Sight } from './forum.access.ts';
import { createReach, inBatches, type Reach, type ReachDeps } from './forum.reach.ts';

const MAX_UNREAD = 100; // shown as 99+: a count that nobody reads is not worth counting
const MAX_ALIKE = 500; // rooms of one unit that are looked through for a name

/** Titles are alike if they differ only in spaces, marks, capitals or script. */
function bare(title: string): string {
  const folded = foldText(title);
  return folded.replace(/[\s\p{P}]/gu, '') || folded; // one of marks alone is like itself
}

/** The list of rooms a person may read, and what is called alike where they may open one. */
export function createForumLists(deps: ReachDeps) {
  const { model, access, actorOf, units, clock } = deps;
  const reach = createReach(deps);
  const lineOf = createLines(deps);

  /** A room whose rows have been read, as its reader may see it by now. Membership is asked of the stream itself. */
  async function sightNow(person: string, { row, seen }: Reach): Promise<Sight | undefined> {
    const actor = actorOf(person) ?? NOBODY;
    const isMember = Object.hasOwn(seen.state.members, person);
    return isMember ? access.sight(actor, row._id) : access.sightOf(actor, row, undefined);
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

    /** Whoever opens rooms need not read them, and is told their titles alone; of those by invitation not even that. */
    alike: async (actor: Actor, { unit, title }: InputOf<(typeof forumTable)['alike']>) => {
      if (!may(actor, 'room.create', { path: units.path(unit) }, clock.now())) throw new AppError('not_found');
      const rows = await model.roomsOf([unit], ['open', 'announce'], MAX_ALIKE);
      return { titles: rows.map((row) => row.title).filter((other) => bare(other) === bare(title)) };
    },
  };
}

function createLines({ access, model }: Pick<ReachDeps, 'access' | 'model'>) {
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

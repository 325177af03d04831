import { NOBODY, type Actor, type UnitTree } from '#shared/people/people.rules.ts';
import type { Similar } from '#shared/incidents/incidents.events.ts';
import type { incidentsTable, IncidentLine } from '#shared/incidents/incidents.schema.ts';
import { findSimilar, WINDOW, type Asking } from '#shared/incidents/incidents.similar.ts';
import { heatView } from '#shared/incidents/incidents.view.ts';
import type { InputOf } from '#shared/wire/define.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { IncidentsAccess } from './incidents.access.ts';
import type { IncidentRow, IncidentsModel } from './incidents.model.ts';
import type { IncidentsProjection } from './incidents.project.ts';

interface Deps {
  access: IncidentsAccess;
  model: IncidentsModel;
  projection: Pick<IncidentsProjection, 'current'>;
  units: UnitTree;
  clock: Clock;
  /** A person with their posts as of now; undefined for nobody. */
  actorOf: (person: string) => Actor | undefined;
}

/** What a street has open in a fortnight, with room to spare; more would make nothing more alike. */
const CANDIDATES = 400;

export type IncidentsBoard = ReturnType<typeof createIncidentsBoard>;

/** Questions about many incidents: the board, and what a new flag is like. */
export function createIncidentsBoard({ access, model, projection, units, clock, actorOf }: Deps) {
  /** The boards to read: the unit itself where the actor may read it, else what of theirs lies below it. */
  function boardsFor(actor: Actor, unit: string | undefined): string[] {
    const roots = access.roots(actor);
    if (unit === undefined) return roots;
    if (units.path(unit).some((above) => roots.includes(above))) return [unit];
    const below = roots.filter((root) => units.path(root).includes(unit));
    if (below.length === 0) access.mustInUnit(actor, 'incident.read', unit);
    return below;
  }

  /** The widest unit around this one, up to its street, whose incidents the actor may be shown. */
  function neighbourhood(actor: Actor, unit: string): string {
    const roots = new Set(access.roots(actor));
    const path = units.path(unit);
    const street = path.findIndex((above) => units.get(above)?.level === 'street');
    const root = path.findIndex((above) => roots.has(above));
    const widest = street === -1 || root === -1 ? Math.max(0, root) : Math.min(street, root);
    return path[widest] ?? unit;
  }

  /** Of rows that were read, those their reader may have by now: a post may have ended while the store answered. */
  function readableNow(person: string, rows: readonly IncidentRow[]): IncidentRow[] {
    const actor = actorOf(person) ?? NOBODY;
    return rows.filter(({ line }) => access.mayReadIn(actor, [line.leadUnit, ...line.communities]));
  }

  const toLine = ({ line, heat }: IncidentRow, now: number): IncidentLine => ({ ...line, ...heatView(heat, now) });

  return {
    /** A page of the board; rows of several units come as one list, each incident once. */
    feed: async (actor: Actor, input: InputOf<typeof incidentsTable.feed>) => {
      const { unit, state, sort, cursor, limit } = input;
      // What a closed unit led is listed where it stood then; whoever came to stand in its place looks there too.
      const boards = new Set(boardsFor(actor, unit).flatMap((board) => [board, ...units.takenOver(board)]));
      const names = [...boards].map((board) => `${board} ${state}`);
      await projection.current();
      const page = { sort, after: cursor, limit: limit + 1 };
      const found = (await Promise.all(names.map((name) => model.board(name, page)))).flat();
      const keyOf = (row: IncidentRow): string => (sort === 'heat' ? row.heatKey : row.dueKey);
      const turn = sort === 'heat' ? -1 : 1;
      const now = clock.now().getTime();
      const rows = [...new Map(readableNow(actor.person, found).map((row) => [row._id, row])).values()]
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -turn : turn))
        .slice(0, limit + 1);
      const last = rows[limit - 1];
      const incidents = rows.slice(0, limit).map((row) => toLine(row, now));
      return { incidents, ...(rows.length > limit && last !== undefined && { cursor: keyOf(last) }) };
    },

    /** Open incidents of the last fortnight around a unit that read like this, of those the actor may see. */
    similarTo: async (actor: Actor, asking: Asking): Promise<Similar[]> => {
      await projection.current();
      const rows = await model.since(`${neighbourhood(actor, asking.unit)} open`, asking.at - WINDOW, CANDIDATES);
      return findSimilar(
        asking,
        readableNow(actor.person, rows).map(({ line, at, text }) => ({
          incident: line.id,
          code: line.code,
          title: line.title,
          text,
          unit: line.unit,
          category: line.category,
          at,
        })),
      );
    },
  };
}

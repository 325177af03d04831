import type { UnitTree } from '#shared/people/people.rules.ts';
import type { Unit } from '#shared/people/people.schema.ts';
import type { UnitRow } from './people.model.ts';

/** How the units stand to each other at one moment. */
interface View {
  /** When it stops being true, ms: a unit closes. */
  until: number;
  paths: Map<string, readonly string[]>;
  below: Map<string, string[]>;
  /** Closed units, each below its successor. */
  closed: readonly string[];
}

/**
 * The tree of units. From the moment a unit closes its first successor stands in its place: for every right, what
 * belonged to the one belongs to the other, and what stood below the one stands below the other.
 */
export function createUnits(now: () => Date) {
  const units = new Map<string, UnitRow>();
  let held: View | undefined;

  const closesAt = (row: UnitRow): number => (row.until === undefined ? Infinity : Date.parse(row.until));
  const isClosed = (row: UnitRow): boolean => closesAt(row) <= now().getTime();

  /** The unit itself while it is open, else whoever took its place, and its place in turn. */
  function standsFor(unit: string): UnitRow | undefined {
    const seen = new Set<string>();
    let row = units.get(unit);
    // A circle cannot be written (units.rules.ts); should one ever stand on the streams, nobody waits for its end.
    while (row !== undefined && isClosed(row) && !seen.has(row._id)) {
      seen.add(row._id);
      row = units.get(row.successors?.[0] ?? '');
    }
    return row;
  }

  /** Where a unit stands: below its parent, or below its successor once it is closed. */
  function aboveOf(row: UnitRow): string | null {
    const above = isClosed(row) ? row._id : row.parent;
    return above === null ? null : (standsFor(above)?._id ?? null);
  }

  function view(): View {
    if (held !== undefined && now().getTime() < held.until) return held;
    const [at, below, closed] = [now().getTime(), new Map<string, string[]>(), [] as string[]];
    let until = Infinity;
    for (const row of units.values()) {
      if (closesAt(row) > at) until = Math.min(until, closesAt(row));
      else closed.push(row._id);
      const above = aboveOf(row);
      const siblings = above === null ? undefined : below.get(above);
      if (siblings !== undefined) siblings.push(row._id);
      else if (above !== null) below.set(above, [row._id]);
    }
    held = { until, paths: new Map(), below, closed };
    return held;
  }

  function path(unit: string): readonly string[] {
    const { paths } = view();
    const known = paths.get(unit);
    if (known !== undefined) return known;
    const found = new Set<string>();
    let row = standsFor(unit);
    while (row !== undefined && !found.has(row._id)) {
      found.add(row._id);
      row = row.parent === null ? undefined : standsFor(row.parent);
    }
    paths.set(unit, [...found]);
    return [...found];
  }

  /** Whether a unit stood here, or below, before anything closed. */
  function wasWithin(unit: string, outer: string): boolean {
    const seen = new Set<string>();
    for (let row = units.get(unit); row !== undefined && !seen.has(row._id); row = units.get(row.parent ?? '')) {
      if (row._id === outer) return true;
      seen.add(row._id);
    }
    return false;
  }

  function toUnit(row: UnitRow): Unit {
    const { _id, code, name, level, from, until, successors } = row;
    return {
      ...{ id: _id, code, name, level, parent: aboveOf(row) },
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until, successors: [...(successors ?? [])] }),
      ...(isClosed(row) && { closed: true as const }),
    };
  }

  const tree: UnitTree = {
    path,
    get: (unit) => {
      const row = units.get(unit);
      return row && toUnit(row);
    },
    subtree: (unit) => {
      const found = new Set([unit]);
      for (const above of found) for (const child of view().below.get(above) ?? []) found.add(child);
      return [...found];
    },
    inPlaceOf: (unit) => [unit, ...view().closed.filter((one) => one !== unit && standsFor(one)?._id === unit)],
    takenOver: (unit) => view().closed.filter((one) => path(one).includes(unit) && !wasWithin(one, unit)),
  };

  return {
    tree,
    row: (id: string): UnitRow | undefined => units.get(id),
    all: (): Unit[] => [...units.values()].map(toUnit),
    byCode: (code: string): Unit | undefined => {
      for (const row of units.values()) if (row.code === code) return toUnit(row);
      return undefined;
    },
    put: (row: UnitRow): void => {
      units.set(row._id, row);
      held = undefined;
    },
  };
}

import type { Unit } from '#shared/people/people.schema.ts';

/** The tree of units as a person's client knows it. Pure: made once from a list and asked from then on. */
export interface UnitTree {
  readonly all: readonly Unit[];
  find: (id: string) => Unit | undefined;
  /** From the top down to the unit itself; empty for one that is not known. */
  path: (id: string) => Unit[];
  /** Directly below, in the order the hub gave them; `null` for those that stand at the top of what is known. */
  below: (id: string | null) => Unit[];
  /** Is `inner` the unit `outer` or somewhere below it? */
  covers: (outer: string, inner: string) => boolean;
}

/** Builds the tree. A unit whose parent is not in the list stands at the top. */
export function unitTree(all: readonly Unit[]): UnitTree {
  const byId = new Map(all.map((unit) => [unit.id, unit]));
  const parentOf = (unit: Unit): string | null => (unit.parent !== null && byId.has(unit.parent) ? unit.parent : null);
  const children = new Map<string | null, Unit[]>();
  for (const unit of all) children.set(parentOf(unit), [...(children.get(parentOf(unit)) ?? []), unit]);

  function path(id: string): Unit[] {
    const found: Unit[] = [];
    let unit = byId.get(id);
    // A loop cannot come from the hub; should one ever be drawn, it ends at the first unit seen twice.
    while (unit !== undefined && !found.includes(unit)) {
      found.unshift(unit);
      unit = unit.parent === null ? undefined : byId.get(unit.parent);
    }
    return found;
  }

  return {
    all,
    path,
    find: (id) => byId.get(id),
    below: (id) => children.get(id) ?? [],
    covers: (outer, inner) => outer === inner || path(inner).some((unit) => unit.id === outer),
  };
}

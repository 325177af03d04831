import type { RoomLine } from '#shared/forum/forum.schema.ts';

interface UnitRef {
  id: string;
  name: string;
  parent: string | null;
}

export interface UnitGroup {
  unit: string;
  name: string;
  rooms: RoomLine[];
}

type UnitOf = (unit: string) => UnitRef | undefined;

/** The unit and everything above it, the unit first. */
function pathOf(unit: string, unitOf: UnitOf): string[] {
  const path: string[] = [];
  for (let at: string | null = unit; at !== null && path.length < 10; at = unitOf(at)?.parent ?? null) path.push(at);
  return path;
}

/**
 * Rooms by unit. With `unit` only that one, those below it and those above it, since what a street opens downwards is
 * a community's business too. The person's `own` unit comes first, then the lower before the higher, then by name.
 */
export function byUnit(
  lines: readonly RoomLine[],
  unitOf: UnitOf,
  { unit, own }: { unit: string | undefined; own: string | undefined },
): UnitGroup[] {
  const chosen = unit === undefined ? [] : pathOf(unit, unitOf);
  const groups = new Map<string, UnitGroup & { depth: number }>();
  for (const line of lines) {
    const path = pathOf(line.unit, unitOf);
    if (unit !== undefined && !path.includes(unit) && !chosen.includes(line.unit)) continue;
    const group = groups.get(line.unit);
    if (group === undefined) {
      const name = unitOf(line.unit)?.name ?? '…';
      groups.set(line.unit, { unit: line.unit, name, rooms: [line], depth: path.length });
    } else group.rooms.push(line);
  }
  const rank = (group: UnitGroup): number => (group.unit === own ? 0 : 1);
  return [...groups.values()].sort(
    (a, b) => rank(a) - rank(b) || b.depth - a.depth || a.name.localeCompare(b.name, 'zh'),
  );
}

import {
  decidePost,
  emptyRoom,
  evolveRoom,
  type Asking,
  type RoomState,
  type Target,
} from '#shared/forum/forum.rules.ts';
import type { RoomKind } from '#shared/forum/forum.events.ts';
import type { Column } from '#shared/people/people.policy.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';

/* People, units and a room for the tests of the forum's rules. */

/** When everything in these tests happens. */
export const NOW = new Date('2026-11-22T06:05:00.000Z');
export const id = (n: number) => `0192d3a0-0000-7000-8000-${String(n).padStart(12, '0')}`;
const [CITY, DISTRICT, OTHER] = [id(1), id(2), id(5)];
export const STREET = id(3);
export const WENSHU = id(4);
export const ROOM = id(100);
const PATHS: Record<string, string[]> = {
  [STREET]: [STREET, DISTRICT, CITY],
  [WENSHU]: [WENSHU, STREET, DISTRICT, CITY],
  [OTHER]: [OTHER, STREET, DISTRICT, CITY],
};
const pathOf = (unit: string) => PATHS[unit] ?? [];

export const person = {
  worker: id(11),
  officer: id(12),
  moderator: id(13),
  admin: id(14),
  auditor: id(15),
  other: id(16),
};

function who(name: keyof typeof person, role: Exclude<Column, 'deputy'>, unit: string): Actor {
  const dated = { from: '2026-01-01T00:00:00.000Z', until: null };
  return { person: person[name], appointments: [{ role, unit, path: pathOf(unit), ...dated }], delegations: [] };
}
export const worker = who('worker', 'worker', WENSHU);
export const officer = who('officer', 'officer', WENSHU);
export const moderator = who('moderator', 'moderator', STREET);
export const admin = who('admin', 'admin', STREET);
export const auditor = who('auditor', 'auditor', STREET);
export const neighbour = who('other', 'worker', OTHER);

/** Somebody asking now about a room of this unit. */
export const asking = (actor: Actor, unit: string = WENSHU): Asking => ({ actor, path: pathOf(unit), now: NOW });

export function event(seq: number, type: string, data: unknown, actor = person.worker): StreamEvent {
  return {
    ...{ stream: `room:${ROOM}`, seq, id: id(1000 + seq), type, actor, at: NOW.toISOString(), data },
    prev: ZERO_HASH,
    hash: ZERO_HASH,
  };
}

export interface Facts {
  kind?: RoomKind;
  unit?: string;
  audience?: 'unit' | 'subtree';
  people?: string[];
}
/** A room as it was opened. */
export function room({ kind = 'open', unit = WENSHU, audience = 'unit', people = [] }: Facts = {}): RoomState {
  return evolveRoom(emptyRoom(ROOM), event(1, 'opened', { unit, title: '社区工作群', kind, audience, people }));
}

export const posted = (actor = person.worker, at = NOW): NonNullable<Target> =>
  ({ ...event(2, 'posted', { text: '停水了' }, actor), at: at.toISOString() }) as NonNullable<Target>;
const found = { replyTo: undefined, files: [] };
export const post = (state: RoomState, actor: Actor, more = {}) =>
  decidePost(state, { id: id(9), room: ROOM, text: '收到', ...more }, { ...asking(actor, state.unit), found });

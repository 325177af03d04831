import { POLICY, type Action, type Column, type Line } from '#shared/people/people.policy.ts';
import type { Answer } from './client.ts';
import type { Hub, Persona, Place } from './policy-cast.ts';
import type { Probe } from './policy-probes.ts';
import type { Thing, Things, ThingKind } from './policy-things.ts';

/*
 * What the running hub has to answer in each cell of the table, read off the table's letters and nothing else: what the
 * hub itself reads the table with is what is under test.
 */

/** As it stands in the source: whoever flips a cell of the running hub's does not flip it here. */
const TABLE = structuredClone(POLICY) as Record<Action, Line>;

/** Things whose audience is the subtree: only there does the small letter count. */
const WIDE: readonly ThingKind[] = ['wide', 'announce'];

const has = (column: Column, action: Action, place: Place, isWide: boolean): boolean => {
  const cell = TABLE[action][column] ?? '';
  return cell.includes(place) || (place === 'A' && isWide && cell.includes('a'));
};

/** Whether somebody's columns give an action on a thing that stands there. Nothing is given elsewhere. */
export const gives = (
  holds: readonly Column[],
  action: Action,
  { place, on }: { place: Place; on: ThingKind },
): boolean => place !== 'X' && holds.some((column) => has(column, action, place, WIDE.includes(on)));

export type Verdict = 'ok' | 'forbidden' | 'not_found';

export function expected(probe: Probe, place: Place, holds: readonly Column[]): Verdict {
  const at = { place, on: probe.on };
  if (gives(holds, probe.action, at)) return 'ok';
  if (probe.fromBelow === true && place === 'A' && gives(holds, probe.action, { ...at, place: 'S' })) return 'ok';
  return probe.sees !== undefined && gives(holds, probe.sees, at) ? 'forbidden' : 'not_found';
}

export type Transport = 'http' | 'socket';
export const isQuery = (name: string): boolean => QUERIES.has(name);
const QUERIES = new Set(
  [
    'people:members',
    'people:coverage',
    'people:staff',
    'people:alike',
    'people:roster',
    'people:waiting',
    'people:means',
    'forum:messages',
    'forum:search',
    'forum:rooms',
    'forum:alike',
    'minutes:list',
    'minutes:view',
  ].concat([
    'incidents:similar',
    'incidents:feed',
    'incidents:view',
    'responses:view',
    'responses:list',
    'audit:stream',
    'audit:streams',
  ]),
);
/** Ways in that HTTP does not have. */
export const hasHttp = (probe: Probe): boolean => !probe.name.startsWith('stream:');

const STATUS: Readonly<Record<string, number>> = { ok: 200, forbidden: 403, not_found: 404, unauthenticated: 401 };

/** One call as it comes from outside; over HTTP the status has to agree with the code. */
export async function askOver(
  transport: Transport,
  { client, name, input }: { client: Pick<Persona['client'], 'request' | 'http'>; name: string; input: object },
): Promise<{ code: string; answer: Answer }> {
  if (transport === 'socket') {
    const answer = await client.request(name, input);
    return { code: answer.error?.code ?? 'ok', answer };
  }
  const path = name.replace(':', '/');
  const query = new URLSearchParams(
    Object.entries(input).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const { status, body } = isQuery(name)
    ? await client.http(`${path}?${query.toString()}`)
    : await client.http(path, input);
  const code = body.error?.code ?? 'ok';
  const right = STATUS[code] ?? (code.includes('.') ? 422 : undefined);
  return { code: right === undefined || right === status ? code : `${code} with ${status}`, answer: body };
}

export interface Cell {
  probe: Probe;
  place: Place;
  who: Persona;
  transport: Transport;
}

export const titleOf = ({ probe, place, who, transport }: Cell): string =>
  `${probe.name} (${probe.action}, ${probe.on}) at ${place} by ${who.name} over ${transport}`;

export interface Deps {
  hub: Hub;
  things: Things;
}

/** The thing a cell asks for: one of its own where the call may change it or it has to name who asks. */
async function thingFor({ hub, things }: Deps, { probe, place, who }: Cell, isFresh: boolean): Promise<Thing> {
  if (probe.make !== undefined && who.holds.length > 0) {
    const nothing = { id: '', stream: '', seq: 0, hash: '', doc: '', incident: '' };
    return { ...nothing, unit: hub.unit(place), place, ...(await probe.make(hub, place, who)) };
  }
  return isFresh && probe.once === true ? things.fresh(probe.on, place) : things.kept(probe.on, place);
}

export interface Prepared {
  cell: Cell;
  thing: Thing;
  input: object & { id?: string };
  /** Where an allowed call writes. */
  stream: string;
}

/** Everything a cell needs, before it is asked. `isFresh`: the call is to succeed, or may. */
export async function prepare(deps: Deps, cell: Cell, isFresh: boolean): Promise<Prepared> {
  const { probe, who } = cell;
  const thing = await thingFor(deps, cell, isFresh);
  const input = await probe.input({ thing, who, hub: deps.hub });
  const stream = probe.writes?.(input as { id: string }, thing) ?? thing.stream;
  return { cell, thing, input, stream };
}

/** Asks and says what is wrong with the answer, if anything. */
export async function ask({ cell, input, thing }: Prepared): Promise<string | undefined> {
  const { probe, place, who, transport } = cell;
  const wanted = expected(probe, place, who.holds);
  const { code, answer } = await askOver(transport, { client: who.client, name: probe.name, input });
  if (probe.shows !== undefined) {
    const isThere = code === 'ok' && probe.shows(answer, thing);
    return isThere === (wanted === 'ok') ? undefined : `${titleOf(cell)}: ${isThere ? 'shown' : 'hidden'}`;
  }
  const passes = wanted === 'ok' ? (probe.passes ?? 'ok') : wanted;
  return code === passes ? undefined : `${titleOf(cell)}: ${code}, should be ${passes}`;
}

import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { STREAMS } from '#shared/people/ways.policy.ts';
import { eventually } from './client.ts';
import { ask, askOver, expected, gives, hasHttp, isQuery, prepare, titleOf } from './policy-cells.ts';
import type { Cell, Deps, Prepared } from './policy-cells.ts';
import { startHub, type Hub, type Persona } from './policy-cast.ts';
import type { Probe } from './policy-probes.ts';
import { createThings, type Thing, type ThingKind } from './policy-things.ts';

/* Runs cells on one hub and holds three things against the table: the answer, what was written, who was sent it. */

/** What there is to read on a stream, where it stands, and of what kind the thing is. */
type Seen = Pick<Thing, 'place'> & { on: ThingKind };

export interface Run extends Deps {
  hub: Hub;
  committed: StreamEvent[];
  seen: Map<string, Seen>;
}

/** Everything that is committed from here on is kept, so that "nothing was written" speaks of the whole store. */
export async function startRun(only?: Parameters<typeof startHub>[0]): Promise<Run> {
  const hub = await startHub(only);
  const committed: StreamEvent[] = [];
  hub.app.app.streams.onCommitted((event) => committed.push(event));
  return { hub, things: createThings(hub), committed, seen: new Map() };
}

/** Sign-ins and the like stand on the log of the day, whoever is refused meanwhile. */
const isOfContent = ({ stream, type }: StreamEvent): boolean => !stream.startsWith('log:') || type === 'audit.read';

async function prepareAll(run: Run, cells: readonly Cell[], isFresh: boolean): Promise<Prepared[]> {
  const prepared = await Promise.all(cells.map((cell) => prepare(run, cell, isFresh)));
  for (const { thing, cell } of prepared) run.seen.set(thing.stream, { place: cell.place, on: cell.probe.on });
  return prepared;
}

const wrongOf = async (prepared: readonly Prepared[]): Promise<string[]> =>
  (await Promise.all(prepared.map(ask))).filter((wrong) => wrong !== undefined);

/** Refusals, side by side: each as the table has it, and in the whole store nothing has moved. */
async function refuse(run: Run, cells: readonly Cell[]): Promise<string[]> {
  const prepared = await prepareAll(run, cells, false);
  await run.hub.app.app.consumers.settled();
  const before = run.committed.length;
  const wrong = await wrongOf(prepared);
  await run.hub.app.app.consumers.settled();
  const moved = run.committed.slice(before).filter(isOfContent);
  return [...wrong, ...moved.map(({ stream, type, actor }) => `a refusal wrote ${type} by ${actor} on ${stream}`)];
}

/** The right that reading a stream takes; a room by invitation is read, uninvited, by auditors alone. */
function readOf(stream: string, { on }: Seen): Action | undefined {
  const right = STREAMS[parseStream(stream)?.kind ?? 'doc'];
  if (on === 'members') return 'audit.read';
  return right === 'self' || right === 'nobody' ? undefined : right;
}

function mayRead(run: Run, who: Persona, stream: string): boolean {
  const seen = run.seen.get(stream);
  const action = seen && readOf(stream, seen);
  return seen !== undefined && action !== undefined && gives(who.holds, action, seen);
}

/** Everybody follows what they can of the thing one call will change. */
async function watch(run: Run, { thing }: Prepared): Promise<Persona[]> {
  const watching = run.hub.personas.filter((who) => mayRead(run, who, thing.stream));
  const input = { stream: thing.stream, have: await run.hub.head(thing.stream) };
  const all = run.hub.personas.map(({ client }) => client.request('stream:open', input));
  await Promise.all(all); // those who may not are refused, and must hear nothing
  return watching;
}

const isCommand = ({ name, passes }: Probe): boolean =>
  hasHttp({ name } as Probe) && !isQuery(name) && name !== 'forum:mark-read' && passes === undefined;

/** One event of a command is on its stream, in the name of who asked. */
async function unwritten(run: Run, { cell, input, stream }: Prepared): Promise<string[]> {
  const found = await run.hub.app.app.streams.find(stream, input.id ?? '');
  return found?.event.actor === cell.who.person ? [] : [`${titleOf(cell)}: not on ${stream} in their name`];
}

/** An auditor's reading is on record by the time it is answered. */
function unlogged({ committed }: Run, { cell, thing }: Prepared): string[] {
  const isOnRecord = committed.some(
    ({ stream, type, actor, data }) =>
      stream.startsWith('log:') &&
      type === 'audit.read' &&
      actor === cell.who.person &&
      (data as { stream: string }).stream === thing.stream,
  );
  return isOnRecord ? [] : [`${titleOf(cell)}: not on record for ${thing.stream}`];
}

/** Calls that succeed, side by side, each on a thing of its own; the first of each place is watched. */
async function allow(run: Run, cells: readonly Cell[], watched: number): Promise<string[]> {
  const prepared = await prepareAll(run, cells, true);
  const [probe] = cells.map((cell) => cell.probe);
  if (probe === undefined || !isCommand(probe)) {
    const wrong = await wrongOf(prepared);
    return probe?.name === 'audit:stream' ? [...wrong, ...prepared.flatMap((one) => unlogged(run, one))] : wrong;
  }
  const isWatchable = ({ stream, thing }: Prepared) => stream === thing.stream && probe.name !== 'minutes:sign';
  const shown = prepared.filter(isWatchable).slice(0, watched);
  const watching = await Promise.all(shown.map((one) => watch(run, one)));
  const wrong = await wrongOf(prepared);
  const kept = await Promise.all(prepared.map((one) => unwritten(run, one)));
  const [first] = [...wrong, ...kept.flat()];
  if (first !== undefined) return [...wrong, ...kept.flat()]; // nothing to wait for
  for (const [at, { input }] of shown.entries())
    for (const { client } of watching[at] ?? [])
      await eventually(() => client.events.some((event) => 'id' in event && event.id === input.id));
  return [];
}

/** Runs cells of one probe; answers with what is wrong. */
export async function runCells(run: Run, cells: readonly Cell[], watched = 0): Promise<string[]> {
  const isAllowed = ({ probe, place, who }: Cell): boolean => expected(probe, place, who.holds) === 'ok';
  const refused = await refuse(
    run,
    cells.filter((cell) => !isAllowed(cell)),
  );
  return [...refused, ...(await allow(run, cells.filter(isAllowed), watched))];
}

/** Every event that anybody was sent since the beginning, held against the table. */
export const strayed = (run: Run): string[] =>
  run.hub.personas.flatMap((who) =>
    who.client.events
      .filter(({ stream }) => !mayRead(run, who, stream))
      .map(({ stream, seq }) => `${who.name} was sent ${stream} ${seq}`),
  );

/** Asked with a session that was ended, or with none: 401, whatever is asked. */
export async function askSignedOut(run: Run, probe: Probe, client: Pick<Persona['client'], 'http'>): Promise<string[]> {
  const who = run.hub.named('nobody');
  const cell: Cell = { probe, place: 'S', who, transport: 'http' };
  const { input } = await prepare(run, cell, false);
  const asked = { name: probe.name, input, client: { http: client.http, request: who.client.request } };
  const { code } = await askOver('http', asked);
  return code === 'unauthenticated' ? [] : [`${probe.name} without a session: ${code}`];
}

import type { UnitTree } from '#shared/people/people.rules.ts';
import { nextDue } from '#shared/incidents/incidents.clocks.ts';
import { clocksFor, evolve, isOpen, noIncident, unitsOf, type Incident } from '#shared/incidents/incidents.rules.ts';
import { toLine } from '#shared/incidents/incidents.view.ts';
import type { Consumer } from '#server/platform/consume.ts';
import { createFold, type ActorOf, type Fold } from '#server/platform/fold.ts';
import { createLag } from '#server/platform/lag.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { IncidentRow, IncidentsModel } from './incidents.model.ts';

/** `incident:` streams as states. One for the process: its services and its projection share what it holds. */
export const createIncidentsFold = (streams: Streams, actorOf: ActorOf): Fold<Incident> =>
  createFold(streams, { kind: 'incident', initial: noIncident, evolve }, actorOf);

export type IncidentsProjection = Consumer & {
  /** Brings every row this process knows to be behind up to its stream: what a board waits for to see own writes. */
  current: () => Promise<void>;
};

interface Deps {
  streams: Streams;
  fold: Fold<Incident>;
  model: IncidentsModel;
  units: UnitTree;
}

const TEXT = 600; // characters kept to compare with; reports are short and say the thing first

/** Number → text that sorts the same way: log2 of a decayed sum, 0 to some ten thousand. */
const sortable = (rank: number): string => Math.max(0, rank).toFixed(9).padStart(16, '0');

/** The names of all boards an incident stands in. */
function boardsOf(state: Incident, units: UnitTree): string[] {
  const all = new Set(unitsOf(state).flatMap((unit) => units.path(unit)));
  const kinds = [state.state, 'all', ...(isOpen(state) ? ['open'] : [])];
  return [...all].flatMap((unit) => kinds.map((kind) => `${unit} ${kind}`));
}

/** The row of an incident, from its state alone. */
function toRow(state: Incident, units: UnitTree): IncidentRow {
  const at = Date.parse(state.flaggedAt);
  const { heat: _heat, why: _why, ...line } = toLine(state, at);
  return {
    _id: state.id,
    applied: state.version,
    boards: boardsOf(state, units),
    heatKey: `${sortable(state.heat.rank ?? 0)} ${state.id}`,
    dueKey: `${nextDue(clocksFor(state))?.due ?? '9999'} ${state.id}`,
    at,
    line,
    heat: state.heat,
    text: `${state.title}\n${state.what}`.slice(0, TEXT),
  };
}

/*
 * The row is written from the folded state at the stream's head, not from one event: several events make one write,
 * and a row that has seen as much stays as it is. So batches may repeat, and two processes may write side by side.
 */
export function createIncidentsProjection({ streams, fold, model, units }: Deps): IncidentsProjection {
  const lag = createLag({
    streams,
    kind: 'incident',
    write: async (id) => {
      const { state, seq } = await fold.load(id);
      if (state.state !== 'none') await model.put(toRow(state, units));
      return seq;
    },
  });
  return { name: 'incidents', kinds: ['incident'], ...lag };
}

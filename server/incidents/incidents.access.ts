import type { Action } from '#shared/people/people.policy.ts';
import { inForce, may, mayAny, type Actor, type Scope, type UnitTree } from '#shared/people/people.rules.ts';
import { INCIDENT_READ_POLICY, type DataOf, type Similar } from '#shared/incidents/incidents.events.ts';
import { unitsOf, type Incident } from '#shared/incidents/incidents.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Fold } from '#server/platform/fold.ts';
import { withheld, type OpenReader } from '#server/platform/reader.ts';

interface Deps {
  fold: Fold<Incident>;
  units: UnitTree;
  clock: Clock;
}

export type IncidentsAccess = ReturnType<typeof createIncidentsAccess>;

/** Who may see which incident: a right counts if it holds for the lead unit or any affected one (contract: Which unit). */
export function createIncidentsAccess({ fold, units, clock }: Deps) {
  const scopeOf = (unit: string): Scope => ({ path: units.path(unit) });
  const scopesOf = (state: Incident): Scope[] => unitsOf(state).map(scopeOf);

  /** Whether an incident that concerns these units may be read. */
  const mayReadIn = (actor: Actor, concerned: readonly string[]): boolean =>
    mayAny(actor, 'incident.read', concerned.map(scopeOf), clock.now());

  const mayRead = (actor: Actor, state: Incident): boolean =>
    state.state !== 'none' && mayReadIn(actor, unitsOf(state));

  /** Of what the flagger was shown as similar, what this actor may read too: a title tells much. */
  async function readable(actor: Actor, similar: readonly Similar[]): Promise<Similar[]> {
    const found: Similar[] = [];
    for (const one of similar) if (mayRead(actor, (await fold.load(one.incident)).state)) found.push(one);
    return found;
  }

  /** The topmost units whose incidents the actor may read; everything below them goes with them. */
  function roots(actor: Actor): string[] {
    const now = clock.now();
    const held = [...actor.appointments, ...actor.delegations].filter((dated) => inForce(dated, now));
    const found = new Set(
      held.map(({ unit }) => unit).filter((unit) => may(actor, 'incident.read', scopeOf(unit), now)),
    );
    return [...found].filter((unit) => !units.path(unit).some((above) => above !== unit && found.has(above)));
  }

  return {
    scopeOf,
    scopesOf,
    roots,
    readable,
    mayReadIn,

    /** The state, or `not_found` for one that is not there and one this actor may not read alike. */
    mustRead: async (actor: Actor, id: string): Promise<Incident> => {
      const { state } = await fold.load(id);
      if (!mayRead(actor, state)) throw new AppError('not_found');
      return state;
    },

    /** For what concerns a unit: `not_found` where it is not visible, `forbidden` where only the right is missing. */
    mustInUnit: (actor: Actor, action: Action, unit: string): void => {
      const now = clock.now();
      if (may(actor, action, scopeOf(unit), now)) return;
      throw new AppError(may(actor, 'unit.read', scopeOf(unit), now) ? 'forbidden' : 'not_found');
    },

    /**
     * Whether somebody has a right on an incident. `leadOnly`: approving, publishing, withdrawing and overriding ask
     * the lead unit alone. False for an incident that does not exist.
     */
    mayOn: async (actor: Actor, id: string, action: Action, { leadOnly = false } = {}): Promise<boolean> => {
      const { state } = await fold.load(id);
      if (state.state === 'none') return false;
      const scopes = leadOnly ? [scopeOf(state.leadUnit)] : scopesOf(state);
      return mayAny(actor, action, scopes, clock.now());
    },

    /** `incident:` is open to whoever may read the incident; a type nobody has named a right for is kept back. */
    reader: (async (actor, id) => {
      const { state } = await fold.load(id);
      if (!mayRead(actor, state)) return undefined;
      const similar = await readable(actor, state.similar);
      const isCut = similar.length < state.similar.length;
      const view = (event: StreamEvent) => {
        if (!Object.hasOwn(INCIDENT_READ_POLICY, event.type)) return withheld(event);
        const isBirth = isCut && event.type === 'flagged';
        return isBirth ? { ...event, data: { ...(event.data as DataOf<'flagged'>), similar } } : event;
      };
      return { floor: 1, view };
    }) satisfies OpenReader,
  };
}

import type { UnitTree } from '#shared/people/people.rules.ts';
import { isOpen, unitsOf, type Incident, type Stated } from '#shared/incidents/incidents.rules.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold } from '#server/platform/fold.ts';

/** What went out, as `responses` tells it; `source` is the id of its own event. */
export interface WentOut {
  source: string;
  actor: string;
  incident: string;
  response: string;
  revision: number;
  kind: string;
  at: string;
  code?: string;
  /** The next update the text promises. */
  nextAt?: string;
}

/** What stands on a unit's stream for a change of an incident: where to look, never what is written there. */
export interface Touch {
  unit: string;
  source: { id: string; actor: string };
  draft: EventDraft;
}

/** What other features may ask of an incident and tell it, handed to them in app.ts. */
export function createIncidentsPorts({ fold, units }: { fold: Fold<Incident>; units: UnitTree }) {
  return {
    /** The facts a response is written and signed on; undefined for an incident that does not exist. */
    factsOf: async (id: string) => {
      const { state } = await fold.load(id);
      if (state.state === 'none') return undefined;
      const { code, title, what, where, severity, category, verification, factVersion, exercise, facts, lead } = state;
      const stated = Object.values(facts).flatMap((fact) => fact?.by ?? []);
      const lines = (fact: Stated | null): string[] => (fact === null ? [] : fact.text.split('\n'));
      return {
        id,
        code,
        title,
        what,
        where,
        severity,
        category,
        verification,
        factVersion,
        exercise,
        state: state.state,
        open: isOpen(state),
        leadUnit: state.leadUnit,
        lead,
        communities: state.communities,
        leadPath: units.path(state.leadUnit),
        /** The lead unit's path is among them where it is affected itself. */
        affectedPaths: state.communities.map((unit) => units.path(unit)),
        /** What is known, not yet known and being done, in lines: the first words of a draft. */
        /** Who wrote these, and the title. */
        authors: [...new Set([state.flaggedBy, ...stated])],
        answers: { known: lines(facts.known), unknown: lines(facts.unknown), doing: lines(facts.doing) },
      };
    },

    /** A response went out: stops C2 and C2b. Its id is derived from the source, so a repeat changes nothing. */
    noteResponse: async ({ source, actor, incident, ...answer }: WentOut): Promise<void> => {
      const id = derivedId(sha256, source, 'answered');
      await fold.follow(incident, { id, actor }, { type: 'answered', data: answer });
    },

    /**
     * Pointers for the boards a change of an incident shows on: the lead unit's, the affected ones', and those of
     * everything above them. Triage also reaches the boards it stood on before, where it was flagged: it may leave them.
     * None for events of other streams.
     */
    touched: async (event: StreamEvent): Promise<Touch[]> => {
      const parsed = parseStream(event.stream);
      if (parsed?.kind !== 'incident') return [];
      const { state } = await fold.load(parsed.id);
      const concerned = event.type === 'triaged' ? [...unitsOf(state), state.unit] : unitsOf(state);
      const all = new Set(concerned.flatMap((unit) => units.path(unit)));
      const source = { id: derivedId(sha256, event.id, 'touched'), actor: 'system' };
      const draft = { type: 'incidents.touched', data: { stream: event.stream, seq: event.seq } };
      return [...all].map((unit) => ({ unit, source, draft }));
    },
  };
}

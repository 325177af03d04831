import { isWhole, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import { explain, type Heat } from './incidents.heat.ts';
import { clocksFor, type Incident } from './incidents.rules.ts';
import type { IncidentLine, IncidentView, ResponseRef } from './incidents.schema.ts';

/* What staff see of an incident, built field by field. The client makes the same views from the stream it follows. */

type Axes = Omit<IncidentLine, 'at'>;

/** Heat at `now` (ms) and its reasons, in the two fields a view has for it. */
export function heatView(heat: Heat, now: number): Pick<IncidentLine, 'heat' | 'why'> {
  const { heat: value, ...why } = explain(heat, now);
  return { heat: value, why };
}

function axesOf(state: Incident, now: number): Axes {
  if (state.state === 'none') throw new Error('an incident without an event has no view');
  return {
    id: state.id,
    code: state.code,
    unit: state.unit,
    title: state.title,
    state: state.state,
    version: state.version,
    severity: state.severity,
    category: state.category,
    verification: state.verification,
    level: state.level,
    ...heatView(state.heat, now),
    visibility: state.visibility,
    leadUnit: state.leadUnit,
    lead: state.lead?.person ?? null,
    accepted: state.lead?.acceptedAt != null,
    communities: [...state.communities],
    clocks: clocksFor(state),
    exercise: state.exercise,
  };
}

/** A line of the board. Throws for an incident that does not exist. */
export const toLine = (state: Incident, now: number): IncidentLine => ({ ...axesOf(state, now), at: state.flaggedAt });

/** What of an event is words somebody wrote. */
function wordsOf({ data }: StreamEvent): string | undefined {
  const fields = data as Readonly<Record<string, unknown>>;
  const words = [fields['text'], fields['why'], fields['evidence'], fields['title']];
  return words.find((word) => typeof word === 'string');
}

/** The timeline a reader of these events gets, newest first: what is withheld or erased keeps out of it. */
export function toTimeline(events: readonly WireEvent[]): IncidentView['timeline'] {
  return events
    .filter(isWhole)
    .map((event) => {
      const text = wordsOf(event);
      const { seq, type, actor, at } = event;
      return { seq, type, actor, at, ...(text === undefined ? {} : { text }) };
    })
    .reverse();
}

/** What stands beside the fold: other features' part, and what depends on the reader. */
export interface Beside {
  responses: readonly ResponseRef[];
  timeline: IncidentView['timeline'];
  may: IncidentView['may'];
}

/** The whole incident at `now` (ms). Throws for one that does not exist. */
export function toView(state: Incident, now: number, { responses, timeline, may }: Beside): IncidentView {
  return {
    ...axesOf(state, now),
    what: state.what,
    where: state.where,
    files: [...state.files],
    fileFacts: [...state.fileFacts],
    mustAnswer: state.mustAnswer,
    flaggedBy: state.flaggedBy,
    flaggedAt: state.flaggedAt,
    knownAt: state.knownAt,
    factVersion: state.factVersion,
    factBy: state.factBy,
    factAt: state.factAt,
    facts: state.facts,
    from: state.from,
    similar: [...state.similar],
    reports: [...state.reports],
    responses: [...responses],
    timeline,
    may,
  };
}

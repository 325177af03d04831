import type { DataOf, EventType } from '#shared/incidents/incidents.events.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import type { concernWords } from './concern.words.ts';
import type { words } from './incidents.words.ts';
import { severityWords } from './phrases.ts';

export interface TimelineItem {
  id: string;
  at: string;
  time: string;
  title: string;
  detail?: string;
  strong?: boolean;
}

/** What the sentences are made with; all of it in the language of the page. */
export interface Telling {
  words: typeof words.current;
  concern: typeof concernWords.current;
  nameOf: (person: string) => string;
  unitName: (unit: string) => string;
  /** As the narrow column shows it. */
  time: (at: string) => string;
  when: (at: string) => string;
}

type Told = Pick<TimelineItem, 'title' | 'detail' | 'strong'>;
type Happened<T extends EventType> = StreamEvent<T, DataOf<T>>;
type Tellers = { [T in EventType]: (event: Happened<T>, t: Telling) => Told };

const said = (t: Telling, actor: string, text = ''): string => t.concern.by(t.nameOf(actor), text);

const TELL: Tellers = {
  flagged: ({ data, actor }, t) => ({
    title: t.concern.happened.flagged,
    detail: t.concern.knownAt(t.nameOf(actor), t.when(data.knownAt)),
  }),
  triaged: ({ data, actor }, t) => ({
    title: t.concern.happened.triaged(severityWords(data.severity, t.words)),
    detail: said(
      t,
      actor,
      [t.concern.leads(t.unitName(data.leadUnit)), data.evidence, data.reason].filter(Boolean).join('；'),
    ),
  }),
  assigned: ({ data, actor }, t) =>
    data.accepted
      ? { title: t.concern.happened.took, detail: t.nameOf(actor) }
      : { title: t.concern.happened.assigned(t.nameOf(data.lead)), detail: t.nameOf(actor) },
  accepted: ({ actor }, t) => ({ title: t.concern.happened.accepted, detail: t.nameOf(actor) }),
  reported: ({ data, actor }, t) => ({ title: t.concern.happened.reported, detail: said(t, actor, data.text) }),
  noted: ({ data, actor }, t) => ({
    title: data.about === undefined ? t.concern.happened.noted : t.concern.happened.stated(t.concern[data.about]),
    detail: said(t, actor, data.text),
  }),
  regraded: ({ data, actor }, t) => ({
    title: t.concern.happened.regraded(severityWords(data.severity, t.words)),
    detail: said(t, actor, data.why),
  }),
  verified: ({ data, actor }, t) => ({
    title: t.concern.happened.verified(t.words.verifications[data.verification]),
    detail: said(t, actor, data.evidence),
  }),
  answered: ({ data, actor }, t) => ({
    title: t.concern.happened.answered((t.words.kinds as Record<string, string>)[data.kind] ?? data.kind),
    detail: t.nameOf(actor),
    strong: true,
  }),
  resolved: ({ data, actor }, t) => ({ title: t.concern.happened.resolved, detail: said(t, actor, data.why) }),
  dismissed: ({ data, actor }, t) => ({
    title: t.concern.happened.dismissed(t.words.dismissals[data.reason]),
    detail: said(t, actor, data.why),
  }),
};

/** Reports that follow each other are one line: how many, and what the last one said. */
function withoutRuns(events: readonly StreamEvent[]): { event: StreamEvent; count: number }[] {
  const runs: { event: StreamEvent; count: number }[] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last?.event.type === 'reported' && event.type === 'reported') {
      last.event = event;
      last.count++;
    } else runs.push({ event, count: 1 });
  }
  return runs;
}

/** What happened, newest first, as a person tells it. */
export function toldFrom(events: readonly StreamEvent[], telling: Telling): TimelineItem[] {
  return withoutRuns(events)
    .map(({ event, count }) => {
      const tell = Object.hasOwn(TELL, event.type)
        ? (TELL[event.type as EventType] as (event: StreamEvent, t: Telling) => Told)
        : () => ({ title: telling.concern.happened.other });
      const told = tell(event, telling);
      const title = count > 1 ? telling.concern.happened.reportedMany(count) : told.title;
      return { id: event.id, at: event.at, time: telling.time(event.at), ...told, title };
    })
    .reverse();
}

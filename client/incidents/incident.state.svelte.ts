import type { Following } from '#client/platform/follow.svelte.ts';
import type { Hub } from '#client/platform/hub.ts';
import type { AskFor } from '#client/platform/line.ts';
import type { Entry } from '#client/platform/entry.ts';
import { newId } from '#client/platform/ids.ts';
import { evolve, noIncident, type Incident } from '#shared/incidents/incidents.rules.ts';
import { isWhole, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';

export type IncidentHub = Pick<Hub, 'streams' | 'outbox'>;

/** The commands that name the version they were decided on. */
type Versioned =
  | 'incidents:triage'
  | 'incidents:assign'
  | 'incidents:accept'
  | 'incidents:regrade'
  | 'incidents:verify'
  | 'incidents:resolve'
  | 'incidents:dismiss';
type Beside = 'incidents:note' | 'incidents:report';

type Fields<N extends Versioned | Beside> = Omit<AskFor<N>, 'id' | 'incident' | 'expected'>;

/** What a decision looks at: while none of it has changed, a stale command may go out again by itself. */
const seenIn = ({ state, severity, verification, category, communities, lead }: Incident): string =>
  JSON.stringify([state, severity, verification, category, communities, lead]);

/**
 * One incident, folded from its stream by the rules the server folds it with; so it is there without a line too.
 * Made by the view that shows it, which calls `close`.
 */
export class OneIncident {
  readonly id: string;
  readonly #hub: IncidentHub;
  readonly #follow: Following;
  #incident = $state.raw<Incident>(noIncident(''));
  #events = $state.raw<readonly StreamEvent[]>([]);
  #refused = $state(false);

  constructor(hub: IncidentHub, id: string) {
    this.#hub = hub;
    this.id = id;
    this.#incident = noIncident(id);
    this.#follow = hub.streams.follow(this.#stream, {
      reset: (events) => {
        this.#incident = noIncident(id);
        this.#events = [];
        this.#take(events);
      },
      apply: (event) => {
        this.#take([event]);
      },
      refused: () => {
        this.#refused = true;
      },
    });
  }

  get #stream(): string {
    return `incident:${this.id}`;
  }

  /** Its `state` is `none` until something of it is known. */
  get incident(): Incident {
    return this.#incident;
  }
  /** Ascending. */
  get events(): readonly StreamEvent[] {
    return this.#events;
  }
  /** It is not there, or not for this person. */
  get refused(): boolean {
    return this.#refused;
  }
  /** What is shown may be older than what there is. */
  get behind(): boolean {
    return this.#follow.state === 'opening' || this.#follow.state === 'behind';
  }
  /** What this person wants done here and the hub has not yet confirmed. */
  get pending(): readonly Entry[] {
    return this.#hub.outbox.entries(this.#stream).filter((entry) => entry.state !== 'sent');
  }

  /**
   * Orders a decision on the version that is shown. If the incident moved meanwhile but nothing the decision looks at
   * did, it goes out again by itself. Resolves with the seq, rejects with the refusal.
   */
  decide<N extends Versioned>(name: N, fields: Fields<N>): Promise<unknown> {
    const seen = seenIn(this.#incident);
    const input = { ...fields, id: newId(), incident: this.id, expected: this.#incident.version } as AskFor<N>;
    const again = (before: AskFor<N>, current: number): AskFor<N> | undefined =>
      seenIn(this.#incident) === seen ? { ...before, expected: current } : undefined;
    return this.#hub.outbox.send({ name, input, lane: this.#stream, again }).done;
  }

  /** Orders what holds at any version. */
  add<N extends Beside>(name: N, fields: Fields<N>): Promise<unknown> {
    const input = { ...fields, id: newId(), incident: this.id } as AskFor<N>;
    return this.#hub.outbox.send({ name, input, lane: this.#stream }).done;
  }

  /** Takes a refused order back. */
  discard(id: string): void {
    this.#hub.outbox.discard(id);
  }

  close(): void {
    this.#follow.close();
  }

  #take(events: readonly WireEvent[]): void {
    let incident = this.#incident;
    for (const event of events) {
      incident = isWhole(event) ? evolve(incident, event) : { ...incident, version: event.seq };
    }
    this.#incident = incident;
    this.#events = [...this.#events, ...events.filter(isWhole)];
  }
}

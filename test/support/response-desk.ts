import { createHash } from 'node:crypto';
import { isFailure, type Failure } from '#shared/wire/error.ts';
import type { Sha256 } from '#shared/wire/ids.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import {
  decide,
  type Commands,
  type Context,
  type IncidentFacts,
  type Verb,
} from '#shared/responses/responses.decide.ts';
import type { DataOf, Severity, SpokenBy, Text } from '#shared/responses/responses.events.ts';
import { evolve, noResponse, type Response } from '#shared/responses/responses.rules.ts';
import { release, settle } from '#shared/responses/responses.release.ts';
import { contentHashOf } from '#shared/responses/responses.text.ts';

export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const LEAD = id(900);
const UPPER = id(901);
export const START = Date.parse('2026-11-22T06:00:00Z');
export const HOUR = 3_600_000;

export const text = (words: string): Text => ({
  headline: '金马街停水',
  blocks: [
    { type: 'heading', text: '已经知道的' },
    { type: 'paragraph', text: words },
  ],
});

export const facts = (more: Partial<IncidentFacts> & { severity?: Severity } = {}): IncidentFacts => ({
  incident: id(800),
  factVersion: 3,
  exercise: false,
  open: true,
  leadUnit: LEAD,
  about: {
    code: 'I-7K3M9-Q2TX4',
    severity: more.severity ?? 'III',
    category: 'livelihood',
    verification: 'verified',
    units: [{ id: LEAD, code: 'qingyang', name: '青羊街道' }],
    scopes: [LEAD],
  },
  ...more,
});

export interface Who {
  person: string;
  agents?: string[];
  upper?: boolean;
}

type Against = Pick<Context, 'facts' | 'now' | 'signs'>;

/** Somebody with every post, so that only the rules of this feature can refuse. */
export const context = (who: Who, against: Against): Context => {
  const grant = { role: 'approver' as const, unit: who.upper === true ? UPPER : LEAD };
  return {
    asker: {
      person: who.person,
      agents: [who.person, ...(who.agents ?? [])],
      rights: {
        read: true,
        draft: true,
        return: true,
        unschedule: true,
        correct: true,
        withdraw: true,
        approve: [grant],
        publish: [{ role: 'spokesperson', unit: LEAD }],
      },
    },
    ...against,
  };
};

export const spokenBy = { person: id(3), name: '陈静', post: '新闻发言人', unit: '青羊街道' };

/** One response and the people around it; `ask` decides and applies, as the service does. */
export class Desk {
  state: Response = noResponse(id(1));
  events: StreamEvent[] = [];
  now = START;
  facts: IncidentFacts;
  /** Who signed and could not do so any more. */
  out = new Set<string>();

  constructor(known: IncidentFacts = facts()) {
    this.facts = known;
  }

  /** What a decision at a moment, ms, is held against. */
  against(now = this.now): Against {
    return { facts: this.facts, now: new Date(now), signs: (person) => !this.out.has(person) };
  }

  ask<V extends Verb>(verb: V, input: Commands[V], who: Who = { person: id(3) }): Failure | undefined {
    return this.apply(decide(this.state, { verb, input }, context(who, this.against())), who.person);
  }

  settle(): Failure | undefined {
    const last = this.events.findLast((event) => event.type === 'publishing');
    if (last === undefined) return { failed: 'none' };
    return this.apply(settle(this.state, last.data as DataOf<'publishing'>, this.against()), last.actor);
  }

  draft(): void {
    this.ask('draft', { kind: 'statement', title: '停水', code: 'R-00000-00000', doc: id(50), authors: [] });
  }

  submit(words: string, contributors = [id(2)]): Failure | undefined {
    return this.ask('submit', { text: text(words), contentHash: this.hash(words), contributors });
  }

  hash(words: string): string {
    const { code, n, kind, correction } = this.state;
    return contentHashOf(sha256, { code, n, kind: correction === null ? kind : 'correction', correction }, text(words));
  }

  publish(): Failure | undefined {
    return this.ask('publish', { spokenBy });
  }

  /** Published at a moment `ms` from now; `mayThen`: the right to publish is known to last until then. */
  schedule(ms: number, mayThen = true): Failure | undefined {
    const publishAt = new Date(this.now + ms).toISOString();
    return this.ask('publish', { spokenBy, moment: { publishAt, mayThen } });
  }

  /** The hub looks whether the moment has come; `speaker` is null where the right has lapsed. */
  fire(speaker: SpokenBy | null = spokenBy): Failure | undefined {
    return this.apply(release(this.state, { ...this.against(), spokenBy: speaker ?? undefined }));
  }

  private apply(decided: EventDraft | Failure, actor = 'system'): Failure | undefined {
    if (isFailure(decided)) return decided;
    const seq = this.events.length + 1;
    const at = new Date(this.now).toISOString();
    const event = { stream: 'response:x', seq, id: id(1000 + seq), actor, at, prev: '', hash: '', ...decided };
    this.events.push(event);
    this.state = evolve(this.state, event);
    return undefined;
  }
}

export const approver = { person: id(4) };

/** Ready to be signed. */
export function inReview(known?: IncidentFacts): Desk {
  const desk = new Desk(known);
  desk.draft();
  desk.submit('泵房电缆烧毁');
  return desk;
}

export const sign = (desk: Desk, who: Who = approver): Failure | undefined =>
  desk.ask('approve', { contentHash: desk.state.frozen?.contentHash ?? '' }, who);

export function published(known?: IncidentFacts): Desk {
  const desk = inReview(known);
  sign(desk);
  desk.publish();
  desk.settle();
  return desk;
}

import type { Actor, Scope } from '#shared/people/people.rules.ts';
import type { Column } from '#shared/people/people.policy.ts';
import { isFailure, type Failure } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import { decideFlag, type Asked } from '#shared/incidents/incidents.decide.ts';
import type { EventType } from '#shared/incidents/incidents.events.ts';
import { evolve, noIncident, unitsOf, type Incident } from '#shared/incidents/incidents.rules.ts';
import type { FlagInput, TriageInput } from '#shared/incidents/incidents.schema.ts';

/* A city, a street with two communities, and people to put on one incident after the other. */

export const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const CITY = id(1);
export const DISTRICT = id(2);
export const STREET = id(3);
export const WENSHU = id(4);
export const BABAO = id(5);
export const ELSEWHERE = id(9);

const PATHS: Readonly<Record<string, readonly string[]>> = {
  [CITY]: [CITY],
  [DISTRICT]: [DISTRICT, CITY],
  [STREET]: [STREET, DISTRICT, CITY],
  [WENSHU]: [WENSHU, STREET, DISTRICT, CITY],
  [BABAO]: [BABAO, STREET, DISTRICT, CITY],
  [ELSEWHERE]: [ELSEWHERE],
};
export const pathOf = (unit: string): readonly string[] => PATHS[unit] ?? [];

/** Somebody with one post; a deputy's comes from a delegation. */
export function holder(role: Column, unit: string, person = id(100)): Actor {
  const dated = { unit, path: pathOf(unit), from: '2026-01-01T00:00:00Z' };
  return role === 'deputy'
    ? { person, appointments: [], delegations: [{ ...dated, principal: id(99), until: '2026-12-31T00:00:00Z' }] }
    : { person, appointments: [{ ...dated, role, until: null }], delegations: [] };
}

export const wang = holder('officer', WENSHU, id(101));
export const tang = holder('officer', STREET, id(102));
export const huang = holder('officer', BABAO, id(103));

/** 22 November 2026, a Sunday, 08:42 in Chengdu. */
export const START = Date.parse('2026-11-22T00:42:00Z');
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export const flagInput = (more: Partial<FlagInput> = {}): FlagInput => ({
  id: id(500),
  unit: WENSHU,
  title: '金马街停水',
  what: '3 号院、4 号院七点多起没水',
  ...more,
});

export const triageInput = (more: Partial<TriageInput> = {}): TriageInput => ({
  id: id(501),
  incident: id(500),
  expected: 1,
  severity: 'III',
  category: 'livelihood',
  communities: [WENSHU],
  verification: 'corroborated',
  ...more,
});

/** One incident; `apply` takes what a decider answered, as the service does. */
export class IncidentDesk {
  state: Incident = noIncident(id(500));
  events: StreamEvent[] = [];
  now = START;

  asked(actor: Actor): Asked {
    const scopes: Scope[] = unitsOf(this.state).map((unit) => ({ path: pathOf(unit) }));
    return { actor, now: new Date(this.now), scopes };
  }

  apply(decided: EventDraft | Failure, actor: Actor): Failure | undefined {
    if (isFailure(decided)) return decided;
    const seq = this.events.length + 1;
    const at = new Date(this.now).toISOString();
    const event = {
      stream: `incident:${id(500)}`,
      seq,
      id: id(1000 + seq),
      actor: actor.person,
      at,
      prev: '',
      hash: '',
    };
    this.events.push({ ...event, ...decided });
    this.state = evolve(this.state, { ...event, ...decided });
    return undefined;
  }

  flag(more: Partial<FlagInput> = {}, actor = wang): this {
    const facts = { now: new Date(this.now), code: 'I-00000-00000', level: 0, similar: [], from: undefined, files: [] };
    this.apply(decideFlag(flagInput(more), facts), actor);
    return this;
  }

  /** An event as it stands on the stream, whoever was asked. */
  put(type: EventType, data: object, actor = wang): this {
    this.apply({ type, data }, actor);
    return this;
  }
}

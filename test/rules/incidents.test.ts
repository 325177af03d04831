import { describe, expect, it } from 'vitest';
import {
  allowed,
  decideAccept,
  decideAssign,
  decideFlag,
  decideRegrade,
  decideResolve,
  decideTriage,
  decideVerify,
} from '#shared/incidents/incidents.decide.ts';
import { incidentsEvents, type EventType } from '#shared/incidents/incidents.events.ts';
import { evolve, leadUnitOf, noIncident } from '#shared/incidents/incidents.rules.ts';
import { incidentsTable } from '#shared/incidents/incidents.schema.ts';
import { toTimeline, toView } from '#shared/incidents/incidents.view.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { foldLaw } from '../support/laws.ts';
import {
  BABAO,
  CITY,
  DISTRICT,
  ELSEWHERE,
  flagInput,
  id,
  IncidentDesk,
  MINUTE,
  pathOf,
  START,
  STREET,
  tang,
  triageInput,
  wang,
  WENSHU,
} from '../support/incident-desk.ts';
import { codeOf, inState, lead, on, TRIES } from '../support/incident-tries.ts';

describe('T1', () => {
  const facts = { now: new Date(START), code: 'I-1', level: 0, similar: [], from: undefined, files: [] };

  it('is known when it is flagged, earlier if the flagger says so, and never later', () => {
    const known = (knownAt: string | undefined) =>
      decideFlag(flagInput(knownAt === undefined ? {} : { knownAt }), facts).data.knownAt;
    expect(known(undefined)).toBe('2026-11-22T00:42:00.000Z');
    expect(known('2026-11-22T08:00:00+08:00')).toBe('2026-11-22T00:00:00.000Z');
    expect(known('2026-11-23T00:00:00Z')).toBe('2026-11-22T00:42:00.000Z');
  });

  it('keeps out what was not given, so that the hash of the event is the same after a store', () => {
    const { data } = decideFlag(flagInput(), facts);
    expect(Object.values(data)).not.toContain(undefined);
    expect(data).not.toHaveProperty('id');
  });

  it('never grades a social-security event, and never turns one away', () => {
    const desk = new IncidentDesk().flag({ severity: 'I', category: 'security' });
    expect(desk.state.severity).toBe('U');
  });

  it('is an exercise from birth and for good', () => {
    const desk = new IncidentDesk().flag({ exercise: true });
    desk.put('triaged', { ...triageInput(), leadUnit: WENSHU, level: 0 });
    desk.put('answered', { response: id(700), revision: 1, kind: 'statement', at: new Date(START).toISOString() });
    expect(desk.state).toMatchObject({ exercise: true, visibility: 'internal' });
  });
});

describe('T2', () => {
  it('asks for a severity the law allows and communities with something in common', () => {
    const desk = new IncidentDesk().flag();
    const decide = (more: Parameters<typeof triageInput>[0], unit: typeof lead | null = lead) =>
      codeOf(decideTriage(desk.state, triageInput(more), { ...desk.asked(wang), lead: unit ?? undefined }));
    expect(decide({ category: 'security', severity: 'III' })).toBe('incidents.never_graded');
    expect(decide({ category: 'security', severity: 'U' })).toBe('triaged');
    expect(decide({}, null)).toBe('incidents.no_common_unit');
  });

  it('gives the lead to the lowest unit above all communities, which is the community where there is one', () => {
    const of = (...units: string[]) => leadUnitOf(units.map(pathOf));
    expect(of(WENSHU)).toBe(WENSHU);
    expect(of(WENSHU, BABAO)).toBe(STREET);
    expect(of(WENSHU, STREET)).toBe(STREET);
    expect(of(BABAO, DISTRICT, WENSHU)).toBe(DISTRICT);
    expect(of(WENSHU, CITY)).toBe(CITY);
    expect(of(WENSHU, ELSEWHERE)).toBeUndefined();
    expect(of()).toBeUndefined();
    expect(of(WENSHU, id(77))).toBeUndefined();
  });
});

describe('T3 and T4', () => {
  const triaged = () => new IncidentDesk().flag().put('triaged', { ...triageInput(), leadUnit: WENSHU, level: 0 });

  it('assigning yourself is accepting', () => {
    const desk = triaged();
    desk.apply(TRIES.assigned(desk, wang), wang);
    expect(desk.state).toMatchObject({ state: 'active', lead: { person: wang.person } });
    expect(desk.state.lead?.acceptedAt).not.toBeNull();
    expect(codeOf(decideAccept(desk.state, desk.asked(wang)))).toBe('incidents.already_accepted');
  });

  it('only whom it was assigned to accepts', () => {
    const desk = triaged();
    desk.apply(decideAssign(desk.state, { ...on, lead: wang.person }, { ...desk.asked(tang), eligible: true }), tang);
    expect(desk.state.lead?.acceptedAt).toBeNull();
    expect(codeOf(decideAccept(desk.state, desk.asked(tang)))).toBe('incidents.not_lead');
    desk.now += 5 * MINUTE;
    desk.apply(decideAccept(desk.state, desk.asked(wang)), wang);
    expect(desk.state.lead).toMatchObject({ person: wang.person, acceptedAt: '2026-11-22T00:47:00.000Z' });
  });

  it('somebody takes what nobody leads', () => {
    const desk = triaged();
    desk.apply(decideAccept(desk.state, desk.asked(tang)), tang);
    expect(desk.state).toMatchObject({ state: 'active', lead: { person: tang.person } });
  });

  it('refuses a lead who is no officer here, and replaces one lead by another', () => {
    const desk = triaged();
    const assign = (person: string, eligible: boolean) =>
      decideAssign(desk.state, { ...on, lead: person }, { ...desk.asked(tang), eligible });
    expect(codeOf(assign(id(400), false))).toBe('incidents.not_eligible');
    desk.apply(assign(wang.person, true), tang);
    desk.apply(assign(tang.person, true), tang);
    expect(desk.state.lead).toMatchObject({ person: tang.person });
  });
});

describe('T5, T6, T10, T12', () => {
  it('raising is free, lowering takes a second person', () => {
    const desk = new IncidentDesk().flag().put('triaged', { ...triageInput(), leadUnit: WENSHU, level: 0 });
    const regrade = (severity: 'II' | 'IV' | 'U', actor: Actor) =>
      codeOf(decideRegrade(desk.state, { ...on, severity, why: '核实' }, desk.asked(actor)));
    expect(regrade('II', wang)).toBe('regraded');
    expect(regrade('IV', wang)).toBe('incidents.second_person');
    expect(regrade('U', wang)).toBe('incidents.second_person');
    expect(regrade('IV', tang)).toBe('regraded');
  });

  it('a verdict after triage names what shows it', () => {
    const desk = new IncidentDesk().flag().put('triaged', { ...triageInput(), leadUnit: WENSHU, level: 0 });
    const verify = (verification: 'refuted' | 'corroborated') =>
      codeOf(decideVerify(desk.state, { ...on, verification }, desk.asked(wang)));
    expect(verify('refuted')).toBe('incidents.evidence_needed');
    expect(verify('corroborated')).toBe('verified');
  });

  it('is resolved by its lead, after a final word, with nothing under review', () => {
    const desk = inState('active');
    const resolve = (actor: Actor, inReview = false) =>
      codeOf(decideResolve(desk.state, on, { ...desk.asked(actor), inReview }));
    expect(resolve(wang)).toBe('resolved');
    expect(resolve(tang)).toBe('forbidden');
    expect(resolve(wang, true)).toBe('incidents.in_review');
    desk.state = { ...desk.state, answers: desk.state.answers.map((answer) => ({ ...answer, kind: 'holding' })) };
    expect(resolve(wang)).toBe('incidents.not_answered');
  });

  it('what three people told us is not dismissed by its flagger alone', () => {
    const desk = new IncidentDesk().flag();
    for (let n = 0; n < 2; n++) desk.apply(TRIES.reported(desk, wang), wang);
    expect(codeOf(TRIES.dismissed(desk, wang))).toBe('incidents.second_person');
    expect(codeOf(TRIES.dismissed(desk, tang))).toBe('dismissed');
  });
});

describe('the fold', () => {
  const HAPPENINGS: Readonly<Record<EventType, object>> = {
    flagged: {},
    triaged: { ...triageInput(), leadUnit: WENSHU, level: 0 },
    assigned: { lead: wang.person, accepted: false },
    accepted: { lead: wang.person },
    reported: {
      unit: BABAO,
      text: '八宝街也停了',
      again: false,
      weight: { report: 1, repeat: 0, mention: 0, spread: 0.5 },
    },
    noted: { text: '泵房电缆烧毁', about: 'known' },
    regraded: { severity: 'II', why: '影响扩大' },
    verified: { verification: 'verified', evidence: '抢修单' },
    answered: {
      response: id(700),
      revision: 1,
      kind: 'holding',
      at: '2026-11-22T02:26:00Z',
      nextAt: '2026-11-22T07:00:00Z',
    },
    resolved: { why: '来水了' },
    dismissed: { reason: 'test' },
  };

  it('a snapshot and what follows is what somebody who read everything has', () => {
    const desk = new IncidentDesk().flag();
    for (const type of Object.keys(incidentsEvents) as EventType[]) {
      if (type !== 'flagged') desk.put(type, HAPPENINGS[type]);
    }
    expect(new Set(desk.events.map((event) => event.type))).toEqual(new Set(Object.keys(incidentsEvents)));
    foldLaw({ initial: noIncident, evolve }, desk.events);
  });

  it('facts move with every change of what is known, and with nothing else', () => {
    const moves: EventType[] = ['triaged', 'noted', 'regraded', 'verified'];
    for (const type of Object.keys(HAPPENINGS) as EventType[]) {
      if (type === 'flagged') continue;
      const desk = new IncidentDesk().flag();
      const before = desk.state.factVersion;
      desk.put(type, HAPPENINGS[type]);
      expect(desk.state.factVersion - before, type).toBe(moves.includes(type) ? 1 : 0);
      expect(desk.state.version, type).toBe(2);
    }
  });

  it('an event of a type that is not known yet changes nothing but the version', () => {
    const desk = new IncidentDesk().flag();
    const before = desk.state;
    desk.apply({ type: 'constructor', data: {} }, wang);
    expect(desk.state).toEqual({ ...before, version: 2 });
  });

  it('a view holds what its schema says and no more', () => {
    const desk = new IncidentDesk().flag();
    for (const type of ['triaged', 'assigned', 'noted', 'answered'] as const) desk.put(type, HAPPENINGS[type]);
    const timeline = toTimeline(desk.events);
    const view = toView(desk.state, START, { responses: [], timeline, may: allowed(desk.state, desk.asked(wang)) });
    const schema = incidentsTable.view.output.entries.incident;
    expect(Object.keys(view).sort()).toEqual(Object.keys(schema.entries).sort());
    expect(view.timeline.map((entry) => entry.type)).toEqual(['answered', 'noted', 'assigned', 'triaged', 'flagged']);
  });
});

import { describe, expect, it } from 'vitest';
import { isFailure } from '#shared/wire/error.ts';
import { allowed } from '#shared/incidents/incidents.decide.ts';
import { incidentsErrors } from '#shared/incidents/incidents.errors.ts';
import { STATES, type State } from '#shared/incidents/incidents.rules.ts';
import { ACTIONS } from '#shared/incidents/incidents.schema.ts';
import type { Column } from '#shared/people/people.policy.ts';
import {
  BABAO,
  ELSEWHERE,
  holder,
  huang,
  IncidentDesk,
  STREET,
  triageInput,
  wang,
  WENSHU,
} from '../support/incident-desk.ts';
import { codeOf, inState, TRIES } from '../support/incident-tries.ts';

const MAY_BEGIN: Readonly<Record<(typeof ACTIONS)[number], readonly State[]>> = {
  triaged: ['flagged'],
  assigned: ['triaged', 'active', 'monitoring'],
  accepted: ['triaged'], // once somebody leads there is nothing left to accept
  reported: STATES,
  noted: STATES,
  regraded: ['triaged', 'active', 'monitoring'],
  verified: ['triaged', 'active', 'monitoring'],
  resolved: ['active', 'monitoring'],
  dismissed: ['flagged', 'triaged'],
};

describe('every transition in every state', () => {
  for (const action of ACTIONS) {
    for (const state of STATES) {
      it(`${action} from ${state}`, () => {
        const may = MAY_BEGIN[action].includes(state);
        const desk = inState(state);
        const decided = TRIES[action](desk, wang);
        expect(isFailure(decided)).toBe(!may);
        if (isFailure(decided)) expect(incidentsErrors).toHaveProperty([decided.failed]);
        expect(allowed(desk.state, desk.asked(wang)).includes(action)).toBe(may);
      });
    }
  }
});

const ROLES: readonly Column[] = [
  'worker',
  'officer',
  'spokesperson',
  'deputy',
  'approver',
  'moderator',
  'auditor',
  'admin',
];
const READS: readonly Column[] = ['officer', 'spokesperson', 'deputy', 'approver', 'auditor'];
const NOTES: readonly Column[] = ['officer', 'spokesperson', 'deputy', 'approver'];

describe('every transition by every role', () => {
  const startOf: Readonly<Record<(typeof ACTIONS)[number], State>> = {
    triaged: 'flagged',
    assigned: 'triaged',
    accepted: 'triaged',
    reported: 'active',
    noted: 'active',
    regraded: 'triaged',
    verified: 'triaged',
    resolved: 'active',
    dismissed: 'flagged',
  };
  for (const role of ROLES) {
    for (const [where, unit] of [
      ['the same unit', WENSHU],
      ['above', STREET],
      ['another community', BABAO],
      ['another city', ELSEWHERE],
    ] as const) {
      it(`${role} of ${where}`, () => {
        const inScope = unit === WENSHU || unit === STREET;
        for (const action of ACTIONS) {
          const desk = inState(startOf[action]);
          // The lead alone resolves, so that the role is all that differs.
          const actor = holder(role, unit, action === 'resolved' ? wang.person : undefined);
          const code = codeOf(TRIES[action](desk, actor));
          const may = inScope && (action === 'noted' ? NOTES : ['officer']).includes(role);
          if (may) expect(code, action).toBe(action);
          else expect(code, action).toBe(inScope && READS.includes(role) ? 'forbidden' : 'not_found');
        }
      });
    }
  }

  it('a right of an affected community counts as one of the lead unit does', () => {
    const desk = new IncidentDesk().flag();
    expect(codeOf(TRIES.noted(desk, huang))).toBe('not_found');
    desk.put('triaged', { ...triageInput({ communities: [WENSHU, BABAO] }), leadUnit: STREET, level: 1 });
    expect(codeOf(TRIES.noted(desk, huang))).toBe('noted');
  });

  it('an appointment that is over gives nothing', () => {
    const desk = new IncidentDesk().flag();
    const former = {
      ...wang,
      appointments: wang.appointments.map((held) => ({ ...held, until: '2026-11-01T00:00:00Z' })),
    };
    expect(codeOf(TRIES.triaged(desk, former))).toBe('not_found');
  });
});

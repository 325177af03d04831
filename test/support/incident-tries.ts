import { isFailure, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import {
  decideAccept,
  decideAssign,
  decideDismiss,
  decideNote,
  decideRegrade,
  decideReport,
  decideResolve,
  decideTriage,
  decideVerify,
} from '#shared/incidents/incidents.decide.ts';
import type { State } from '#shared/incidents/incidents.rules.ts';
import type { ACTIONS } from '#shared/incidents/incidents.schema.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { id, IncidentDesk, START, tang, triageInput, wang, WENSHU } from './incident-desk.ts';

export const on = { id: id(600), incident: id(500), expected: 1 };
export const lead = { unit: WENSHU, level: 0 };
export const codeOf = (decided: EventDraft | Failure): string => (isFailure(decided) ? decided.failed : decided.type);

type Try = (desk: IncidentDesk, actor: Actor) => EventDraft | Failure;
export const TRIES: Readonly<Record<(typeof ACTIONS)[number], Try>> = {
  triaged: (desk, actor) => decideTriage(desk.state, triageInput(), { ...desk.asked(actor), lead }),
  assigned: (desk, actor) =>
    decideAssign(desk.state, { ...on, lead: actor.person }, { ...desk.asked(actor), eligible: true }),
  accepted: (desk, actor) => decideAccept(desk.state, desk.asked(actor)),
  reported: (desk, actor) => decideReport(desk.state, { ...on, unit: WENSHU, text: '五单元也没水' }, desk.asked(actor)),
  noted: (desk, actor) => decideNote(desk.state, { ...on, text: '水务公司已到' }, desk.asked(actor)),
  regraded: (desk, actor) => decideRegrade(desk.state, { ...on, severity: 'II', why: '扩大' }, desk.asked(actor)),
  verified: (desk, actor) =>
    decideVerify(desk.state, { ...on, verification: 'verified', evidence: '抢修单' }, desk.asked(actor)),
  resolved: (desk, actor) => decideResolve(desk.state, on, { ...desk.asked(actor), inReview: false }),
  dismissed: (desk, actor) => decideDismiss(desk.state, { ...on, reason: 'test' }, desk.asked(actor)),
};

/** An incident in this state, led by 王敏 where somebody leads, with a final text out. */
export function inState(state: State): IncidentDesk {
  const desk = new IncidentDesk().flag();
  desk.state = { ...desk.state, state };
  if (state === 'active' || state === 'monitoring') {
    const at = new Date(START).toISOString();
    const answer = { response: id(700), revision: 1, kind: 'final', at, code: null, nextAt: null };
    desk.state = {
      ...desk.state,
      lead: { person: wang.person, at, by: tang.person, acceptedAt: at },
      answers: [answer],
    };
  }
  return desk;
}

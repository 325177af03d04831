import { mayAny, type Actor, type Scope } from '#shared/people/people.rules.ts';
import type { Action } from '#shared/people/people.policy.ts';
import { fail, isFailure, type Failure } from '#shared/wire/error.ts';
import type { FileFacts } from '#shared/wire/files.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import { CURRENT_PACK } from './incidents.clocks.ts';
import {
  SEVERITIES,
  type DataOf,
  type EventType,
  type Provenance,
  type Severity,
  type Similar,
} from './incidents.events.ts';
import { COLD, weigh } from './incidents.heat.ts';
import type { Incident, State } from './incidents.rules.ts';
import type {
  AssignInput,
  DismissInput,
  FlagInput,
  NoteInput,
  RegradeInput,
  ReportInput,
  ResolveInput,
  TriageInput,
  VerifyInput,
} from './incidents.schema.ts';

/*
 * What may happen to an incident (incidents §3.2). Each decider answers with one event or a refusal. The order of
 * refusals is fixed: who may not read hears `not_found`, who may read but not act hears `forbidden`, then the state.
 *
 * A first report needs nobody's leave (突发事件应对法 Art. 61): nothing here can stop T1 but the right to flag.
 */

/** Who asks, when, and where: `scopes` are the lead unit and every affected one. */
export interface Asked {
  actor: Actor;
  now: Date;
  scopes: readonly Scope[];
}

type Decided<T extends EventType> = EventDraft<T, DataOf<T>> | Failure;

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Only what was given: a field left out stays out of the event, whose hash knows no `undefined`. */
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;

/** Where each transition may begin. `null`: wherever there is an incident. */
const FROM: Readonly<Record<Exclude<EventType, 'flagged' | 'answered'>, readonly State[] | null>> = {
  triaged: ['flagged'],
  assigned: ['triaged', 'active', 'monitoring'],
  accepted: ['triaged', 'active', 'monitoring'],
  reported: null, // a report is never turned away (I1), whatever has become of the incident
  noted: null,
  regraded: ['triaged', 'active', 'monitoring'],
  verified: ['triaged', 'active', 'monitoring'],
  resolved: ['active', 'monitoring'],
  dismissed: ['flagged', 'triaged'],
};

/** The right each transition takes, of the lead unit or an affected one. */
const TAKES: Readonly<Record<keyof typeof FROM, Action>> = {
  triaged: 'incident.triage',
  assigned: 'incident.assign',
  accepted: 'incident.assign',
  reported: 'incident.flag',
  noted: 'incident.note',
  regraded: 'incident.triage',
  verified: 'incident.triage',
  resolved: 'incident.assign',
  dismissed: 'incident.triage',
};

/** Kinds of response after which an incident may be called resolved. */
const LAST_WORDS: ReadonlySet<string> = new Set(['final', 'refutation', 'none_needed']);

function refusal(state: Incident, type: keyof typeof FROM, asked: Asked): Failure | undefined {
  const { actor, now, scopes } = asked;
  if (state.state === 'none' || !mayAny(actor, 'incident.read', scopes, now)) return fail('not_found');
  if (!mayAny(actor, TAKES[type], scopes, now)) return fail('forbidden');
  const from = FROM[type];
  return from === null || from.includes(state.state) ? undefined : fail('incidents.wrong_state');
}

/** What this actor may do now, by posts and state; the client shows these buttons and no others. */
export function allowed(state: Incident, asked: Asked): (keyof typeof FROM)[] {
  const types = Object.keys(FROM) as (keyof typeof FROM)[];
  const open = types.filter((type) => refusal(state, type, asked) === undefined);
  const { person } = asked.actor;
  return open.filter((type) => {
    if (type === 'accepted') return !isFailure(acceptable(state, person));
    if (type === 'resolved') {
      const isLead = state.lead?.person === person && state.lead.acceptedAt !== null;
      return isLead && LAST_WORDS.has(state.answers.at(-1)?.kind ?? '');
    }
    return true;
  });
}

/** What the server found out for a flag. The right was asked of the unit: the incident does not exist yet. */
export interface FlagFacts {
  now: Date;
  code: string;
  level: number;
  similar: readonly Similar[];
  from: Provenance | undefined;
  /** What is known of the files named. */
  files: readonly FileFacts[];
}

/** T1. `knownAt` may lie earlier, never later: a phone whose clock runs ahead is not turned away but read as now. */
export function decideFlag(input: FlagInput, facts: FlagFacts): EventDraft<'flagged', DataOf<'flagged'>> {
  const { unit, title, what, where, source, severity, category, exercise = false, knownAt } = input;
  const { now, code, level, from, similar } = facts;
  const named = facts.files.length > 0 ? [...facts.files] : undefined;
  const known = Math.min(knownAt === undefined ? now.getTime() : Date.parse(knownAt), now.getTime());
  return {
    type: 'flagged',
    data: given({
      unit,
      title,
      what,
      where,
      source,
      severity,
      category,
      files: named?.map((file) => file.id),
      fileFacts: named,
      from,
      exercise,
      knownAt: new Date(known).toISOString(),
      code,
      level,
      pack: CURRENT_PACK,
      similar: [...similar],
      weight: weigh(COLD, { kind: 'flag', unit, at: now.getTime(), linked: from !== undefined }),
    }),
  };
}

/** The unit that leads, as the tree has it; undefined where the communities have none in common. */
export interface TriageFacts extends Asked {
  lead: { unit: string; level: number } | undefined;
}

/** T2. */
export function decideTriage(state: Incident, input: TriageInput, facts: TriageFacts): Decided<'triaged'> {
  const refused = refusal(state, 'triaged', facts) ?? ungraded(input) ?? unproven(state, input);
  if (refused !== undefined) return refused;
  if (facts.lead === undefined) return fail('incidents.no_common_unit');
  const { severity, category, verification, mustAnswer, evidence, reason } = input;
  const { unit: leadUnit, level } = facts.lead;
  const communities = [...new Set(input.communities)];
  return {
    type: 'triaged',
    data: given({ severity, category, communities, verification, mustAnswer, evidence, reason, leadUnit, level }),
  };
}

/** The law grades no social-security event (突发事件应对法 Art. 3). */
function ungraded({ severity, category }: { severity: Severity; category: string }): Failure | undefined {
  return category === 'security' && severity !== 'U' ? fail('incidents.never_graded') : undefined;
}

/** T6: what is called refuted names what shows it. A verdict at triage rests on the reports themselves. */
function unproven(
  state: Incident,
  { verification, evidence }: { verification: string; evidence?: string | undefined },
): Failure | undefined {
  if (state.state === 'flagged' || evidence !== undefined) return undefined;
  return verification === 'verified' || verification === 'refuted' ? fail('incidents.evidence_needed') : undefined;
}

/** T3 and T4. `eligible`: the lead is an officer of a unit concerned or above. Assigning yourself is accepting. */
export function decideAssign(
  state: Incident,
  input: AssignInput,
  facts: Asked & { eligible: boolean },
): Decided<'assigned'> {
  const refused = refusal(state, 'assigned', facts);
  if (refused !== undefined) return refused;
  if (!facts.eligible) return fail('incidents.not_eligible');
  return { type: 'assigned', data: { lead: input.lead, accepted: input.lead === facts.actor.person } };
}

/** Whether this person can accept: it was assigned to them, or nobody leads yet and they take it. */
function acceptable(state: Incident, person: string): { lead: string } | Failure {
  if (state.lead === null || state.lead.person === person) {
    return state.lead?.acceptedAt == null ? { lead: person } : fail('incidents.already_accepted');
  }
  return fail(state.lead.acceptedAt === null ? 'incidents.not_lead' : 'incidents.already_accepted');
}

/** T3/T4 from the other side: stops C8. */
export function decideAccept(state: Incident, asked: Asked): Decided<'accepted'> {
  const refused = refusal(state, 'accepted', asked);
  if (refused !== undefined) return refused;
  const taken = acceptable(state, asked.actor.person);
  return isFailure(taken) ? taken : { type: 'accepted', data: taken };
}

/** Another report of the same thing: stored and linked, never suppressed; a repeat is often an escalation. */
export function decideReport(state: Incident, input: ReportInput, asked: Asked): Decided<'reported'> {
  const refused = refusal(state, 'reported', asked);
  if (refused !== undefined) return refused;
  const { unit, text, source, again = false } = input;
  const told = { kind: 'report', unit, again, known: source !== undefined, at: asked.now.getTime() } as const;
  return {
    type: 'reported',
    data: given({ unit, text, source, again, weight: weigh(state.heat, told) }),
  };
}

/** A line on the timeline; with `about`, a fact as it now stands. */
export function decideNote(state: Incident, input: NoteInput, asked: Asked): Decided<'noted'> {
  const { text, about } = input;
  return refusal(state, 'noted', asked) ?? { type: 'noted', data: given({ text, about }) };
}

/** Position in the list: a higher number is a lower severity. U stands apart and counts as neither. */
const rank = (severity: Severity): number => (severity === 'U' ? 0 : SEVERITIES.indexOf(severity) + 1);

/** T5. Raising is free; lowering takes somebody other than who graded it. */
export function decideRegrade(state: Incident, input: RegradeInput, asked: Asked): Decided<'regraded'> {
  const { severity, why } = input;
  const refused = refusal(state, 'regraded', asked) ?? ungraded({ severity, category: state.category });
  if (refused !== undefined) return refused;
  const lowers = rank(state.severity) !== 0 && (severity === 'U' || rank(severity) > rank(state.severity));
  if (lowers && state.gradedBy === asked.actor.person) return fail('incidents.second_person');
  return { type: 'regraded', data: { severity, why } };
}

/** T6. */
export function decideVerify(state: Incident, input: VerifyInput, asked: Asked): Decided<'verified'> {
  const { verification, evidence } = input;
  return (
    refusal(state, 'verified', asked) ??
    unproven(state, input) ?? {
      type: 'verified',
      data: given({ verification, evidence }),
    }
  );
}

/** T10. `inReview`: a response is under review, approved or waiting. */
export function decideResolve(
  state: Incident,
  input: ResolveInput,
  facts: Asked & { inReview: boolean },
): Decided<'resolved'> {
  const refused = refusal(state, 'resolved', facts);
  if (refused !== undefined) return refused;
  if (state.lead?.person !== facts.actor.person || state.lead.acceptedAt === null) return fail('forbidden');
  if (facts.inReview) return fail('incidents.in_review');
  if (!LAST_WORDS.has(state.answers.at(-1)?.kind ?? '')) return fail('incidents.not_answered');
  return { type: 'resolved', data: given({ why: input.why }) };
}

const MANY_REPORTERS = 3;

/** T12. Where three people or more have told us, whoever flagged it cannot dismiss it alone. */
export function decideDismiss(state: Incident, input: DismissInput, asked: Asked): Decided<'dismissed'> {
  const refused = refusal(state, 'dismissed', asked);
  if (refused !== undefined) return refused;
  const { reason, why } = input;
  if (state.heat.reporters >= MANY_REPORTERS && [state.flaggedBy, state.gradedBy].includes(asked.actor.person)) {
    return fail('incidents.second_person');
  }
  return { type: 'dismissed', data: given({ reason, why }) };
}

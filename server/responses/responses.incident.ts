import type { Action } from '#shared/people/people.policy.ts';
import { grants, inForce, type Actor, type Grant, type UnitTree } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { Context, IncidentFacts } from '#shared/responses/responses.decide.ts';
import type { Severity, SpokenBy, UnitName } from '#shared/responses/responses.events.ts';

/* What a response asks of the incident it answers, and of the people around it: all of it handed in by the roof. */

/** An incident as it stands at its durable head. */
export interface IncidentRead {
  incident: string;
  code: string;
  title: string;
  exercise: boolean;
  open: boolean;
  severity: Severity;
  category: string;
  verification: string;
  factVersion: number;
  leadUnit: string;
  /** The officer who leads it, or was asked to. */
  lead: string | null;
  /** Each affected unit first in its path. */
  affectedPaths: readonly (readonly string[])[];
  /** What the incident already answers: the first words of a draft. */
  known: string | null;
  unknown: string | null;
  doing: string | null;
  /** Who wrote these, and the title: a draft begins with their words. */
  authors: readonly string[];
}

export interface Around {
  incidents: {
    factsOf: (incident: string) => Promise<IncidentRead | undefined>;
    /** Whether a right holds for the lead unit or any affected one. */
    mayOn: (actor: Actor, incident: string, action: Action) => Promise<boolean>;
  };
  units: UnitTree;
  /** A person with every post and delegation, for what happens in their name while they are away. */
  actorOf: (person: string) => Actor | undefined;
  /** Name, post in words and name of the unit the post is in. */
  cardOf: (person: string) => { name: string; post: string; unitName: string } | undefined;
  /** Everybody an accepted delegation joins to this person now or in the last 24 hours, in either direction. */
  joinedTo: (person: string) => readonly string[];
  clock: Clock;
}

/** A right on the lead unit alone: signing, publishing, withdrawing (contract: "Which unit"). */
const onLead = (around: Around, ask: { actor: Actor; action: Action; lead: string; at?: Date }): Grant[] =>
  grants(ask.actor, ask.action, { path: around.units.path(ask.lead) }, ask.at ?? around.clock.now());

/** Whether somebody's posts and delegations, as they are known now, still let them publish at a later moment. */
export const mayPublishAt = (around: Around, actor: Actor, ask: { lead: string; at: Date }): boolean =>
  onLead(around, { actor, action: 'response.publish', ...ask }).length > 0;

/** Whether what an account did at a moment was its person's to do, for all that is known by now. */
const isTheirs = ({ anew }: Actor, at: string): boolean => anew === undefined || Date.parse(at) > Date.parse(anew);

/** Who speaks in somebody's name at this moment, as they set it at another; undefined where that counts no more. */
export function speakerOf(around: Around, person: string, lead: string, set: string): SpokenBy | undefined {
  const actor = around.actorOf(person);
  if (actor === undefined || !isTheirs(actor, set)) return undefined;
  return speakerFor(around, actor, onLead(around, { actor, action: 'response.publish', lead }));
}

function unitName(units: UnitTree, id: string): UnitName[] {
  const unit = units.get(id);
  return unit === undefined ? [] : [{ id, code: unit.code, name: unit.name }];
}

function toFacts(around: Around, read: IncidentRead): IncidentFacts {
  const { units } = around;
  const affected = read.affectedPaths.flatMap((path) => path.slice(0, 1));
  const touched = [...new Set([read.leadUnit, ...affected])];
  return {
    incident: read.incident,
    factVersion: read.factVersion,
    exercise: read.exercise,
    open: read.open,
    // Where the unit has closed, whoever took its place: a signature from that one is none from above.
    leadUnit: units.path(read.leadUnit)[0] ?? read.leadUnit,
    about: {
      code: read.code,
      severity: read.severity,
      category: read.category,
      verification: read.verification,
      units: touched.flatMap((id) => unitName(units, id)),
      scopes: [...new Set(touched.flatMap((id) => units.path(id)))],
    },
  };
}

async function readNow(around: Around, incident: string): Promise<IncidentRead> {
  const read = await around.incidents.factsOf(incident);
  if (read === undefined) throw new AppError('not_found');
  return read;
}

/** The facts at this moment. Throws `not_found` where there is no such incident. */
export const factsNow = async (around: Around, incident: string): Promise<IncidentFacts> =>
  toFacts(around, await readNow(around, incident));

/**
 * Whether somebody may take back a moment that was set (incidents R8). An officer only as the incident's lead, whose
 * post may be in any unit it touches; the others where they could publish or sign.
 */
async function mayUnschedule(around: Around, actor: Actor, read: IncidentRead): Promise<boolean> {
  const action = 'response.unschedule';
  if (read.lead === actor.person) return around.incidents.mayOn(actor, read.incident, action);
  return onLead(around, { actor, action, lead: read.leadUnit }).some(({ role }) => role !== 'officer');
}

/**
 * Whether somebody who signed at a moment could still sign, and with the posts of now could have signed then: nobody's
 * signature counts once they are suspended or out of office, nor again when they are back. What an account signed
 * before its second factor was reset may have been somebody else's.
 */
export const signsFor =
  (around: Around, lead: string): Context['signs'] =>
  (person, at) => {
    const actor = around.actorOf(person);
    if (actor === undefined || !isTheirs(actor, at)) return false;
    const signed = { actor, action: 'response.approve' as const, lead };
    return [new Date(at), around.clock.now()].every((moment) => onLead(around, { ...signed, at: moment }).length > 0);
  };

/** Facts, rights and time for one decision. Throws `not_found` where there is no such incident. */
export async function contextFor(around: Around, actor: Actor, incident: string): Promise<Context> {
  const read = await readNow(around, incident);
  const facts = toFacts(around, read);
  const { mayOn } = around.incidents;
  const lead = facts.leadUnit;
  const now = around.clock.now();
  return {
    asker: {
      person: actor.person,
      agents: [...new Set([actor.person, ...around.joinedTo(actor.person)])],
      rights: {
        read: await mayOn(actor, incident, 'incident.read'),
        draft: await mayOn(actor, incident, 'response.draft'),
        return: await mayOn(actor, incident, 'response.return'),
        unschedule: await mayUnschedule(around, actor, read),
        correct: await mayOn(actor, incident, 'response.correct'),
        withdraw: onLead(around, { actor, action: 'response.withdraw', lead }).length > 0,
        approve: onLead(around, { actor, action: 'response.approve', lead }),
        publish: onLead(around, { actor, action: 'response.publish', lead }),
      },
    },
    facts,
    now,
    signs: signsFor(around, lead),
  };
}

/** Who would speak: in their own post where they hold one, else for the principal of a running delegation. */
export function speakerFor(around: Around, actor: Actor, publish: readonly Grant[]): SpokenBy | undefined {
  const grant = publish.find((held) => held.principal === undefined) ?? publish[0];
  const card = around.cardOf(actor.person);
  if (grant === undefined || card === undefined) return undefined;
  const unit = around.units.get(grant.unit)?.name ?? card.unitName;
  const by = { person: actor.person, name: card.name, post: card.post, unit };
  if (grant.principal === undefined) return by;
  const now = around.clock.now();
  const { principal } = grant;
  const held = actor.delegations.find((one) => one.principal === principal && inForce(one, now));
  const name = around.cardOf(principal)?.name ?? '';
  return held === undefined ? by : { ...by, actingFor: { name, until: held.until } };
}

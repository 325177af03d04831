import { inForce, may, type Actor, type Scope } from './people.rules.ts';
import type { CoverageSpan } from './units.schema.ts';

type Lack = CoverageSpan['lacks'][number];

/** Whether a delegation that runs joins the two: neither may sign what the other had a hand in (security §4.3). */
function areJoined(a: Actor, b: Actor, at: Date): boolean {
  const actsFor = (one: Actor, other: Actor): boolean =>
    one.delegations.some((held) => held.principal === other.person && inForce(held, at));
  return actsFor(a, b) || actsFor(b, a);
}

/**
 * Who may speak for a unit and who may sign at one moment, and what is missing for a response to go out: somebody to
 * speak, somebody to sign, or, where there are both, one who signs other than who speaks.
 */
function coverageAt(people: readonly Actor[], scope: Scope, at: Date): Omit<CoverageSpan, 'from' | 'until'> {
  const speaking = people.filter((actor) => may(actor, 'response.publish', scope, at));
  const signing = people.filter((actor) => may(actor, 'response.approve', scope, at));
  const isPair = (a: Actor, b: Actor): boolean => a.person !== b.person && !areJoined(a, b, at);
  const lacks: Lack[] = [];
  if (speaking.length === 0) lacks.push('speaker');
  if (signing.length === 0) lacks.push('approver');
  if (lacks.length === 0 && !speaking.some((a) => signing.some((b) => isPair(a, b)))) lacks.push('other');
  return { speakers: speaking.map(({ person }) => person), approvers: signing.map(({ person }) => person), lacks };
}

const isSame = (a: CoverageSpan, b: CoverageSpan): boolean =>
  JSON.stringify([a.speakers, a.approvers, a.lacks]) === JSON.stringify([b.speakers, b.approvers, b.lacks]);

/**
 * The same for every moment from `from` to `until`. Between two moments at which a post or a delegation begins or ends
 * nothing can change, so the policy is asked once in each such stretch; stretches that are alike are one.
 */
export function coverage(people: readonly Actor[], scope: Scope, time: { from: Date; until: Date }): CoverageSpan[] {
  const [begin, end] = [time.from.getTime(), time.until.getTime()];
  const dated = people.flatMap((actor) => [...actor.appointments, ...actor.delegations]);
  const turns = dated.flatMap(({ from, until }) => [Date.parse(from), until === null ? end : Date.parse(until)]);
  const inside = turns.filter((at) => begin < at && at < end);
  const starts = [...new Set([begin, ...inside])].sort((a, b) => a - b);
  const spans: CoverageSpan[] = [];
  for (const [n, start] of starts.entries()) {
    const at = new Date(start);
    const until = new Date(starts[n + 1] ?? end).toISOString();
    const span = { from: at.toISOString(), until, ...coverageAt(people, scope, at) };
    const last = spans.at(-1);
    if (last !== undefined && isSame(last, span)) last.until = until;
    else spans.push(span);
  }
  return spans;
}

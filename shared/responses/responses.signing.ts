import { fail, type Failure } from '#shared/wire/error.ts';
import type { Kind, Severity } from './responses.events.ts';
import { kindAtWork, type Approval, type Response } from './responses.rules.ts';

/* Whose signatures count, and when they are enough. */

/**
 * Signatures a severity asks for (incidents §3.3 R9). For II the unit above is informed by the incident's clocks; its
 * signature is not asked for.
 */
export const SIGNATURES: Readonly<Record<Severity, { signatures: number; upper: number }>> = {
  I: { signatures: 2, upper: 1 },
  II: { signatures: 1, upper: 0 },
  III: { signatures: 1, upper: 0 },
  IV: { signatures: 1, upper: 0 },
  U: { signatures: 1, upper: 0 },
};

const HOUR = 3_600_000;
/** How long a signature holds (R9), ms. */
const SIGNED_FOR: Readonly<Record<Kind, number>> = {
  holding: 2 * HOUR,
  statement: 24 * HOUR,
  update: 24 * HOUR,
  correction: 24 * HOUR,
  refutation: 24 * HOUR,
  final: 24 * HOUR,
  none_needed: 24 * HOUR,
};

/** Two sets of people joined by at least one. */
export const overlap = (a: readonly string[], b: readonly string[]): boolean => a.some((person) => b.includes(person));

/** Enough signatures, where a principal and a delegate are one pair of eyes. */
export function isEnough(approvals: readonly Approval[], severity: Severity): boolean {
  const pairs: Approval[] = [];
  for (const approval of [...approvals].sort((a, b) => Number(b.upper) - Number(a.upper))) {
    if (!pairs.some((other) => overlap(other.agents, approval.agents))) pairs.push(approval);
  }
  const needed = SIGNATURES[severity];
  return pairs.length >= needed.signatures && pairs.filter((pair) => pair.upper).length >= needed.upper;
}

/** What a signature is held against: the facts and the time at which it is asked for. */
interface Against {
  facts: { factVersion: number };
  now: Date;
}

/** Signatures that still hold: on these bytes, on these facts, and young enough. */
export function valid(state: Response, { facts, now }: Against): Approval[] {
  const since = now.getTime() - SIGNED_FOR[kindAtWork(state)];
  return state.approvals.filter(
    (approval) =>
      approval.contentHash === state.frozen?.contentHash &&
      approval.factVersion === facts.factVersion &&
      Date.parse(approval.at) >= since,
  );
}

/** Why the signatures on an approved text are not enough any more. */
export function lapsed(state: Response, { facts, now }: Against): Failure {
  if (state.approvals.some((approval) => approval.factVersion !== facts.factVersion)) {
    return fail('responses.facts_changed', { factVersion: facts.factVersion });
  }
  const since = now.getTime() - SIGNED_FOR[kindAtWork(state)];
  const isOld = state.approvals.some((approval) => Date.parse(approval.at) < since);
  return fail(isOld ? 'responses.approval_expired' : 'responses.not_enough_approvals');
}

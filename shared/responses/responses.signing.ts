import type { BlockReason, Kind, Severity } from './responses.events.ts';
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
export const SIGNED_FOR: Readonly<Record<Kind, number>> = {
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

/** What a signature is held against: the facts, the time at which it is asked for, and who may sign then. */
interface Against {
  facts: { factVersion: number; open: boolean; about: { severity: Severity } };
  now: Date;
  signs: (person: string, at: string) => boolean;
}

/** Signatures on these bytes and these facts, of whoever could sign them at this moment. */
export const standing = (state: Response, { facts, signs }: Omit<Against, 'now'>): Approval[] =>
  state.approvals.filter(
    ({ person, contentHash, factVersion, at }) =>
      contentHash === state.frozen?.contentHash && factVersion === facts.factVersion && signs(person, at),
  );

/** Those of them that are young enough. */
export function valid(state: Response, against: Against): Approval[] {
  const since = against.now.getTime() - SIGNED_FOR[kindAtWork(state)];
  return standing(state, against).filter(({ at }) => Date.parse(at) >= since);
}

/** Until when the signatures are enough, as the facts stand; ms since 1970, undefined where they are not. */
export function signedUntil(state: Response, against: Against): number | undefined {
  const held = valid(state, against).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  const needed = held.findIndex((_, n) => isEnough(held.slice(0, n + 1), against.facts.about.severity));
  const last = held[needed];
  return last && Date.parse(last.at) + SIGNED_FOR[kindAtWork(state)];
}

/** What stands in the way of a signed text going out now, if anything. */
export function obstacle(state: Response, against: Against): BlockReason | undefined {
  const { facts, now } = against;
  if (!facts.open && state.correction === null) return 'incident_closed';
  if (isEnough(valid(state, against), facts.about.severity)) return undefined;
  if (state.approvals.some((approval) => approval.factVersion !== facts.factVersion)) return 'facts_changed';
  const since = now.getTime() - SIGNED_FOR[kindAtWork(state)];
  const isOld = state.approvals.some((approval) => Date.parse(approval.at) < since);
  return isOld ? 'approval_expired' : 'not_enough_approvals';
}

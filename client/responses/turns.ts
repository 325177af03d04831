import type { Desk, ResponseView } from '#shared/responses/responses.schema.ts';
import { SIGNED_FOR } from '#shared/responses/responses.signing.ts';

/* Whose turn it is with a frozen text. Only what is offered: the hub decides each command for itself. */

export interface Turn {
  sign: boolean;
  publish: boolean;
}

type Text = Pick<ResponseView, 'state' | 'kind' | 'correction' | 'approvals' | 'planned' | 'blocked'>;
type Seen = Pick<Desk, 'may' | 'isContributor' | 'signedUntil' | 'factVersion'>;

/** How long a signature on this text holds, ms. */
export const signedFor = ({ kind, correction }: Pick<Text, 'kind' | 'correction'>): number =>
  SIGNED_FOR[correction === null ? kind : 'correction'];

/** Whether the signatures given so far are enough at a moment, ms since 1970. */
export const isSignedAt = ({ signedUntil }: Pick<Seen, 'signedUntil'>, at: number): boolean =>
  signedUntil !== null && Date.parse(signedUntil) >= at;

/** A signature is asked for where one is missing; for a set moment, once a new one would last until then. */
function wantsSigning(view: Text, desk: Seen, now: number): boolean {
  if (view.state === 'in_review' || view.state === 'withdrawing') return true;
  if (view.state !== 'scheduled') return !isSignedAt(desk, now);
  const at = Date.parse(view.planned?.publishAt ?? '');
  return !isSignedAt(desk, at) && now + signedFor(view) >= at;
}

const WAITS_TO_GO_OUT: ReadonlySet<string> = new Set(['approved', 'publish_blocked', 'publish_missed']);

export function turnOf(view: Text, desk: Seen, who: { person: string; now: number }): Turn {
  const { person, now } = who;
  const until = view.state === 'scheduled' ? Date.parse(view.planned?.publishAt ?? '') : now;
  const hasSigned = view.approvals.some(
    (one) =>
      one.person === person && one.factVersion === desk.factVersion && Date.parse(one.at) + signedFor(view) >= until,
  );
  const isReady = WAITS_TO_GO_OUT.has(view.state) && isSignedAt(desk, now) && view.blocked !== 'incident_closed';
  return {
    sign: desk.may.includes('approve') && !desk.isContributor && !hasSigned && wantsSigning(view, desk, now),
    publish: desk.may.includes('publish') && isReady,
  };
}

import type { Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import { event, wrongState, type Context } from './responses.decide.ts';
import type { BlockReason, DataOf, SpokenBy } from './responses.events.ts';
import { kindAtWork, type Response } from './responses.rules.ts';
import { isEnough, obstacle, standing } from './responses.signing.ts';
import { promisedAt } from './responses.text.ts';

/* How a signed text leaves the house: when the moment a spokesperson set has come, and the step after `publishing`. */

type Against = Pick<Context, 'facts' | 'now' | 'signs'>;

const LATE = 10 * 60_000; // ms (incidents R11): from here on residents may already have been told otherwise

/** Whom it concerns that a text did not go out: whoever was to speak, and whoever signed. */
const concerned = (state: Response, speakers: readonly string[]): string[] => [
  ...new Set([...speakers, ...state.approvals.map(({ person }) => person)]),
];

/**
 * What a moment that has come leads to. Everything is asked as for a publication by hand, and the right of whoever set
 * it once more: `spokenBy` is undefined where it has lapsed. No machine chooses another moment: what was missed waits
 * for people, but for a holding text, whose worth is that it is early.
 */
export function release(
  state: Response,
  { spokenBy, ...against }: Against & { spokenBy: SpokenBy | undefined },
): EventDraft | Failure {
  const { facts, now } = against;
  const { planned, frozen } = state;
  if (state.state !== 'scheduled' || planned === null || frozen === null) return wrongState(state);
  const waited = now.getTime() - Date.parse(planned.publishAt);
  if (waited < 0) return wrongState(state); // set anew since the list of what is due was read
  const people = concerned(state, planned.people);
  const isLate = waited > LATE;
  if (isLate && kindAtWork(state) !== 'holding')
    return event('publish_missed', { publishAt: planned.publishAt, people });
  const reason = hindrance(state, against);
  if (reason !== undefined) return event('publish_blocked', { reason, people });
  if (spokenBy === undefined) return event('publish_blocked', { reason: 'right_lapsed', people });
  return event('publishing', {
    n: state.n,
    contentHash: frozen.contentHash,
    factVersion: facts.factVersion,
    spokenBy,
    plannedFor: planned.publishAt,
    ...(isLate ? { late: true } : {}),
  });
}

/** The bytes and the published text they stand on are those the moment was set for; then all that holds for any text. */
function hindrance(state: Response, against: Against): BlockReason | undefined {
  const { planned, frozen } = state;
  const base = state.revisions.at(-1)?.contentHash ?? null;
  if (planned?.contentHash !== frozen?.contentHash || planned?.base !== base) return 'text_moved';
  return obstacle(state, against);
}

/**
 * The second step of publishing: the facts are read again after `publishing` has stopped the text from changing. Run
 * by whoever published, or by a consumer if the process died in between.
 */
export function settle(state: Response, publishing: DataOf<'publishing'>, against: Against): EventDraft | Failure {
  const { facts, now } = against;
  if (state.state !== 'publishing' || state.frozen === null) return wrongState(state);
  const { n, contentHash, spokenBy, plannedFor, late } = publishing;
  const people = concerned(state, [spokenBy.person, ...(state.planned?.people ?? [])]);
  if (facts.factVersion !== publishing.factVersion)
    return event('publish_blocked', { reason: 'facts_changed', people });
  if (!facts.open && state.correction === null) return event('publish_blocked', { reason: 'incident_closed', people });
  // Somebody who signed was suspended, or lost the post, between the two steps.
  if (!isEnough(standing(state, against), facts.about.severity))
    return event('publish_blocked', { reason: 'not_enough_approvals', people });
  const { text } = state.frozen;
  const nextAt = promisedAt(text, now);
  return event('published', {
    incident: state.incident,
    code: state.code,
    n,
    kind: kindAtWork(state),
    ...(state.correction === null ? {} : { class: state.correction.class }),
    headline: text.headline,
    contentHash,
    ...(nextAt === undefined ? {} : { nextAt }),
    spokenBy,
    about: facts.about,
    ...(plannedFor === undefined ? {} : { plannedFor }),
    ...(late === undefined ? {} : { late }),
  });
}

import type { Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import { event, wrongState, type Context } from './responses.decide.ts';
import type { DataOf } from './responses.events.ts';
import { kindAtWork, type Response } from './responses.rules.ts';
import { promisedAt } from './responses.text.ts';

/* How a signed text leaves the house. */

/**
 * The second step of publishing: the facts are read again after `publishing` has stopped the text from changing. Run
 * by whoever published, or by a consumer if the process died in between.
 */
export function settle(
  state: Response,
  publishing: DataOf<'publishing'>,
  { facts, now }: Pick<Context, 'facts' | 'now'>,
): EventDraft | Failure {
  if (state.state !== 'publishing' || state.frozen === null) return wrongState(state);
  if (facts.factVersion !== publishing.factVersion) return event('publish_blocked', { reason: 'facts_changed' });
  if (!facts.open && state.correction === null) return event('publish_blocked', { reason: 'incident_closed' });
  const { n, contentHash, spokenBy } = publishing;
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
  });
}

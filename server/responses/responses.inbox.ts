import type { DataOf } from '#shared/responses/responses.events.ts';
import type { Response } from '#shared/responses/responses.rules.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Around } from './responses.incident.ts';

/** What a response's event leaves in somebody's inbox, under an id derived from its cause: a repeat changes nothing. */
interface FollowUp {
  person: string;
  source: { id: string; actor: string };
  draft: EventDraft;
}

/**
 * Pointers for `person:` streams of those a publication that did not happen concerns. They say where to look, never
 * what is written there; whoever may not read the incident any more is not told.
 */
export function createFollowUps({ fold, around }: { fold: Fold<Response>; around: Around }) {
  return async (event: StreamEvent): Promise<FollowUp[]> => {
    if (event.type !== 'publish_blocked' && event.type !== 'publish_missed') return [];
    const { stream, seq } = event;
    const { people = [] } = event.data as DataOf<'publish_blocked' | 'publish_missed'>;
    const { incident } = (await fold.load(parseStream(stream)?.id ?? '')).state;
    const found: FollowUp[] = [];
    for (const person of people) {
      const actor = around.actorOf(person);
      if (actor === undefined || !(await around.incidents.mayOn(actor, incident, 'incident.read'))) continue;
      const source = { id: derivedId(sha256, event.id, `stopped ${person}`), actor: 'system' };
      found.push({ person, source, draft: { type: `responses.${event.type}`, data: { stream, seq } } });
    }
    return found;
  };
}

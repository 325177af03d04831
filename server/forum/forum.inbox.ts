import { sha256 } from '#server/platform/crypto.ts';
import type { RoomEvents } from '#shared/forum/forum.events.ts';
import { isRetracted, isWithin } from '#shared/forum/forum.rules.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import type { ForumAccess } from './forum.access.ts';

/** What a room event leaves in somebody's inbox, under an id derived from its cause: a repeat changes nothing. */
export interface FollowUp {
  person: string;
  source: { id: string; actor: string };
  draft: EventDraft;
}

/** The same on a unit's stream. */
export interface UnitFollowUp {
  unit: string;
  source: { id: string; actor: string };
  draft: EventDraft;
}

/**
 * A room that opens is told to its unit, so that lists which are open show it. One by invitation is not: it is there for
 * its members alone, who find it in their inbox.
 */
export function openedIn(event: StreamEvent): UnitFollowUp | undefined {
  if (event.type !== 'opened') return undefined;
  const { id, actor, stream, seq } = event;
  const { unit, kind } = event.data as RoomEvents['opened'];
  if (kind === 'members') return undefined;
  const source = { id: derivedId(sha256, id, 'forum.opened'), actor };
  return { unit, source, draft: { type: 'forum.opened', data: { stream, seq } } };
}

/**
 * Pointers for `person:` streams: mentions (also those that an edit adds) and rooms joined and left. They say where to
 * look, never what is written there; whoever may not read the room is not told of it.
 */
export function createFollowUps(deps: { access: ForumAccess; actorOf: (person: string) => Actor | undefined }) {
  const { access, actorOf } = deps;

  async function mayRead(person: string, room: string, seq: number): Promise<boolean> {
    const actor = actorOf(person);
    const seen = actor && (await access.sight(actor, room));
    return seen !== undefined && isWithin(seen.spans, seq) && !isRetracted(seen.state, seq);
  }

  async function mentioned(event: StreamEvent, people: readonly string[], seq: number): Promise<FollowUp[]> {
    const { stream, actor } = event;
    const room = parseStream(stream)?.id ?? '';
    const found: FollowUp[] = [];
    for (const person of people) {
      if (person === actor || !(await mayRead(person, room, seq))) continue;
      // By message and person: an edit that repeats a mention is the same pointer, one that adds a mention is new.
      const id = derivedId(sha256, `${stream}/${seq}`, `mention ${person}`);
      found.push({ person, source: { id, actor }, draft: { type: 'forum.mentioned', data: { stream, seq } } });
    }
    return found;
  }

  function moved(event: StreamEvent, person: string, type: 'forum.joined' | 'forum.left'): FollowUp {
    const { id, actor, stream, seq } = event;
    const source = { id: derivedId(sha256, id, `${type} ${person}`), actor };
    return { person, source, draft: { type, data: { stream, seq } } };
  }

  return async (event: StreamEvent): Promise<FollowUp[]> => {
    switch (event.type) {
      case 'posted':
        return mentioned(event, (event.data as RoomEvents['posted']).mentions ?? [], event.seq);
      case 'edited': {
        const { mentions = [], seq } = event.data as RoomEvents['edited'];
        return mentioned(event, mentions, seq);
      }
      case 'opened':
        return (event.data as RoomEvents['opened']).people.map((person) => moved(event, person, 'forum.joined'));
      case 'joined':
        return [moved(event, (event.data as RoomEvents['joined']).person, 'forum.joined')];
      case 'left':
        return [moved(event, (event.data as RoomEvents['left']).person, 'forum.left')];
      default:
        return [];
    }
  };
}

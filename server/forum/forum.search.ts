import { isRetracted, isWithin } from '#shared/forum/forum.rules.ts';
import type { forumTable, Message } from '#shared/forum/forum.schema.ts';
import { NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { matches, parseQuery, type SearchQuery } from '#shared/wire/search.ts';
import type { Sight } from './forum.access.ts';
import type { MessageRow } from './forum.model.ts';
import { toMessage } from './forum.project.ts';
import { createReach, inBatches, type Reach, type ReachDeps } from './forum.reach.ts';

const SCAN = 2_000; // messages looked through for a query too short for the index
const PAGE = 16; // candidates read of a room at a time, where there are many rooms: most give little to what is shown
const MAX_CANDIDATES = 400; // of one room and query: bounds a search for words that stand side by side nowhere

/** How far the search in one room has come, from its newest message backwards. */
interface Reading extends Reach {
  /** The newest seq not looked at. */
  to: number;
  candidates: number;
  /** When the last candidate was written; nothing newer is to come from here. */
  at: string | undefined;
  isDone: boolean;
}

const byTime = (a: Message, b: Message): number => (a.at === b.at ? b.seq - a.seq : a.at < b.at ? 1 : -1);

/**
 * Search in the rooms a person may read, newest first. Each room is read backwards, a page at a time, and only as long
 * as it may still hold something newer than what will be shown: the work follows the page, not the years of talk.
 */
export function createForumSearch(deps: ReachDeps) {
  const { access, actorOf } = deps;
  const reach = createReach(deps);
  const readPage = createPages(deps);

  /** Hits of all rooms, newest first: at least the newest `wanted`, if there are so many. */
  async function hitsIn(rooms: readonly Reach[], query: SearchQuery, wanted: number): Promise<Message[]> {
    const page = query.keys.length === 0 ? SCAN : rooms.length === 1 ? wanted : PAGE;
    const to = Number.MAX_SAFE_INTEGER;
    let open: Reading[] = rooms.map((room) => ({ ...room, to, candidates: 0, at: undefined, isDone: false }));
    const hits: Message[] = [];
    while (open.length > 0) {
      hits.push(...(await inBatches(open, (reading) => readPage(reading, query, page))).flat());
      hits.sort(byTime);
      // Between rooms there is no order but the clock's: it ranks hits and decides nothing.
      const last = hits[wanted - 1]?.at;
      open = open.filter(({ isDone, at }) => !isDone && (last === undefined || (at ?? last) >= last));
    }
    return hits;
  }

  /** Of hits that were read, those their reader may have now: what came after a removal may be among them. */
  async function readableNow(person: string, messages: readonly Message[]): Promise<Message[]> {
    const rooms = new Map<string, Sight | undefined>();
    for (const { room } of messages) {
      if (!rooms.has(room)) rooms.set(room, await access.sight(actorOf(person) ?? NOBODY, room));
    }
    return messages.filter(({ room, seq }) => {
      const seen = rooms.get(room);
      return seen !== undefined && isWithin(seen.spans, seq) && !isRetracted(seen.state, seq);
    });
  }

  return {
    /** Newest first. A query too short for the index is answered within one room only. */
    search: async (actor: Actor, { q, room, limit }: InputOf<(typeof forumTable)['search']>) => {
      const query = parseQuery(q);
      if (query.keys.length === 0 && room === undefined) throw new AppError('forum.query_too_short');
      const rooms = room === undefined ? (await reach.all(actor, undefined)).rooms : [await reach.one(actor, room)];
      const all = await hitsIn(rooms, query, limit + 1);
      const messages = await readableNow(actor.person, all.slice(0, limit));
      return { messages, more: all.length > limit };
    },
  };
}

function createPages({ model }: Pick<ReachDeps, 'model'>) {
  /** The next candidates of a room. Only what this person may read is looked at: the right comes before ranking (security #23). */
  async function candidates({ row, seen, to }: Reading, { keys }: SearchQuery, page: number): Promise<MessageRow[]> {
    const rows: MessageRow[] = [];
    for (const span of seen.spans.toReversed()) {
      const range = { from: span.from, to: Math.min(to, span.to ?? to) };
      const left = page - rows.length;
      if (left <= 0 || range.from > range.to) continue;
      rows.push(
        ...(keys.length > 0
          ? await model.withKeys(row._id, keys, range, left)
          : await model.newestIn(row._id, range, left)),
      );
    }
    return rows;
  }

  /** Reads one page of a room and says so in `reading`. */
  return async (reading: Reading, query: SearchQuery, page: number): Promise<Message[]> => {
    const rows = await candidates(reading, query, page);
    const last = rows.at(-1);
    reading.candidates += rows.length;
    reading.at = last?.at;
    reading.to = (last?.seq ?? 1) - 1;
    reading.isDone = rows.length < page || query.keys.length === 0 || reading.candidates >= MAX_CANDIDATES;
    return rows.filter((row) => !row.retracted && matches(query, row.text)).map(toMessage);
  };
}

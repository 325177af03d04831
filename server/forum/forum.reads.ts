import type { Named } from '#server/platform/files.rights.ts';
import type { Streams } from '#server/platform/streams.ts';
import { toMessage } from './forum.project.ts';
import { withoutWords } from '#shared/forum/forum.messages.rules.ts';
import { isRetracted, isWithin } from '#shared/forum/forum.rules.ts';
import type { forumTable } from '#shared/forum/forum.schema.ts';
import { NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import type { ForumAccess } from './forum.access.ts';
import { messageKey, type ForumModel, type MessageRow } from './forum.model.ts';
import type { ForumProjection } from './forum.project.ts';

export interface ReadDeps {
  streams: Streams;
  access: ForumAccess;
  model: ForumModel;
  projection: Pick<ForumProjection, 'bring'>;
  /** A person with their posts as of now; undefined for nobody. */
  actorOf: (person: string) => Actor | undefined;
}

/** A message as other features take it over: where it stands is proved by the hash of its event. */
export interface Quoted {
  hash: string;
  text: string;
  actor: string;
  at: string;
}

/** One room's messages, and what other features may ask of them. */
export function createForumReads({ streams, access, model, projection, actorOf }: ReadDeps) {
  return {
    messages: async (actor: Actor, { room, before, limit }: InputOf<(typeof forumTable)['messages']>) => {
      await access.mustSee(actor, room);
      await projection.bring(room);
      const { spans } = await access.mustSee(actor, room);
      const rows: MessageRow[] = [];
      const end = (before ?? Number.MAX_SAFE_INTEGER) - 1;
      for (const { from, to } of [...spans].reverse()) {
        const range = { from, to: Math.min(end, to ?? end) };
        if (rows.length <= limit) rows.push(...(await model.newestIn(room, range, limit + 1 - rows.length)));
      }
      // Asked after the rows were read, not before: they may hold what was written after this person was removed.
      const now = await access.mustSee(actorOf(actor.person) ?? NOBODY, room);
      const page = rows.slice(0, limit).filter(({ seq }) => isWithin(now.spans, seq));
      const messages = page
        .reverse()
        .map((row) => (isRetracted(now.state, row.seq) ? withoutWords(toMessage(row)) : toMessage(row)));
      return { messages, more: rows.length > limit };
    },

    /** A message as evidence, as its words stand now. Undefined where there is none or the actor may not read it. */
    messageAt: async (actor: Actor, room: string, seq: number): Promise<Quoted | undefined> => {
      await projection.bring(room);
      const [event] = await streams.read(`room:${room}`, seq, seq, 1);
      const [row] = await model.messages([messageKey(room, seq)]);
      if (event?.type !== 'posted' || row === undefined) return undefined;
      // After the reading: an edit may have come since this person was removed.
      const seen = await access.sight(actorOf(actor.person) ?? NOBODY, room);
      if (seen === undefined || !isWithin(seen.spans, seq) || isRetracted(seen.state, seq)) return undefined;
      return { hash: event.hash, text: row.text, actor: event.actor, at: event.at };
    },

    /** Whether a message that stands names this file, and whether this person may read one that does. */
    fileIn: async (actor: Actor, room: string, file: string): Promise<Named> => {
      await projection.bring(room); // a message taken back has no files in its row
      const rows = await model.naming(room, file);
      const seen = await access.sight(actorOf(actor.person) ?? NOBODY, room);
      const isOpen = ({ seq }: MessageRow): boolean =>
        seen !== undefined && isWithin(seen.spans, seq) && !isRetracted(seen.state, seq);
      return { stands: rows.length > 0, mayRead: rows.some(isOpen) };
    },
  };
}

import type { Streams } from '#server/platform/streams.ts';
import { toMessage } from './forum.project.ts';
import { withoutWords } from '#shared/forum/forum.messages.rules.ts';
import { isRetracted, isWithin } from '#shared/forum/forum.rules.ts';
import type { forumTable } from '#shared/forum/forum.schema.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import type { ForumAccess } from './forum.access.ts';
import { messageKey, type ForumModel, type MessageRow } from './forum.model.ts';
import type { ForumProjection } from './forum.project.ts';

export interface ReadDeps {
  streams: Streams;
  access: ForumAccess;
  model: ForumModel;
  projection: Pick<ForumProjection, 'bring'>;
}

/** A message as other features take it over: where it stands is proved by the hash of its event. */
export interface Quoted {
  hash: string;
  text: string;
  actor: string;
  at: string;
}

/** One room's messages, and what other features may ask of them. */
export function createForumReads({ streams, access, model, projection }: ReadDeps) {
  return {
    messages: async (actor: Actor, { room, before, limit }: InputOf<(typeof forumTable)['messages']>) => {
      await access.mustSee(actor, room);
      await projection.bring(room);
      // Asked again after the wait: no answer outlives the right it was read under, and what was taken back is known.
      const { state, spans } = await access.mustSee(actor, room);
      const rows: MessageRow[] = [];
      const end = (before ?? Number.MAX_SAFE_INTEGER) - 1;
      for (const { from, to } of [...spans].reverse()) {
        const range = { from, to: Math.min(end, to ?? end) };
        if (rows.length <= limit) rows.push(...(await model.newestIn(room, range, limit + 1 - rows.length)));
      }
      const page = rows.slice(0, limit).reverse().map(toMessage);
      const messages = page.map((message) => (isRetracted(state, message.seq) ? withoutWords(message) : message));
      return { messages, more: rows.length > limit };
    },

    /** A message as evidence, as its words stand now. Undefined where there is none or the actor may not read it. */
    messageAt: async (actor: Actor, room: string, seq: number): Promise<Quoted | undefined> => {
      await projection.bring(room);
      const seen = await access.sight(actor, room);
      if (seen === undefined || !isWithin(seen.spans, seq) || isRetracted(seen.state, seq)) return undefined;
      const [event] = await streams.read(`room:${room}`, seq, seq, 1);
      const [row] = await model.messages([messageKey(room, seq)]);
      if (event?.type !== 'posted' || row === undefined) return undefined;
      return { hash: event.hash, text: row.text, actor: event.actor, at: event.at };
    },

    /** Whether somebody may read a message that names this file. */
    mayReadFile: async (actor: Actor, file: string): Promise<boolean> => {
      for (const { room, seq } of await model.naming(file)) {
        const seen = await access.sight(actor, room);
        if (seen !== undefined && isWithin(seen.spans, seq) && !isRetracted(seen.state, seq)) return true;
      }
      return false;
    },
  };
}

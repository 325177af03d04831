import * as v from 'valibot';
import type { Actor } from '#shared/people/people.rules.ts';
import { Seq } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import type { Log } from './log.ts';
import type { OpenReader, Reader } from './reader.ts';
import type { Streams } from './streams.ts';

/*
 * Who follows which stream, and what each of them is sent.
 *
 * A right is asked again for every answer and, before a delivery, whenever anybody's access may have changed since it
 * was last asked: `access.version` rises with every event that gives or takes a right, before that event or any later
 * one is announced. So an event that comes after a removal in commit order finds the reader re-asked and refused; no
 * notification has to arrive in time (security §3.4).
 *
 * Announcements of one stream leave in order of seq: they wait for each other whenever one of them had to ask.
 */

/** What a follower can be sent: the socket, seen from here. */
export interface Follower {
  actor: () => Promise<Actor | undefined>;
  /** Called once when a stream is closed by the server because the right to it is gone. */
  lost: (stream: string) => void;
}

interface Following {
  reader: Reader;
  version: number;
}

interface Deps {
  streams: Streams;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  access: { version: () => number };
  /** Sends one event to many at once, so that it is encoded once. */
  send: (to: readonly Follower[], event: WireEvent) => void;
  log: Log;
}

const PAGE = 200;

export const OpenInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)), have: Seq });
export const RangeInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)), from: Seq, to: Seq });
export const CloseInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)) });

export type Follow = ReturnType<typeof createFollow>;

export function createFollow({ streams, readers, access, send, log }: Deps) {
  const followers = new Map<string, Map<Follower, Following>>();
  const announcing = new Map<string, Promise<void>>();

  async function readerFor(actor: Actor | undefined, stream: string): Promise<Reader | undefined> {
    const named = parseStream(stream);
    if (actor === undefined || named === undefined) return undefined;
    return readers[named.kind]?.(actor, named.id);
  }

  async function ask(follower: Follower, stream: string): Promise<Following | undefined> {
    const version = access.version(); // taken before asking: a change meanwhile makes us ask once more
    const reader = await readerFor(await follower.actor(), stream);
    return reader && { reader, version };
  }

  /** Rows are read first and the right is asked after, so that no answer outlives the right it was read under. */
  async function page(follower: Follower, stream: string, from: number, to: number) {
    const events = await streams.read(stream, from, to, PAGE);
    const following = await ask(follower, stream);
    if (following === undefined) throw new AppError('not_found');
    const { reader } = following;
    const seen = events.filter((event) => event.seq >= reader.floor).map((event) => reader.view(event));
    return { seen, following };
  }

  function forget(follower: Follower, stream: string): void {
    const here = followers.get(stream);
    here?.delete(follower);
    if (here?.size === 0) followers.delete(stream);
  }

  async function refresh(stream: string, here: Map<Follower, Following>): Promise<void> {
    for (const [follower, following] of here) {
      if (following.version === access.version()) continue;
      const fresh = await ask(follower, stream);
      if (fresh === undefined) {
        forget(follower, stream);
        follower.lost(stream);
      } else if (here.has(follower)) {
        here.set(follower, fresh);
      }
    }
  }

  const isStale = (here: Map<Follower, Following>): boolean => {
    const version = access.version();
    for (const following of here.values()) if (following.version !== version) return true;
    return false;
  };

  function deliver(event: StreamEvent, here: Map<Follower, Following>): void {
    const byView = new Map<WireEvent, Follower[]>(); // nearly always one: the event itself
    for (const [follower, { reader }] of here) {
      if (event.seq < reader.floor) continue;
      const view = reader.view(event);
      const others = byView.get(view);
      if (others === undefined) byView.set(view, [follower]);
      else others.push(follower);
    }
    for (const [view, to] of byView) send(to, view);
  }

  async function announceAfter(before: Promise<void> | undefined, event: StreamEvent): Promise<void> {
    await before;
    for (;;) {
      const here = followers.get(event.stream);
      if (here === undefined) return;
      if (!isStale(here)) {
        deliver(event, here);
        return;
      }
      await refresh(event.stream, here); // and look again: access may have changed while we asked
    }
  }

  return {
    /** Starts following and answers what is missing after `have`: the oldest first, at most 200. */
    open: async (follower: Follower, input: v.InferOutput<typeof OpenInput>) => {
      const { stream, have } = input;
      // Followed before the head is read: an event committed in between is sent, not missed.
      const first = await ask(follower, stream);
      if (first === undefined) throw new AppError('not_found');
      const here = followers.get(stream) ?? new Map<Follower, Following>();
      followers.set(stream, here.set(follower, first));
      const { seq: head } = await streams.head(stream);
      const from = Math.max(have + 1, first.reader.floor);
      const { seen } = await page(follower, stream, from, head).catch((error: unknown) => {
        forget(follower, stream);
        throw error;
      });
      return {
        head,
        floor: first.reader.floor,
        events: seen,
        more: (seen.at(-1)?.seq ?? Math.max(have, from - 1)) < head,
      };
    },

    /** Both ends included, at most 200; `more` where the last is below what was asked for. */
    range: async (follower: Follower, input: v.InferOutput<typeof RangeInput>) => {
      const { seq: head } = await streams.head(input.stream);
      const to = Math.min(input.to, head);
      const { seen } = await page(follower, input.stream, Math.max(1, input.from), to);
      return { events: seen, more: seen.length > 0 && (seen.at(-1)?.seq ?? to) < to };
    },

    close: (follower: Follower, stream: string): void => {
      forget(follower, stream);
    },

    closeAll: (follower: Follower, open: Iterable<string>): void => {
      for (const stream of open) forget(follower, stream);
    },

    /** The heads of what a follower has open, for the regular `stream:heads`. */
    heads: async (open: Iterable<string>): Promise<Record<string, number>> => {
      const heads: Record<string, number> = {};
      for (const stream of open) heads[stream] = (await streams.head(stream)).seq;
      return heads;
    },

    /** Whether a follower still holds a stream; the socket asks before it sends heads. */
    holds: (follower: Follower, stream: string): boolean => followers.get(stream)?.has(follower) ?? false,

    /** Sends a committed event to whoever follows its stream and may read it now. A hint: the stream is the truth. */
    announce: (event: StreamEvent): void => {
      const here = followers.get(event.stream);
      const before = announcing.get(event.stream);
      if (before === undefined) {
        if (here === undefined) return;
        if (!isStale(here)) {
          deliver(event, here);
          return;
        }
      }
      const done = announceAfter(before, event)
        .catch((error: unknown) => {
          // A hint that failed: followers find the event by the next heads.
          log.error({ error, stream: event.stream }, 'announcement failed');
        })
        .finally(() => {
          if (announcing.get(event.stream) === done) announcing.delete(event.stream);
        });
      announcing.set(event.stream, done);
    },

    /** Asks again about everything that is open: after access changed, rights that are gone close at once. */
    recheck: async (): Promise<void> => {
      for (const [stream, here] of followers) await refresh(stream, here);
    },
  };
}

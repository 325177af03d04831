import * as v from 'valibot';
import type { Actor } from '#shared/people/people.rules.ts';
import { Seq } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createLanes } from './lanes.ts';
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
 * Announcements of one stream leave in order of seq, gathered where many come at once (lanes.ts). Receivers are chosen
 * when they leave, not when they were announced, so that a removal in between counts.
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
  /** Sends the same events to many, so that they are encoded once. */
  send: (to: readonly Follower[], events: readonly WireEvent[]) => void;
  log: Log;
}

const PAGE = 200;
const SLICE = 500; // followers served before others have their turn: a write takes some 10 µs

export const OpenInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)), have: Seq });
export const RangeInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)), from: Seq, to: Seq });
export const CloseInput = v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)) });

export type Follow = ReturnType<typeof createFollow>;

/** At most the next `count` of what is left. */
function take<T>(left: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = left.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}

/** The same objects in the same order. */
const isSame = (a: readonly WireEvent[], b: readonly WireEvent[]): boolean =>
  a.length === b.length && a.every((event, i) => event === b[i]);

export function createFollow({ streams, readers, access, send, log }: Deps) {
  const followers = new Map<string, Map<Follower, Following>>();

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
    if (streams.current !== undefined) await streams.current();
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

  /** Some followers and the events they may read; nearly always the same events for all. */
  function serve(slice: Iterable<[Follower, Following]>, events: readonly StreamEvent[]): void {
    const groups: { seen: readonly WireEvent[]; to: Follower[] }[] = [];
    for (const [follower, { reader }] of slice) {
      const seen = events.filter(({ seq }) => seq >= reader.floor).map((event) => reader.view(event));
      const group = groups.find((other) => isSame(other.seen, seen));
      if (group === undefined) groups.push({ seen, to: [follower] });
      else group.to.push(follower);
    }
    for (const { seen, to } of groups) if (seen.length > 0) send(to, seen);
  }

  /**
   * Sends committed events of one stream to whoever follows it and may read them now. Rights are looked at again
   * before each slice: access may have changed while we asked, or while others had their turn.
   */
  async function deliver(stream: string, events: readonly StreamEvent[]): Promise<void> {
    const here = followers.get(stream);
    if (here === undefined) return;
    if (streams.current !== undefined) await streams.current(); // what others took before they, or we, wrote this
    const left = here.entries(); // as the map is when they are taken: who was removed meanwhile is not among them
    for (;;) {
      while (isStale(here)) await refresh(stream, here);
      const slice = take(left, SLICE);
      serve(slice, events);
      if (slice.length < SLICE) return;
      await nextTurn();
    }
  }

  const lanes = createLanes(deliver, log);

  return {
    /** Starts following and answers what is missing after `have`: the oldest first, at most 200. */
    open: async (follower: Follower, input: v.InferOutput<typeof OpenInput>) => {
      const { stream, have } = input;
      if (streams.current !== undefined) await streams.current();
      await streams.reach(stream, have);
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

    /** Both ends included, at most 200 from the floor on; `more` where the last is below what was asked for. */
    range: async (follower: Follower, input: v.InferOutput<typeof RangeInput>) => {
      if (streams.current !== undefined) await streams.current();
      const first = await ask(follower, input.stream); // a page below the floor would come out empty, and look like the end
      if (first === undefined) throw new AppError('not_found');
      const { seq: head } = await streams.head(input.stream);
      const to = Math.min(input.to, head);
      const { seen } = await page(follower, input.stream, Math.max(input.from, first.reader.floor), to);
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

    /** Takes a committed event to whoever follows its stream. A hint: the stream is the truth. */
    announce: (event: StreamEvent): void => {
      if (followers.has(event.stream)) lanes.add(event);
    },

    /** Asks again about everything that is open: after access changed, rights that are gone close at once. */
    recheck: async (): Promise<void> => {
      if (streams.current !== undefined) await streams.current();
      for (const [stream, here] of followers) await refresh(stream, here);
    },
  };
}

import { ANCHORS } from '#server/platform/anchors.ts';
import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { OpenReader } from '#server/platform/reader.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { AuditKind, AuditLine, auditTable } from '#shared/people/audit.schema.ts';
import { inForce, may, NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { Bindings, InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Directory } from './people.directory.ts';

const PAGE = 200; // events
const PAGE_LENGTH = 2 * 1024 * 1024; // characters of data, from which on a page ends; one edit of a document may have as many
const AT_ONCE = 10; // events read at a time: they may be large
const LOOKED = 1000; // events looked at for one answer, however few of them fit
const LOOKED_LENGTH = 8 * 1024 * 1024; // characters of data looked at for one answer
const LISTED = 50; // streams of one answer

/** A stream that may be listed. */
export type Listed = Pick<AuditLine, 'stream' | 'title'>;

/** A page of a list, and the cursor from which it goes on, if it does. */
export interface ListedPage {
  found: readonly Listed[];
  after: string | undefined;
}

/** Streams that belong to a unit, in an order of their own, from just after a cursor: about `limit` of them. */
export type ListOf = (unit: string, after: string | undefined, limit: number) => Promise<ListedPage>;

interface Deps {
  streams: Streams;
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  /** Whether somebody may read a document at all. */
  mayReadDoc: (actor: Actor, doc: string) => Promise<boolean>;
  lists: Readonly<Record<Exclude<AuditKind, 'log'>, ListOf>>;
}

type Filter = Omit<InputOf<(typeof auditTable)['stream']>, 'stream' | 'from' | 'export'>;

/** Whether an event is asked for. Moments are compared as times, so that zones do not matter. */
function fits({ actor, type, at }: StreamEvent, { person, type: wanted, since, until }: Filter): boolean {
  if (person !== undefined && actor !== person) return false;
  if (wanted !== undefined && type !== wanted) return false;
  const moment = Date.parse(at);
  return !(moment < Date.parse(since ?? at) || (until !== undefined && moment >= Date.parse(until)));
}

/** Who may read what as an auditor. */
function createScope({ directory, clock, readers, mayReadDoc }: Deps) {
  /**
   * The caller as an auditor and nothing else: neither another post of theirs nor a room they were invited to may
   * open a stream whole, with what was withheld and taken back.
   */
  function auditorIn({ appointments }: Actor): Actor | undefined {
    const held = appointments.filter((post) => post.role === 'auditor' && inForce(post, clock.now()));
    return held.length === 0 ? undefined : { person: '', appointments: held, delegations: [] };
  }

  return async (caller: Actor, stream: string): Promise<boolean> => {
    const named = parseStream(stream);
    const actor = auditorIn(caller);
    if (named === undefined || actor === undefined) return false;
    switch (named.kind) {
      case 'unit':
        return may(actor, 'audit.read', { path: directory.tree.path(named.id) }, clock.now());
      case 'doc':
        return mayReadDoc(actor, named.id);
      case 'log':
      case 'anchor': // the whole house's: they name no unit, so only whoever audits a unit with none above it
        return actor.appointments.some(({ path }) => path.length === 1);
      case 'person': // an inbox is that person's alone
        return false;
      default:
        return (await readers[named.kind]?.(actor, named.id)) !== undefined;
    }
  };
}

async function* eachOf(streams: Streams, stream: string, from: number, head: number): AsyncGenerator<StreamEvent> {
  for (let next = from; next <= head;) {
    const some = await streams.read(stream, next, head, AT_ONCE);
    if (some.length === 0) return;
    yield* some;
    next += some.length;
  }
}

/** The oldest that fit from a seq on, and how far was looked: bounded in work, also where nothing fits. */
async function pageOf(
  streams: Streams,
  { stream, from, head }: { stream: string; from: number; head: number },
  filter: Filter,
): Promise<{ events: StreamEvent[]; looked: number }> {
  const events: StreamEvent[] = [];
  let [looked, seen, length] = [from - 1, 0, 0];
  for await (const event of eachOf(streams, stream, from, head)) {
    const size = JSON.stringify(event.data ?? null).length; // none where it was erased
    const isWanted = fits(event, filter);
    if (isWanted && events.length > 0 && length + size > PAGE_LENGTH) break;
    if (isWanted) {
      events.push(event);
      length += size;
    }
    looked = event.seq;
    seen += size;
    if (events.length === PAGE || looked - from + 1 >= LOOKED || seen > LOOKED_LENGTH) break;
  }
  return { events, looked };
}

/** Days of the security log, the newest first, before them the anchors of the whole record. */
async function daysOf(streams: Streams, after: string | undefined): Promise<ListedPage> {
  const found: Listed[] = after === undefined ? [{ stream: ANCHORS, title: '' }] : [];
  for (let before = after ?? 'log:~'; found.length < LISTED;) {
    const head = await streams.headBefore(before);
    if (head?.stream.startsWith('log:') !== true) return { found, after: undefined };
    found.push({ stream: head.stream, title: '' });
    before = head.stream;
  }
  return { found, after: found.at(-1)?.stream };
}

/** An auditor's reading of whole streams, each reading itself on record before it is answered. */
export function auditBindings(deps: Deps): Bindings<typeof auditTable, Caller> {
  const { streams, directory, log, lists } = deps;
  const inScope = createScope(deps);

  return {
    streams: async ({ actor }, { unit, kind, after }) => {
      const asked = kind === 'log' ? 'log:' : `unit:${unit}`;
      if (!(await inScope(actor, kind === 'log' ? 'log:any' : asked))) throw new AppError('not_found');
      const page = kind === 'log' ? await daysOf(streams, after) : await lists[kind](unit, after, LISTED);
      const now = directory.actor(actor.person) ?? NOBODY;
      const lines: AuditLine[] = [];
      for (const { stream, title } of page.found) {
        const { seq: head } = await streams.head(stream);
        if (head > 0 && (await inScope(now, stream))) lines.push({ stream, title, head });
      }
      await log.note('audit.listed', actor.person, { kind, ...(kind !== 'log' && { unit }) });
      return { streams: lines, ...(page.after !== undefined && { after: page.after }) };
    },

    stream: async ({ actor }, { stream, from: asked, export: isTaken, ...filter }) => {
      if (!(await inScope(actor, stream))) throw new AppError('not_found');
      const { seq: head } = await streams.head(stream);
      const from = Math.max(1, asked);
      const { events, looked } = await pageOf(streams, { stream, from, head }, filter);
      // Again after the reading, which may have outlasted the post that the right rests on.
      if (!(await inScope(directory.actor(actor.person) ?? NOBODY, stream))) throw new AppError('not_found');
      await log.note(isTaken ? 'audit.exported' : 'audit.read', actor.person, { stream, from, to: looked, ...filter });
      return { events, looked, head, more: looked < head };
    },
  };
}

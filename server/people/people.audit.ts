import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId } from '#server/platform/crypto.ts';
import type { OpenReader } from '#server/platform/reader.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { auditTable } from '#shared/people/audit.schema.ts';
import { inForce, may, NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { Bindings } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Directory } from './people.directory.ts';

const PAGE = 200; // events
const PAGE_LENGTH = 2 * 1024 * 1024; // characters of data, from which on a page ends; one edit of a document may have as many
const AT_ONCE = 10; // events read at a time: they may be large

const DAY = 24 * 3600_000;
/** How long entries can be looked up: six months by law (网络安全法 23), and some (security §4.14). */
const KEPT = 200 * DAY;

const streamOf = (at: Date): string => `log:${at.toISOString().slice(0, 10)}`;

export type SecurityLog = ReturnType<typeof createSecurityLog>;

/**
 * What the law wants kept of who came in and who looked (网络安全法 23): on `log:<day>`, apart from content, dropped
 * whole after its keeping time. Nobody opens these streams but an auditor of everything; nothing is computed from them.
 */
export function createSecurityLog({ streams, clock }: { streams: Streams; clock: Clock }) {
  return {
    /** Resolves when the entry is durable, so that the answer it speaks of can be given. */
    note: async (type: string, actor: string, data: object): Promise<void> => {
      const stream = streamOf(clock.now());
      await streams.inTurn(stream, () => streams.append(stream, { id: newId(), type, actor, data }));
    },

    /** Drops the days that are past their time. Names sort as the days do. */
    sweep: async (): Promise<void> => {
      const oldest = streamOf(new Date(clock.now().getTime() - KEPT));
      let name = await streams.next('log:', oldest);
      for (; name !== undefined; name = await streams.next(name, oldest)) await streams.drop(name);
    },
  };
}

interface Deps {
  streams: Streams;
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  /** Whether somebody may read a document at all. */
  mayReadDoc: (actor: Actor, doc: string) => Promise<boolean>;
}

/** An auditor's reading of whole streams, each reading itself on record. */
export function auditBindings(deps: Deps): Bindings<typeof auditTable, Caller> {
  const { streams, directory, clock, log, readers } = deps;

  /**
   * The caller as an auditor and nothing else: neither another post of theirs nor a room they were invited to may
   * open a stream whole, with what was withheld and taken back.
   */
  function auditorIn({ appointments }: Actor): Actor | undefined {
    const held = appointments.filter((post) => post.role === 'auditor' && inForce(post, clock.now()));
    return held.length === 0 ? undefined : { person: '', appointments: held, delegations: [] };
  }

  async function inScope(caller: Actor, stream: string): Promise<boolean> {
    const named = parseStream(stream);
    const actor = auditorIn(caller);
    if (named === undefined || actor === undefined) return false;
    switch (named.kind) {
      case 'unit':
        return may(actor, 'audit.read', { path: directory.tree.path(named.id) }, clock.now());
      case 'doc':
        return deps.mayReadDoc(actor, named.id);
      case 'log': // the whole house's: entries name no unit, so only whoever audits a unit with none above it
        return actor.appointments.some(({ path }) => path.length === 1);
      case 'person': // an inbox is that person's alone
        return false;
      default:
        return (await readers[named.kind]?.(actor, named.id)) !== undefined;
    }
  }

  /** The oldest from a seq on: as many as a page holds, one at least. */
  async function pageOf(stream: string, from: number, head: number): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    let length = 0;
    while (events.length < PAGE) {
      const some = await streams.read(stream, from + events.length, head, AT_ONCE);
      for (const event of some) {
        length += JSON.stringify(event.data).length;
        if (events.length > 0 && length > PAGE_LENGTH) return events;
        events.push(event);
      }
      if (some.length < AT_ONCE) break;
    }
    return events;
  }

  return {
    stream: async ({ actor }, { stream, from }) => {
      if (!(await inScope(actor, stream))) throw new AppError('not_found');
      const { seq: head } = await streams.head(stream);
      const events = await pageOf(stream, Math.max(1, from), head);
      // Again after the reading, which may have outlasted the post that the right rests on.
      if (!(await inScope(directory.actor(actor.person) ?? NOBODY, stream))) throw new AppError('not_found');
      await log.note('audit.read', actor.person, { stream, from });
      return { events, head, more: (events.at(-1)?.seq ?? head) < head };
    },
  };
}

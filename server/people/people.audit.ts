import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId } from '#server/platform/crypto.ts';
import type { OpenReader } from '#server/platform/reader.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { auditTable } from '#shared/people/audit.schema.ts';
import { inForce, may, NOBODY, type Actor } from '#shared/people/people.rules.ts';
import type { Bindings } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { parseStream } from '#shared/wire/stream.ts';
import type { Directory } from './people.directory.ts';

const PAGE = 200;

export type SecurityLog = ReturnType<typeof createSecurityLog>;

/**
 * What the law wants kept of who came in and who looked (网络安全法 23): on `log:<day>`, apart from content, dropped
 * whole after its keeping time. Nobody opens these streams; nothing is computed from them.
 */
export function createSecurityLog({ streams, clock }: { streams: Streams; clock: Clock }) {
  return {
    /** Resolves when the entry is durable, so that the answer it speaks of can be given. */
    note: async (type: string, actor: string, data: object): Promise<void> => {
      const stream = `log:${clock.now().toISOString().slice(0, 10)}`;
      await streams.inTurn(stream, () => streams.append(stream, { id: newId(), type, actor, data }));
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
      case 'person': // an inbox is that person's alone
      case 'log':
        return false;
      default:
        return (await readers[named.kind]?.(actor, named.id)) !== undefined;
    }
  }

  return {
    stream: async ({ actor }, { stream, from }) => {
      if (!(await inScope(actor, stream))) throw new AppError('not_found');
      const { seq: head } = await streams.head(stream);
      const events = await streams.read(stream, Math.max(1, from), head, PAGE);
      // Again after the reading, which may have outlasted the post that the right rests on.
      if (!(await inScope(directory.actor(actor.person) ?? NOBODY, stream))) throw new AppError('not_found');
      await log.note('audit.read', actor.person, { stream, from });
      return { events, head, more: (events.at(-1)?.seq ?? head) < head };
    },
  };
}

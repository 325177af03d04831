import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { createLimiter, type Rate } from '#server/platform/limits.ts';
import type { OpenReader, Reader } from '#server/platform/reader.ts';
import type { Streams } from '#server/platform/streams.ts';
import { createTurns } from '#server/platform/turns.ts';
import type { Held } from '#shared/people/closing.schema.ts';
import { NOBODY, type Actor } from '#shared/people/people.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import { isWhole, parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Directory } from './people.directory.ts';

/*
 * A copy of what the hub holds of somebody (PIPL art. 45): first what stands in rows, then the whole record, looked
 * through in order of position for what they did and what stands on their own stream. Page by page, so that neither
 * side holds more than one; nothing is prepared, so nothing lies about.
 */

const BATCH = 25; // events read at a time: an edit of a document may be large
const PAGE = 100; // lines
const PAGE_LENGTH = 512 * 1024; // characters, from which on a page ends
const PAGE_TIME = 200; // ms of looking, then others have their turn
/** Beginning anew: somebody does this once a year, a thief with a session as often as he can. */
const BEGIN: Rate = { burst: 5, perMinute: 1 / 12 };

interface Deps {
  streams: Streams;
  directory: Directory;
  accounts: AccountModel;
  clock: Clock;
  log: SecurityLog;
  readers: Readonly<Partial<Record<string, OpenReader>>>;
  /** What other parts keep of somebody beside the record. */
  beside: (person: string) => Promise<Held[]>;
  sign: (text: string) => string;
}

export type MyData = ReturnType<typeof createMyData>;

export function createMyData({ streams, directory, accounts, clock, log, readers, beside, sign }: Deps) {
  const limiter = createLimiter(() => clock.now().getTime());
  const inTurn = createTurns();
  /** Only the hub's own: whoever begins in the middle would not be on record. */
  const cursorAt = (person: string, position: number): string =>
    `${position}.${sign(`my-data ${person} ${position}`).slice(0, 22)}`;

  function positionIn(person: string, cursor: string): number {
    const position = Number(cursor.split('.', 1)[0]);
    if (cursorAt(person, position) !== cursor) throw new AppError('bad_input', 'cursor is not one of ours.');
    return position;
  }

  async function rowsOf(person: string): Promise<Held[]> {
    const { login, name, unit } = directory.person(person) ?? {};
    const credential = await accounts.credentialOf(person);
    const sessions = await accounts.sessionsOf(person);
    const delegations = [...directory.delegations()].filter((row) => [row.person, row.principal].includes(person));
    return [
      { about: 'account', what: { id: person, login, name, unit, secondFactor: credential?.seed !== undefined } },
      ...directory.postsGiven(person).map((what) => ({ about: 'post', what })),
      ...delegations.map((what) => ({ about: 'delegation', what })),
      ...sessions.map(({ id, device, address, created, used }) => ({
        about: 'session',
        what: { id, device, address, created: new Date(created).toISOString(), used: new Date(used).toISOString() },
      })),
      ...(await beside(person)),
    ];
  }

  /** Events of a batch that are theirs, as far as they may read them now. */
  async function theirs(actor: Actor, events: readonly StreamEvent[]): Promise<Held[]> {
    const opened = new Map<string, Reader | undefined>(); // for this batch alone: rights may change before the next
    const found: Held[] = [];
    for (const event of events) {
      const named = parseStream(event.stream);
      const isOwn = event.stream === `person:${actor.person}`;
      if (named === undefined || (event.actor !== actor.person && !isOwn)) continue;
      if (named.kind === 'log') found.push({ about: event.stream, what: event });
      else {
        if (!opened.has(event.stream)) opened.set(event.stream, await readers[named.kind]?.(actor, named.id));
        const reader = opened.get(event.stream);
        const seen = reader === undefined || event.seq < reader.floor ? undefined : reader.view(event);
        if (seen !== undefined && isWhole(seen)) found.push({ about: event.stream, what: seen });
      }
    }
    return found;
  }

  async function look(person: string, from: number, until: number) {
    const lines: Held[] = [];
    const began = performance.now();
    let [position, length] = [from, 0];
    while (position < until && lines.length < PAGE && length < PAGE_LENGTH && performance.now() - began < PAGE_TIME) {
      const batch = (await streams.since(position, BATCH)).filter((row) => row.position <= until);
      const events = batch.map(({ event }) => event);
      const found = await theirs(directory.actor(person) ?? NOBODY, events);
      lines.push(...found);
      length += found.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
      position = batch.at(-1)?.position ?? until;
    }
    return { lines, position };
  }

  return {
    page: async ({ actor: { person }, session }: Caller, { cursor }: { cursor?: string | undefined }) => {
      const [first] = await streams.since(0, 1);
      const begin = (first?.position ?? 1) - 1;
      if (cursor === undefined) {
        limiter.take(person, BEGIN);
        await log.note('data.copied', person, { session });
        return { lines: await rowsOf(person), cursor: cursorAt(person, begin), done: 0 };
      }
      const until = await streams.lastPosition();
      const from = positionIn(person, cursor);
      // One page at a time for each person: a cursor may be sent many times over.
      const { lines, position } = await inTurn(person, () => look(person, from, until));
      const done = until <= begin ? 1 : Math.min(1, (position - begin) / (until - begin));
      return { lines, cursor: position >= until ? null : cursorAt(person, position), done };
    },
  };
}

import type { Consumer } from '#server/platform/consume.ts';
import { sha256 } from '#server/platform/crypto.ts';
import type { Fold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import { erasing, type ClosingState } from '#shared/people/closing.rules.ts';
import type { PeopleData } from '#shared/people/people.events.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream, type EventDraft, type StreamEvent } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Directory } from './people.directory.ts';
import type { Erasures } from './people.erasures.ts';
import type { SessionService } from './people.sessions.ts';

/*
 * What `people.erased` leads to. The event comes first and is the order; everything here is done after it, may be done
 * twice, and is done at the next start where a process died on its way. The directory has forgotten the name with the
 * commit itself.
 */

interface Deps {
  streams: Streams;
  directory: Directory;
  accounts: AccountModel;
  sessions: Pick<SessionService, 'endOf'>;
  erasures: Erasures;
  /** The streams of people, where an erasure of which a restored store knows nothing is said again. */
  personFold: Pick<Fold<ClosingState>, 'write'>;
  loginMark: (login: string) => string;
  /** Puts an event on a unit's stream. */
  point: (unit: string, source: { id: string; actor: string }, draft: EventDraft) => Promise<unknown>;
  /** What other parts keep of somebody beside the record. */
  forget: (person: string) => Promise<unknown>;
}

export function createErasure(deps: Deps) {
  const { streams, directory, accounts, sessions, erasures, personFold, loginMark } = deps;

  /** A worker's posts are handed over to nobody: they end with the account. */
  async function endPosts(person: string, source: string): Promise<void> {
    for (const { _id: appointment, unit } of directory.postsGiven(person)) {
      const id = derivedId(sha256, source, `end ${appointment}`);
      await deps.point(unit, { id, actor: 'system' }, { type: 'people.ended', data: { appointment } });
    }
  }

  async function carryOut({ stream, id, actor, data }: StreamEvent): Promise<void> {
    const person = parseStream(stream)?.id ?? '';
    await erasures.add({ person, id, actor }); // first: what is gone here must stay gone in a store restored later
    await accounts.drop(person);
    await sessions.endOf(person);
    await endPosts(person, id);
    await deps.forget(person);
    await streams.erase(stream, (data as PeopleData['people.erased']).erases);
  }

  const consumer: Consumer = {
    name: 'people → erasure',
    kinds: ['person'],
    handle: async (events) => {
      for (const event of events) if (event.type === 'people.erased') await carryOut(event);
    },
  };

  return {
    consumer,

    /** Says again what a store restored from an older backup has not heard. How many there were. */
    repeat: async (): Promise<number> => {
      let count = 0;
      for (const { person, id, actor } of await erasures.all()) {
        const known = directory.person(person);
        if (known === undefined || known.erased === true) continue;
        const write = { id, actor, input: { id, person } };
        await personFold.write(person, write, (state) => erasing(state, loginMark(known.login)));
        count++;
      }
      return count;
    },
  };
}

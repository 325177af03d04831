import type { Bus } from '#server/platform/bus.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Kept } from './people.kept.ts';
import type { EndingRow, PeopleModel, SessionRow } from './people.model.ts';

const SKEW = 20_000; // ms by which the clocks of two processes may differ
const MINUTE = 60_000;
const TOLD_FOR = 2 * MINUTE; // a process that heard of nothing for so long has asked about each open line meanwhile

/** What a process that believes in a session has to know of its end. */
export type Ended = Pick<SessionRow, '_id' | 'id' | 'person'>;

interface TellDeps {
  model: Pick<PeopleModel, 'endings'>;
  bus: Pick<Bus, 'say'>;
  now: () => number;
}

/**
 * Tells the other processes of a session whose row is gone from the store, or says less than it did. Resolves when
 * each of them will find it, whatever becomes of the bus.
 */
export function createTell({ model, bus, now }: TellDeps) {
  return async ({ _id, id, person }: Ended): Promise<void> => {
    await model.endings.put({ _id, person, session: id, at: now() });
    bus.say('ended', { person, session: id });
  };
}

/** One row may tell of two things: of what is proved no longer, and of the end. */
const nameOf = ({ _id, at }: EndingRow): string => `${_id} ${at}`;

interface HearDeps {
  kept: Kept;
  model: Pick<PeopleModel, 'endings'>;
  accounts: AccountModel;
  now: () => number;
  /** Ends the open connections of a session, here. */
  onEnded: (session: string, reason: 'ended') => void;
}

/** Sessions that another process ended, or gave another secret: the store knows. */
export function createElsewhere({ kept, model, accounts, now, onEnded }: HearDeps) {
  let looked = now();
  let swept = 0;
  let heard = new Set<string>();

  /** Closes what is open of a session if it has ended. */
  async function askAgain({ person, session }: { person: string; session: string }): Promise<void> {
    kept.forgetSession(session);
    const row = await kept.ask(() => accounts.sessionOf(person, session)); // by another secret, perhaps
    if (row === undefined) onEnded(session, 'ended');
  }

  return {
    askAgain,

    /** The same for all that were told of lately and not heard of here. What fails is heard the next time. */
    hearEndings: async (): Promise<void> => {
      const began = now();
      const found = await model.endings.since(looked - SKEW);
      for (const ending of found) if (!heard.has(nameOf(ending))) await askAgain(ending);
      heard = new Set(found.map(nameOf));
      looked = began;
      if (began - swept < MINUTE) return;
      swept = began;
      await model.endings.drop(began - TOLD_FOR);
    },
  };
}

import type { OpenLine } from '#server/platform/caller.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Kept } from './people.kept.ts';
import type { PeopleModel } from './people.model.ts';

interface Deps {
  kept: Kept;
  model: PeopleModel;
  accounts: AccountModel;
  /** Ends the open connections of a session, here. */
  onEnded: (session: string, reason: 'ended') => void;
}

/** Sessions that another process may have ended: the store knows. */
export function createElsewhere({ kept, model, accounts, onEnded }: Deps) {
  async function askAgain({ person, session }: Pick<OpenLine, 'person' | 'session'>): Promise<void> {
    for (const { _id, id } of kept.rows()) if (id === session) kept.forget(_id);
    const row = await kept.ask(() => accounts.sessionOf(person, session)); // by another secret, perhaps
    if (row === undefined) onEnded(session, 'ended');
  }
  return {
    /** Closes what is open of a session if it has ended. */
    askAgain,

    /** The same for all that were seen here lately, as whatever is open is: where nobody can tell. */
    askAllAgain: async (): Promise<void> => {
      const rows = kept.rows();
      const there = await model.sessionsAmong(rows.map(({ _id }) => _id));
      for (const { _id, id, person } of rows) if (!there.has(_id)) await askAgain({ person, session: id });
    },
  };
}

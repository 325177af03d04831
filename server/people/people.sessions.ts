import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId, newSecret, sha256 } from '#server/platform/crypto.ts';
import { isFresh, isPrivileged, needOf } from '#shared/people/account.rules.ts';
import { toHex } from '#shared/wire/ids.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel, SessionRow } from './people.model.ts';

const MINUTE = 60_000;
const IDLE = 12 * 60 * MINUTE;
const IDLE_PRIVILEGED = 30 * MINUTE; // every role but worker (security #24)
const ABSOLUTE = 7 * 24 * 60 * MINUTE;
const ABSOLUTE_PRIVILEGED = 12 * 60 * MINUTE;
const TOUCH_EVERY = 5 * MINUTE; // how exactly idleness is known: enough to end a session, useless as a trail
const CACHE_FOR = 5_000; // ms a session is believed without asking the store
const MAX_CACHED = 50_000;

export type SessionService = ReturnType<typeof createSessions>;

interface Deps {
  model: PeopleModel;
  accounts: AccountModel;
  directory: Directory;
  clock: Clock;
  /** In demo mode privileged sessions last as long as ordinary ones: people walk away to get their phone. */
  demo: boolean;
  /** Ends the open connections of a session. */
  onEnded: (session: string, reason: EndReason) => void;
}

/** What its open pages are told. */
type EndReason = 'signed out' | 'expired' | 'ended';

interface Held {
  row: SessionRow;
  until: number;
}

const hashOf = (secret: string): string => toHex(sha256(secret));

/** Sessions are rows: opaque secrets, stored hashed, ended at once everywhere (security §4.2). */
export function createSessions({ model, accounts, directory, clock, demo, onEnded }: Deps) {
  const cache = new Map<string, Held>();
  const ms = (): number => clock.now().getTime();

  const privileged = (person: string): boolean => {
    const actor = directory.actor(person);
    return actor !== undefined && isPrivileged(actor, clock.now());
  };

  function isOver({ person, used, created }: SessionRow): boolean {
    const [idle, age] = [ms() - used, ms() - created];
    if (idle <= IDLE_PRIVILEGED && age <= ABSOLUTE_PRIVILEGED) return false; // nearly always: no need to ask for posts
    const short = !demo && privileged(person);
    return idle > (short ? IDLE_PRIVILEGED : IDLE) || age > (short ? ABSOLUTE_PRIVILEGED : ABSOLUTE);
  }

  async function find(hash: string): Promise<SessionRow | undefined> {
    const cached = cache.get(hash);
    if (cached !== undefined && Date.now() < cached.until) return cached.row;
    const row = (await model.session(hash)) ?? undefined;
    if (row === undefined) cache.delete(hash);
    else cache.set(hash, { row, until: Date.now() + CACHE_FOR });
    if (cache.size > MAX_CACHED) cache.clear();
    return row;
  }

  async function end({ _id, id }: Pick<SessionRow, '_id' | 'id'>, reason: EndReason): Promise<void> {
    await model.dropSession(_id);
    cache.delete(_id); // after it: who read the row meanwhile has put it here again
    onEnded(id, reason);
  }

  /** The row while its limits hold; a session past them ends. */
  async function running(hash: string): Promise<SessionRow | undefined> {
    const row = await find(hash);
    if (row === undefined || !isOver(row)) return row;
    await end(row, 'expired');
    return undefined;
  }

  function holderOf(row: SessionRow | undefined): Caller | undefined {
    const actor = row && directory.actor(row.person);
    if (row === undefined || actor === undefined) return undefined;
    const refusal = demo || isFresh(row.fresh, ms()) ? undefined : 'people.step_up';
    const facts = { asks: row.asks, proved: row.proved, privileged: isPrivileged(actor, clock.now()), demo };
    const need = needOf(facts);
    return { actor, session: row.id, ...(refusal && { refusal }), ...(need && { need }) };
  }

  const free = (holder: Caller | undefined): Caller | undefined => (holder?.need === undefined ? holder : undefined);

  async function use(secret: string): Promise<Caller | undefined> {
    const row = await running(hashOf(secret));
    const now = ms();
    if (row !== undefined && now - row.used > TOUCH_EVERY) {
      row.used = now;
      // A store that takes no writes ends nobody's reading: it is noted the next time.
      await model.touchSession(row._id, now).catch(() => undefined);
    }
    return holderOf(row);
  }

  return {
    /** Begins a session for whoever has proved who they are. Resolves with the secret for the cookie. */
    begin: async (
      person: string,
      from: { address: string; device: string; asks: SessionRow['asks']; proved: boolean },
    ): Promise<{ secret: string; session: string }> => {
      const secret = newSecret();
      const now = ms();
      const row = { _id: hashOf(secret), id: newId(), person, created: now, used: now, fresh: now };
      await model.putSession({ ...row, ...from });
      return { secret, session: row.id };
    },

    /**
     * The caller as of now: the session's limits are checked, posts are those in the directory this moment. Nobody
     * where something stands between the session and the rooms (`Need`): whoever forgets to ask lets nobody in.
     */
    caller: async (secret: string): Promise<Caller | undefined> => free(await use(secret)),

    /** The same for what such a session may do all the same: a person's dealings with their own account. */
    holder: use,

    /** The same for what the hub asks by itself: it does not count as use, so that idle sessions end. */
    peek: async (secret: string): Promise<Caller | undefined> => free(holderOf(await running(hashOf(secret)))),

    /** Writes down what was proved in a session; every process knows it within five seconds, this one now. */
    note: async (person: string, session: string, to: Partial<Pick<SessionRow, 'asks' | 'proved' | 'fresh'>>) => {
      await accounts.setSession(person, session, to);
      for (const [hash, { row }] of cache) if (row.id === session) cache.delete(hash);
    },

    /** Their sessions that still run. */
    of: async (person: string): Promise<SessionRow[]> =>
      (await accounts.sessionsOf(person)).filter((row) => !isOver(row)),

    /** Ends a person's sessions, all or those chosen; how many there were. */
    endOf: async (person: string, which: (row: SessionRow) => boolean = () => true): Promise<number> => {
      const rows = (await accounts.sessionsOf(person)).filter(which);
      for (const row of rows) await end(row, 'ended');
      return rows.length;
    },

    /** Ends what is past its limits among the sessions this process has seen lately: those with something open. */
    endOverdue: async (): Promise<void> => {
      const over = [...cache].filter(([, { row }]) => isOver(row)).map(([hash]) => hash);
      for (const hash of over) {
        cache.delete(hash); // it may have been used elsewhere: asked of the store again
        await running(hash);
      }
    },

    /**
     * Drops the rows of sessions that are over for everybody, whoever forgot to sign out: they say when somebody was
     * last here, which nobody keeps longer than it ends a session (DESIGN §1).
     */
    sweep: (): Promise<void> => model.dropSessions({ usedBefore: ms() - IDLE, begunBefore: ms() - ABSOLUTE }),

    end: async (secret: string): Promise<void> => {
      const row = await find(hashOf(secret));
      if (row !== undefined) await end(row, 'signed out');
    },
  };
}

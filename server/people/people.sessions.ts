import type { Caller, Keyed, OpenLine } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId, newSecret, sha256 } from '#server/platform/crypto.ts';
import { createTurns } from '#server/platform/turns.ts';
import { isFresh, isPrivileged, needOf } from '#shared/people/account.rules.ts';
import { AppError } from '#shared/wire/error.ts';
import { toHex } from '#shared/wire/ids.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Directory } from './people.directory.ts';
import { createElsewhere, type Ended } from './people.elsewhere.ts';
import { createFormer, createKept } from './people.kept.ts';
import type { PeopleModel, SessionRow } from './people.model.ts';

const MINUTE = 60_000;
const IDLE = 12 * 60 * MINUTE;
const IDLE_PRIVILEGED = 30 * MINUTE; // every role but worker (security #24)
const ABSOLUTE = 7 * 24 * 60 * MINUTE;
const ABSOLUTE_PRIVILEGED = 12 * 60 * MINUTE;
const TOUCH_EVERY = 5 * MINUTE; // how exactly idleness is known: enough to end a session, useless as a trail
const AT_ONCE = 20; // sessions of one person; the oldest ends for the next (ASVS 7.1.2)
/** ms for which the secret of before still finds its session, with nothing proved: other tabs were asking with it. */
const UNDER_WAY = 10_000;

export type SessionService = ReturnType<typeof createSessions>;

interface Deps {
  model: PeopleModel;
  accounts: AccountModel;
  directory: Directory;
  clock: Clock;
  /** In demo mode privileged sessions last as long as ordinary ones: people walk away to get their phone. */
  demo: boolean;
  /** Tells the other processes on this store, if there may be any, of a row that is gone. */
  tellOthers: (row: Ended) => Promise<void>;
  /** Ends the open connections of a session, here. */
  onEnded: (session: string, reason: EndReason) => void;
  /** Cuts the open connections that were opened with a secret; their pages come back with the one of now. */
  onReplaced: (key: string) => void;
}

type Whose = Pick<OpenLine, 'person' | 'session'>;

/** What may be proved in a session that runs. */
type Proved = Partial<Pick<SessionRow, 'asks' | 'proved' | 'fresh'>>;

/** What its open pages are told. */
type EndReason = 'signed out' | 'expired' | 'ended';

const hashOf = (secret: string): string => toHex(sha256(secret));

/** Sessions are rows: opaque secrets, stored hashed, ended at once everywhere (security §4.2). */
export function createSessions({ model, accounts, directory, clock, demo, tellOthers, onEnded, onReplaced }: Deps) {
  const kept = createKept(model.session);
  const { find, forget } = kept;
  const former = createFormer(onReplaced);
  const inTurn = createTurns();
  const ms = (): number => clock.now().getTime();

  const privileged = (person: string): boolean => {
    const actor = directory.actor(person);
    return actor !== undefined && isPrivileged(actor, clock.now());
  };

  function isOver({ person, used, created, askedThere = created }: SessionRow): boolean {
    const [idle, age] = [ms() - used, ms() - askedThere];
    if (idle <= IDLE_PRIVILEGED && age <= ABSOLUTE_PRIVILEGED) return false; // nearly always: no need to ask for posts
    const short = !demo && privileged(person);
    return idle > (short ? IDLE_PRIVILEGED : IDLE) || age > (short ? ABSOLUTE_PRIVILEGED : ABSOLUTE);
  }

  /** By the secret the line was opened with; where that was replaced, by the session's public id. */
  async function findLine({ person, session, key }: OpenLine): Promise<SessionRow | undefined> {
    const row = await find(key);
    if (row !== undefined) return row;
    const moved = former.ever(key);
    const other = moved === undefined ? undefined : await find(moved);
    if (other !== undefined) return other;
    const found = await kept.ask(() => accounts.sessionOf(person, session));
    // Another process gave it a secret, or the line was being opened when the others were cut: its time is over.
    if (found !== undefined) former.replaced(key, found._id, 0);
    return found;
  }

  async function end(row: Ended, reason: EndReason): Promise<void> {
    await model.dropSession(row._id);
    forget(row._id);
    onEnded(row.id, reason);
    await tellOthers(row); // after its row is gone: who hears of it looks for that
  }

  /** The row while its limits hold; a session past them ends. */
  async function running(row: SessionRow | undefined): Promise<SessionRow | undefined> {
    if (row === undefined || !isOver(row)) return row;
    const now = await kept.anew(row._id); // it may have been used elsewhere
    if (now === undefined || !isOver(now)) return now;
    await end(now, 'expired');
    return undefined;
  }

  function holderOf(row: SessionRow | undefined, key: string): Keyed | undefined {
    const actor = row && directory.actor(row.person);
    if (row === undefined || actor === undefined) return undefined;
    // Whoever came with the secret of before has proved nothing since.
    const refusal = demo || (row._id === key && isFresh(row.fresh, ms())) ? undefined : 'people.step_up';
    const facts = { asks: row.asks, proved: row.proved, privileged: isPrivileged(actor, clock.now()), demo };
    const need = needOf(facts);
    return { actor, session: row.id, key, ...(refusal && { refusal }), ...(need && { need }) };
  }

  const free = (holder: Keyed | undefined): Keyed | undefined => (holder?.need === undefined ? holder : undefined);

  async function touch(row: SessionRow | undefined): Promise<void> {
    const now = ms();
    if (row === undefined || now - row.used <= TOUCH_EVERY) return;
    row.used = now;
    // A store that takes no writes ends nobody's reading: it is noted the next time.
    await model.touchSession(row._id, now).catch(() => undefined);
  }

  async function use(secret: string): Promise<Keyed | undefined> {
    const hash = hashOf(secret);
    const found = await find(hash);
    const moved = found === undefined ? former.movedTo(hash) : undefined;
    const row = await running(moved === undefined ? found : await find(moved));
    await touch(row);
    return holderOf(row, hash);
  }

  /** Makes room for one more. */
  async function endOldest(person: string): Promise<void> {
    const rows = await accounts.sessionsOf(person);
    rows.sort((a, b) => b.created - a.created);
    for (const row of rows.slice(AT_ONCE - 1)) await end(row, 'ended');
  }

  /**
   * Another secret for the same session, in which more is proved now: a cookie that was planted or seen before opens
   * nothing of it, and a line opened with it counts as before until it is cut (security #23).
   */
  async function renew({ person, session }: Whose, to: Proved): Promise<string> {
    const row = await accounts.sessionOf(person, session);
    if (row === null) throw new AppError('unauthenticated');
    const secret = newSecret();
    const next = { ...row, ...to, _id: hashOf(secret) };
    await model.putSession(next);
    // Before the other is gone: whoever asks in between finds one of the two.
    former.replaced(row._id, next._id, UNDER_WAY);
    const isGone = !(await model.dropSession(row._id));
    forget(row._id);
    await tellOthers(row);
    if (!isGone) return secret;
    await model.dropSession(next._id); // ended meanwhile, by whomever: then it stays so
    forget(next._id);
    throw new AppError('unauthenticated');
  }

  async function unprove({ person, session }: Whose): Promise<void> {
    const row = await accounts.sessionOf(person, session);
    if (row === null) return;
    await model.unproveSession(row._id);
    forget(row._id);
    await tellOthers(row);
  }

  /** Ends a person's sessions, all or those chosen; how many there were. */
  async function endOf(
    person: string,
    which: (row: SessionRow) => boolean = () => true,
    reason: EndReason = 'ended',
  ): Promise<number> {
    const ended = new Set<string>();
    // Until none is left: one of them may just have been given another secret, by whichever process.
    for (;;) {
      const rows = (await accounts.sessionsOf(person)).filter(which);
      for (const row of rows) await end(row, reason);
      for (const { id } of rows) ended.add(id);
      if (rows.length === 0) return ended.size;
    }
  }

  return {
    /**
     * Begins a session for whoever has proved who they are. Resolves with the secret for the cookie. `holds` is asked
     * once it is stored: who took away meanwhile what proved it found no session to end. Throws `unauthenticated` then.
     */
    begin: async (
      person: string,
      from: { address: string; device: string; asks: SessionRow['asks']; proved: boolean; askedThere?: number },
      holds: () => Promise<boolean>,
    ): Promise<{ secret: string; session: string }> => {
      const secret = newSecret();
      const now = ms();
      const row = { _id: hashOf(secret), id: newId(), person, created: now, used: now, fresh: from.askedThere ?? now };
      await endOldest(person);
      await model.putSession({ ...row, ...from });
      if (!(await holds())) {
        await end(row, 'ended');
        throw new AppError('unauthenticated');
      }
      return { secret, session: row.id };
    },

    /**
     * The caller as of now: the session's limits are checked, posts are those in the directory this moment. Nobody
     * where something stands between the session and the rooms (`Need`): whoever forgets to ask lets nobody in.
     */
    caller: async (secret: string): Promise<Keyed | undefined> => free(await use(secret)),

    /** The same for what such a session may do all the same: a person's dealings with their own account. */
    holder: use,

    /** The same on an open line, but what was proved since. What the hub asks by itself keeps no idle session alive. */
    again: async (line: OpenLine, isUse: boolean): Promise<Caller | undefined> => {
      const row = await running(await findLine(line));
      if (isUse) await touch(row);
      return free(holderOf(row, line.key));
    },

    /** Writes down what was proved in a session. Resolves with its new secret; throws `unauthenticated` if it ended. */
    renew: (whose: Whose, to: Proved): Promise<string> => inTurn(whose.session, () => renew(whose, to)),

    /** What was shown in a session counts no more: there is no such factor now. */
    unprove: (whose: Whose): Promise<void> => inTurn(whose.session, () => unprove(whose)),

    /** Their sessions that still run. */
    of: async (person: string): Promise<SessionRow[]> =>
      (await accounts.sessionsOf(person)).filter((row) => !isOver(row)),

    endOf,

    /** Ends what is past its limits among what this process has seen lately: sessions, and lines of before. */
    endOverdue: async (): Promise<void> => {
      former.cut();
      for (const row of kept.rows().filter(isOver)) await running(row);
    },

    ...createElsewhere({ kept, model, accounts, now: ms, onEnded }),

    /** Drops the rows of sessions that are over for everybody: they say when somebody was last here (DESIGN §1). */
    sweep: (): Promise<void> => model.dropSessions({ usedBefore: ms() - IDLE, begunBefore: ms() - ABSOLUTE }),

    end: async (secret: string): Promise<void> => {
      const hash = hashOf(secret);
      const row = await find(former.movedTo(hash) ?? hash);
      // By its public id: another process may just have given it another secret.
      if (row !== undefined) await endOf(row.person, ({ id }) => id === row.id, 'signed out');
    },
  };
}

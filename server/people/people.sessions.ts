import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId, newSecret, sha256 } from '#server/platform/crypto.ts';
import { createLimiter, type Rate } from '#server/platform/limits.ts';
import { createTurns } from '#server/platform/turns.ts';
import { toHex } from '#shared/wire/ids.ts';
import { AppError } from '#shared/wire/error.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel, SessionRow } from './people.model.ts';
import { verifyPassword } from './people.passwords.ts';

const MINUTE = 60_000;
const IDLE = 12 * 60 * MINUTE;
const IDLE_PRIVILEGED = 30 * MINUTE; // every role but worker (security #24)
const ABSOLUTE = 7 * 24 * 60 * MINUTE;
const ABSOLUTE_PRIVILEGED = 12 * 60 * MINUTE;
const TOUCH_EVERY = 5 * MINUTE; // how exactly idleness is known: enough to end a session, useless as a trail
const CACHE_FOR = 5_000; // ms a session is believed without asking the store
const MAX_CACHED = 50_000;

/** Wrong guesses: five free, then one in twelve seconds. Nobody can lock somebody else out for good (security #26). */
const WRONG: Rate = { burst: 5, perMinute: 5 };
const WRONG_BY_ADDRESS: Rate = { burst: 30, perMinute: 30 };

export type SessionService = ReturnType<typeof createSessions>;

interface Deps {
  model: PeopleModel;
  directory: Directory;
  clock: Clock;
  /** In demo mode privileged sessions last as long as ordinary ones: people walk away to get their phone. */
  demo: boolean;
  log: SecurityLog;
  /** Ends the open connections of a session. */
  onEnded: (session: string) => void;
}

const hashOf = (secret: string): string => toHex(sha256(secret));

/** Sessions are rows: opaque secrets, stored hashed, ended at once everywhere (security §4.2). */
export function createSessions({ model, directory, clock, demo, log, onEnded }: Deps) {
  const cache = new Map<string, { row: SessionRow; until: number }>();
  const wrong = createLimiter();
  const inTurn = createTurns();
  const ms = (): number => clock.now().getTime();

  function limits(person: string): { idle: number; absolute: number } {
    const privileged = !demo && (directory.actor(person)?.appointments.some((post) => post.role !== 'worker') ?? false);
    return privileged ? { idle: IDLE_PRIVILEGED, absolute: ABSOLUTE_PRIVILEGED } : { idle: IDLE, absolute: ABSOLUTE };
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

  async function end(hash: string, row: SessionRow): Promise<void> {
    await model.dropSession(hash);
    cache.delete(hash); // after it: who read the row meanwhile has put it here again
    onEnded(row.id);
  }

  /** Whose password this is. Asked before the work, taken only by a wrong answer: signing in often is not slow. */
  async function personFor(login: string, { password, address }: { password: string; address: string }) {
    wrong.check(`address ${address}`, WRONG_BY_ADDRESS);
    wrong.check(`login ${login}`, WRONG);
    const credential = await model.credential(login);
    const right = await verifyPassword(credential?.hash, password);
    // Whoever is suspended hears what everybody hears: that it is not right.
    const isSuspended = credential !== null && directory.person(credential._id)?.suspended === true;
    if (right && credential !== null && !isSuspended) return credential._id;
    await log.note('sign-in.refused', credential?._id ?? 'nobody', { address });
    wrong.take(`login ${login}`, WRONG);
    wrong.take(`address ${address}`, WRONG_BY_ADDRESS);
    throw new AppError('unauthenticated', 'The name or the password is not right.');
  }

  /** The row behind a secret while its limits hold; a session past them ends. */
  async function running(secret: string): Promise<SessionRow | undefined> {
    const hash = hashOf(secret);
    const row = await find(hash);
    if (row === undefined) return undefined;
    const { idle, absolute } = limits(row.person);
    const now = ms();
    if (now - row.used <= idle && now - row.created <= absolute) return row;
    await end(hash, row);
    return undefined;
  }

  function callerIn(row: SessionRow | undefined): Caller | undefined {
    const actor = row && directory.actor(row.person);
    return actor && { actor, session: row.id };
  }

  return {
    /**
     * Checks a password and begins a session. Throws `unauthenticated` with the same words and in the same time
     * whoever was named, `rate_limited` after five wrong guesses.
     */
    begin: async (given: { name: string; password: string; address: string; device: string }) => {
      const login = given.name.toLowerCase();
      // One after the other: guesses sent side by side would all be asked before the first wrong one counts.
      const person = await inTurn(`login ${login}`, () => personFor(login, given));
      const secret = newSecret();
      const now = ms();
      const row = { _id: hashOf(secret), id: newId(), person, created: now, used: now };
      await model.putSession({ ...row, device: given.device });
      await log.note('signed-in', person, { address: given.address, session: row.id });
      return { secret, person };
    },

    /** The caller as of now: the session's limits are checked, posts are those in the directory this moment. */
    caller: async (secret: string): Promise<Caller | undefined> => {
      const row = await running(secret);
      const now = ms();
      if (row !== undefined && now - row.used > TOUCH_EVERY) {
        row.used = now;
        // A store that takes no writes ends nobody's reading: it is noted the next time.
        await model.touchSession(row._id, now).catch(() => undefined);
      }
      return callerIn(row);
    },

    /** The same for what the hub asks by itself: it does not count as use, so that idle sessions end. */
    peek: async (secret: string): Promise<Caller | undefined> => callerIn(await running(secret)),

    /**
     * Drops the rows of sessions that are over for everybody, whoever forgot to sign out: they say when somebody was
     * last here, which nobody keeps longer than it ends a session (DESIGN §1).
     */
    sweep: (): Promise<void> => model.dropSessions({ usedBefore: ms() - IDLE, begunBefore: ms() - ABSOLUTE }),

    /** Ends every session of a person, wherever it is open. */
    endAll: async (person: string): Promise<void> => {
      for (const { _id, id } of await model.sessionsOf(person)) {
        await model.dropSession(_id);
        cache.delete(_id);
        onEnded(id);
      }
    },

    end: async (secret: string): Promise<void> => {
      const hash = hashOf(secret);
      const row = await find(hash);
      if (row !== undefined) await end(hash, row);
    },
  };
}

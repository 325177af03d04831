import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { dayOf, isPrivileged } from '#shared/people/account.rules.ts';
import type { Account, accountTable, Device } from '#shared/people/account.schema.ts';
import { passwordFault } from '#shared/people/password.rules.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { AccountModel } from './people.account.model.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Breached } from './people.breached.ts';
import { commonPasswords } from './people.common.ts';
import type { Directory } from './people.directory.ts';
import type { Factor } from './people.factor.ts';
import type { Guesses } from './people.guesses.ts';
import type { CredentialRow } from './people.model.ts';
import { hashPassword, verifyPassword } from './people.passwords.ts';
import type { SessionService } from './people.sessions.ts';

type In<Verb extends keyof typeof accountTable> = InputOf<(typeof accountTable)[Verb]>;

interface Deps {
  model: AccountModel;
  sessions: SessionService;
  factor: Factor;
  guessed: Guesses['guessed'];
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  /** Throws unless the password may be chosen for somebody. */
  chosen: (actor: Actor, password: string) => Promise<void>;
  /** When an administrator or the operator last reset somebody's factor. */
  resetAt: (person: string) => Promise<string | undefined>;
  /** Whoever was vouched for with their factor is so no more. */
  unvouch: (person: string) => Promise<void>;
}

export type AccountService = ReturnType<typeof createAccount>;

/**
 * Throws unless the password may be chosen for somebody of these posts and words. Where the list of breached ones cannot
 * be read it throws what no command names: nothing is changed, rather than that one of them is let through.
 */
export async function mustBeGood(
  password: string,
  { privileged, words, isBreached }: { privileged: boolean; words: readonly string[]; isBreached: Breached['has'] },
): Promise<void> {
  const common = await commonPasswords();
  const fault = passwordFault(password, { privileged, words, isCommon: (word) => common.has(word) });
  if (fault === 'short') throw new AppError('people.password_short');
  if (fault === 'common') throw new AppError('people.password_common');
  if (fault === 'personal') throw new AppError('people.password_personal');
  if (await isBreached(password)) throw new AppError('people.password_common');
}

/** The rule for a password of somebody with posts: how long, and which words it must not hold. */
export function createChosen({
  directory,
  clock,
  isBreached,
}: Pick<Deps, 'directory' | 'clock'> & { isBreached: Breached['has'] }): Deps['chosen'] {
  return (actor, password) => {
    const known = directory.person(actor.person);
    const units = actor.appointments.flatMap(({ unit }) => directory.unit(unit) ?? []);
    const words = [known?.login ?? '', known?.name ?? '', ...units.flatMap(({ name, code }) => [name, code])];
    return mustBeGood(password, { privileged: isPrivileged(actor, clock.now()), words, isBreached });
  };
}

/** One's own password, second factor and devices. */
export function createAccount(deps: Deps) {
  const { model, sessions, factor, guessed, directory, clock, log, chosen, resetAt, unvouch } = deps;
  async function credentialOf(person: string): Promise<CredentialRow> {
    const row = await model.credentialOf(person);
    if (row === null) throw new AppError('not_found');
    return row;
  }

  /**
   * How the session's other secret reaches whoever proves something. Asked before anything is done: on a line it
   * would never arrive, and the session would be lost with the old one.
   */
  function carrier({ carry }: Caller): (secret: string) => void {
    if (carry === undefined) throw new AppError('people.over_http');
    return carry;
  }
  const lineOf = ({ actor, session }: Caller) => ({ person: actor.person, session });

  const others =
    ({ session }: Caller) =>
    ({ id }: { id: string }): boolean =>
      id !== session;
  const now = (): number => clock.now().getTime();

  return {
    account: async ({ actor, need }: Caller): Promise<Account> => {
      const { login, seed, since, recovery } = await credentialOf(actor.person);
      const enrolled = { since: new Date(since ?? 0).toISOString(), recovery: recovery?.length ?? 0 };
      return {
        login,
        name: directory.person(actor.person)?.name ?? '',
        need: need ?? null,
        factor: seed === undefined ? null : enrolled,
        privileged: isPrivileged(actor, clock.now()),
        reset: seed === undefined ? ((await resetAt(actor.person)) ?? null) : null,
      };
    },

    /** Once more: it is I. With a second factor nothing else will do, without one the password does. */
    stepUp: async (caller: Caller, { code, password }: In<'step-up'>): Promise<object> => {
      const { actor, session } = caller;
      const carry = carrier(caller);
      const row = await credentialOf(actor.person);
      const enrolled = row.seed !== undefined;
      if (enrolled && code === undefined) throw new AppError('people.code_needed');
      if (enrolled) await guessed(row._id, 'people.code_wrong', () => factor.take(row, code ?? ''));
      else await guessed(row._id, 'people.password_wrong', () => verifyPassword(row.hash, password ?? ''));
      carry(await sessions.renew(lineOf(caller), { fresh: now(), ...(enrolled && { proved: true }) }));
      await log.note('stepped-up', row._id, { session });
      return {};
    },

    changePassword: async (caller: Caller, { old, password }: In<'change-password'>): Promise<object> => {
      const { actor, session } = caller;
      const carry = carrier(caller);
      const row = await credentialOf(actor.person);
      await guessed(row._id, 'people.password_wrong', () => verifyPassword(row.hash, old));
      await chosen(actor, password);
      if (old === password) throw new AppError('people.password_common'); // a start password is known to somebody
      // Hashing waits in a queue: an administrator may have given another one meanwhile, which must stay.
      const changed = await model.changePassword(row._id, row.hash, { hash: await hashPassword(password), at: now() });
      if (!changed) throw new AppError('people.password_wrong');
      await sessions.endOf(row._id, others(caller));
      carry(await sessions.renew(lineOf(caller), { asks: null, fresh: now() }));
      await log.note('password.changed', row._id, { session });
      return {};
    },

    beginFactor: async ({ actor, session }: Caller): Promise<{ uri: string }> => {
      const { login } = await credentialOf(actor.person);
      await log.note('factor.begun', actor.person, { session });
      return { uri: await factor.begin(actor.person, login) };
    },

    /**
     * From here on signing in takes a code. Other sessions were begun without one: they end. Where there is one already
     * it takes a code of that: five minutes at a machine left open must not become another factor for good.
     */
    confirmFactor: async (
      caller: Caller,
      { code, old = '' }: In<'confirm-factor'>,
    ): Promise<{ recovery: string[] }> => {
      const { actor, session } = caller;
      const carry = carrier(caller);
      const row = await credentialOf(actor.person);
      if (row.seed !== undefined && factor.fits(row, code))
        await guessed(row._id, 'people.old_code_wrong', () => factor.take(row, old));
      const recovery = await guessed(row._id, 'people.code_wrong', () => factor.confirm(row, code));
      await sessions.endOf(row._id, others(caller));
      carry(await sessions.renew(lineOf(caller), { proved: true, fresh: now() }));
      await log.note('factor.enrolled', row._id, { session });
      return { recovery };
    },

    renewRecovery: async ({ actor, session }: Caller): Promise<{ recovery: string[] }> => {
      const { seed } = await credentialOf(actor.person);
      if (seed === undefined) throw new AppError('not_found');
      await log.note('recovery-codes.renewed', actor.person, { session });
      return { recovery: await factor.renew(actor.person) };
    },

    dropFactor: async (caller: Caller): Promise<object> => {
      const { actor, session } = caller;
      if (isPrivileged(actor, clock.now())) throw new AppError('people.factor_required');
      await unvouch(actor.person); // first: with another factor they would be taken for whom somebody met
      await model.dropFactor(actor.person, now());
      await sessions.endOf(actor.person, others(caller));
      await sessions.unprove(lineOf(caller)); // whoever gets a post in it shows a factor first
      await log.note('factor.dropped', actor.person, { session });
      return {};
    },

    sessions: async ({ actor, session }: Caller): Promise<{ sessions: Device[] }> => {
      const rows = await sessions.of(actor.person);
      rows.sort((a, b) => b.created - a.created);
      return {
        sessions: rows.map(({ id, device, address, created, used }) => ({
          ...{ id, device, address, current: id === session },
          ...{ since: new Date(created).toISOString(), lastDay: dayOf(used) },
        })),
      };
    },

    endSession: async ({ actor }: Caller, { session }: In<'end-session'>): Promise<object> => {
      if ((await sessions.endOf(actor.person, ({ id }) => id === session)) === 0) throw new AppError('not_found');
      return {};
    },

    endOthers: async (caller: Caller): Promise<{ ended: number }> => ({
      ended: await sessions.endOf(caller.actor.person, others(caller)),
    }),
  };
}

import type { Clock } from '#server/platform/clock.ts';
import { createFold, type Written } from '#server/platform/fold.ts';
import { newSalt } from '#server/platform/crypto.ts';
import { isDuplicate } from '#server/platform/store-errors.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { accountTable, Means } from '#shared/people/account.schema.ts';
import type { Actor, Sender } from '#shared/people/people.rules.ts';
import {
  decideAskReset,
  decideConfirmReset,
  decideDeclineReset,
  evolveReset,
  noReset,
  openReset,
  type Asked,
} from '#shared/people/reset.rules.ts';
import { NEEDS_SECOND } from '#shared/people/roster.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import type { SecurityLog } from './people.audit.ts';
import type { Directory } from './people.directory.ts';
import { identityOf } from './people.oidc.ts';
import { hashPassword } from './people.passwords.ts';
import type { SessionService } from './people.sessions.ts';
import { createUnder } from './people.under.ts';

type In<Verb extends keyof typeof accountTable> = InputOf<(typeof accountTable)[Verb]>;

interface Deps {
  streams: Streams;
  model: AccountModel;
  sessions: SessionService;
  directory: Directory;
  clock: Clock;
  log: SecurityLog;
  /** The other provider people may sign in with. */
  issuer: string | undefined;
  /** The demo, where nobody has a second factor. */
  demo: boolean;
  /** Throws unless the password may be chosen for somebody. */
  chosen: (actor: Actor, password: string) => Promise<void>;
  /** Puts an event on a person's own stream. */
  tell: (person: string, source: { id: string; actor: string }, draft: EventDraft) => Promise<Written>;
  /** Who has to vouch for somebody before their posts begin. */
  vouchWanted: (person: string, asker: string) => Promise<Means['vouch']>;
}

export type Resets = ReturnType<typeof createResets>;

/** What an administrator does about somebody else's way in. Each act stands on that person's own stream. */
export function createResets(deps: Deps) {
  const { streams, model, sessions, directory, clock, log, issuer, demo, chosen, tell, vouchWanted } = deps;
  const { under, othersOver } = createUnder({ directory, clock });
  const rules = { kind: 'person', initial: noReset, evolve: evolveReset };
  const fold = createFold(streams, rules, directory.actor);

  /**
   * The factor goes, and every session with it: where it is gone already those of before the event, so that a repeat
   * that comes late, or finishes what a dying process began, takes nothing that is new.
   */
  async function drop(person: string, event: StreamEvent): Promise<void> {
    const dropped = await model.dropFactor(person, Date.parse(event.at));
    if (dropped) await log.note('factor.reset', event.actor, { person });
    await endBefore(person, event, dropped);
  }

  /**
   * Sessions of before an act, so that a repeat that comes late ends nothing that is new. `taken` by now: with it those
   * of before this moment, since what was taken was good until then.
   */
  function endBefore(person: string, { at }: StreamEvent, taken = false): Promise<number> {
    const until = taken ? clock.now().getTime() : Date.parse(at);
    return sessions.endOf(person, ({ created }) => created <= until);
  }

  /**
   * Without a second factor a password, or an identity elsewhere, is the whole account: one administrator alone does not
   * give it to somebody whose post took two, or whom a spokesperson asked to act. They end the post, or the delegation is
   * taken back, and it is given again after that.
   */
  async function mustBeEnough(person: string): Promise<void> {
    const isAhead = ({ until }: { until: string | null }): boolean =>
      until === null || Date.parse(until) > clock.now().getTime();
    const took = directory.postsGiven(person).filter(({ role }) => NEEDS_SECOND.includes(role));
    const lent = [...directory.delegations()].filter((row) => row.person === person && row.ended === undefined);
    if (!demo && [...took, ...lent].some(isAhead) && (await model.credentialOf(person))?.seed === undefined)
      throw new AppError('people.no_factor_yet');
  }

  return {
    /** A reset of somebody's factor that waits for a second administrator. */
    asked: async (person: string): Promise<Asked | undefined> =>
      openReset((await fold.load(person)).state, clock.now()),

    /** When a reset of somebody's factor was last done. */
    resetAt: async (person: string): Promise<string | undefined> => (await fold.load(person)).state.done,

    endSessions: async (sender: Sender, { id, person }: In<'end-sessions'>) => {
      under(sender.person, person);
      const { event } = await tell(person, { id, actor: sender.person }, { type: 'people.sessions_ended', data: {} });
      return { seq: event.seq, ended: await endBefore(person, event) };
    },

    /** A start password, to be changed at the next sign-in. The second factor stays. */
    resetPassword: async (sender: Sender, { id, person, password }: In<'reset-password'>): Promise<{ seq: number }> => {
      const other = under(sender.person, person);
      if (sender.person === person) throw new AppError('people.not_self');
      await mustBeEnough(person);
      await chosen(other, password);
      const hash = await hashPassword(password);
      under(sender.person, person); // hashing waits in a queue: a post may have ended, or been given, meanwhile
      await mustBeEnough(person);
      const { event } = await tell(person, { id, actor: sender.person }, { type: 'people.password_reset', data: {} });
      // A repeat finishes what a dying process began, and takes nothing that was chosen since.
      const given = await model.givePassword(person, { hash, at: Date.parse(event.at) });
      if (!given && (await model.credentialOf(person)) === null) throw new AppError('not_found');
      await endBefore(person, event, given);
      return { seq: event.seq };
    },

    /** By an administrator, never by a name or an address that the other provider claims: those can be chosen there. */
    bindIdentity: async (sender: Sender, { id, person, subject }: In<'bind-identity'>): Promise<{ seq: number }> => {
      under(sender.person, person);
      if (issuer === undefined) throw new AppError('not_found');
      if (sender.person === person) throw new AppError('people.not_self');
      if (subject !== null) await mustBeEnough(person); // to take one away gives nobody a way in
      const identity = subject === null ? undefined : identityOf(issuer, subject);
      const owner = identity === undefined ? undefined : await model.boundTo(identity);
      if (owner !== undefined && owner !== person) throw new AppError('people.identity_taken');
      const draft = { type: 'people.identity_bound', data: { bound: identity !== undefined } };
      const { event, repeated } = await tell(person, { id, actor: sender.person }, draft);
      if (repeated) return { seq: event.seq }; // another identity under the same id would stand nowhere
      await model.unbind(person);
      if (identity !== undefined) {
        await model.bind(identity, person).catch((error: unknown) => {
          throw isDuplicate(error) ? new AppError('people.identity_taken') : error;
        });
      }
      await sessions.endOf(person); // whoever signed in as they did before does so no more
      return { seq: event.seq };
    },

    /** By what somebody signs in, and what waits; never when they did. */
    means: async (actor: Actor, { person }: In<'means'>): Promise<Means> => {
      under(actor.person, person);
      const row = await model.credentialOf(person);
      const { state } = await fold.load(person);
      return {
        factor: row?.seed !== undefined,
        provider: issuer !== undefined,
        bound: await model.isBound(person),
        reset: openReset(state, clock.now()) ?? null,
        vouch: await vouchWanted(person, actor.person),
      };
    },

    /** For somebody who lost telephone and recovery codes: waits for a second administrator. */
    resetFactor: async (sender: Sender, input: In<'reset-factor'>): Promise<{ seq: number }> => {
      const { id, person, reason } = input;
      under(sender.person, person);
      if ((await model.credentialOf(person))?.seed === undefined) throw new AppError('people.already_so');
      const { event } = await fold.ask(person, { id, actor: sender.person, input }, (state, { person: actor }) => {
        under(actor, person);
        const others = othersOver(person, actor);
        return decideAskReset(state, { reason, salt: newSalt() }, { actor, person, now: clock.now(), others });
      });
      return { seq: event.seq };
    },

    /** The factor is gone with the answer; the next sign-in enrols another where the posts want one. */
    confirmReset: async (sender: Sender, input: In<'confirm-reset'>): Promise<{ seq: number }> => {
      const { id, person, reset } = input;
      under(sender.person, person);
      const { event } = await fold.ask(person, { id, actor: sender.person, input }, (state, { person: actor }) => {
        under(actor, person);
        return decideConfirmReset(state, reset, { actor, person, now: clock.now() });
      });
      await drop(person, event);
      return { seq: event.seq };
    },

    declineReset: async (sender: Sender, input: In<'decline-reset'>): Promise<{ seq: number }> => {
      const { id, person, reset } = input;
      under(sender.person, person);
      const { event } = await fold.ask(person, { id, actor: sender.person, input }, (state, { person: actor }) => {
        under(actor, person);
        return decideDeclineReset(state, reset, { actor, person, now: clock.now() });
      });
      return { seq: event.seq };
    },

    /** The same by whoever may use the machine the hub runs on, for the last administrator. */
    resetByOperator: async (person: string, id: string): Promise<void> => {
      const draft = { type: 'people.factor_reset', data: { asked: null } };
      const { event } = await tell(person, { id, actor: 'system' }, draft);
      await drop(person, event);
    },
  };
}

import type { Caller } from '#server/platform/caller.ts';
import type { Clock } from '#server/platform/clock.ts';
import { newId } from '#server/platform/crypto.ts';
import { createFold, type Written } from '#server/platform/fold.ts';
import type { Key } from '#server/platform/secrets.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { accountTable, Means } from '#shared/people/account.schema.ts';
import type { Sender } from '#shared/people/people.rules.ts';
import {
  CODE_HOLDS,
  decideFactorDropped,
  decideGiveCode,
  decideVouched,
  evolveVouching,
  mayVouch,
  notVouched,
  OPERATOR,
} from '#shared/people/vouching.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { AccountModel } from './people.account.model.ts';
import type { Directory } from './people.directory.ts';
import { asGiven, newCode } from './people.factor.ts';
import type { Guesses } from './people.guesses.ts';
import { createUnder } from './people.under.ts';

type In<Verb extends keyof typeof accountTable> = InputOf<(typeof accountTable)[Verb]>;

const CHARACTERS = 12; // 60 bits, and guesses are slowed

interface Deps {
  streams: Streams;
  model: AccountModel;
  directory: Directory;
  clock: Clock;
  key: Key;
  guessed: Guesses['guessed'];
  /** Puts an event on a person's own stream. */
  tell: (person: string, source: { id: string; actor: string }, draft: EventDraft) => Promise<Written>;
}

export type Vouching = ReturnType<typeof createVouching>;

/** That whoever holds an account is whom an administrator met (vouching.rules.ts). */
export function createVouching({ streams, model, directory, clock, key, guessed, tell }: Deps) {
  const { under } = createUnder({ directory, clock });
  const rules = { kind: 'person', initial: notVouched, evolve: evolveVouching };
  const fold = createFold(streams, rules, directory.actor);
  const markOf = (person: string, code: string): string => key.sign(`vouch ${person} ${code}`);
  /** Who asked for the posts of theirs that begin with a code; undefined where none does. */
  function proposers(person: string): string[] | undefined {
    const posts = directory.beginning(person, clock.now());
    return posts.length === 0 ? undefined : posts.flatMap(({ vouch }) => vouch ?? []);
  }

  function isUnder(giver: string, person: string): boolean {
    try {
      return giver === OPERATOR || under(giver, person).person === person;
    } catch {
      return false; // suspended, or out of office, or not over them any more
    }
  }

  /** A code in place of the one before. It is said here and nowhere else. */
  async function makeCode(person: string, { id, seq, at }: StreamEvent) {
    const code = newCode(CHARACTERS);
    await model.setVouch(person, { mark: markOf(person, code), given: id });
    return { seq, code, until: new Date(Date.parse(at) + CODE_HOLDS).toISOString() };
  }

  return {
    /** Who has to hand over a code before somebody's posts begin: the asker may, or somebody else has to. */
    wanted: async (person: string, asker: string): Promise<Means['vouch']> => {
      const proposed = proposers(person);
      if (proposed === undefined) return null;
      const { state } = await fold.load(person);
      return asker !== person && mayVouch(state, asker, proposed) ? 'yours' : 'another';
    },

    /** The code is in the answer and nowhere else; it holds for a day, and the one before it no more. */
    giveCode: async (sender: Sender, input: In<'give-code'>): Promise<{ seq: number; code: string; until: string }> => {
      const { id, person } = input;
      under(sender.person, person);
      const write = { id, actor: sender.person, input: { ...input, verb: 'give-code' } };
      const { event } = await fold.ask(person, write, (state, { person: actor }) => {
        under(actor, person);
        return decideGiveCode(state, { actor, person, proposed: proposers(person) });
      });
      // A repeat gets another code, as long as the event counts: the first answer may never have arrived.
      if ((await fold.load(person)).state.given?.id !== event.id) throw new AppError('people.already_so');
      return makeCode(person, event);
    },

    /** The same by whoever may use the machine the hub runs on. Undefined where no post of theirs waits for it. */
    giveByOperator: async (person: string, id: string): Promise<{ code: string; until: string } | undefined> => {
      if (proposers(person) === undefined) return undefined;
      const { event } = await tell(person, { id, actor: OPERATOR }, { type: 'people.code_given', data: {} });
      return makeCode(person, event);
    },

    /**
     * Whoever shows it has a second factor: it is theirs that is vouched for, and every session but the one it was set
     * up in has ended by then. What was given before the factor was reset or given up counts no more, in the stream's
     * own order.
     */
    takeUp: async ({ actor }: Caller, { id, code }: In<'take-up'>): Promise<object> => {
      const { person } = actor;
      const row = await model.credentialOf(person);
      if (directory.person(person)?.vouched === true) return {}; // a repeat
      const proposed = proposers(person);
      if (proposed === undefined) throw new AppError('people.nothing_to_confirm');
      if (row?.seed === undefined) throw new AppError('people.factor_first');
      const shown = markOf(person, asGiven(code));
      const isRight = () => Promise.resolve(row.vouch?.mark === shown && row.vouch.given);
      const given = await guessed(person, 'people.vouch_code_wrong', isRight);
      const write = { id, actor: person, input: { verb: 'take-up', given } }; // the code itself stands nowhere
      const counts = (giver: string): boolean => isUnder(giver, person);
      await fold.ask(person, write, (state) => decideVouched(state, given, { now: clock.now(), proposed, counts }));
      await model.setVouch(person, undefined);
      return {};
    },

    /** By themselves, who give up the factor they were vouched for with; decided in turn, as showing a code is. */
    unvouch: async (person: string): Promise<void> => {
      const write = { id: newId(), actor: person, input: { verb: 'drop-factor' } };
      await fold.ask(person, write, decideFactorDropped).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'people.already_so')) throw error;
      });
    },
  };
}

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
  decideGiveCode,
  decideVouched,
  evolveVouching,
  mayVouch,
  notVouched,
} from '#shared/people/vouching.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
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
  const waits = (person: string): boolean => directory.beginning(person, clock.now()).length > 0;

  return {
    /** Who has to hand over a code before somebody's posts begin: the asker may, or somebody else has to. */
    wanted: async (person: string, asker: string): Promise<Means['vouch']> => {
      if (!waits(person)) return null;
      const { state } = await fold.load(person);
      return asker !== person && mayVouch(state, asker) ? 'yours' : 'another';
    },

    /** The code is in the answer and nowhere else; it holds for a day, and the one before it no more. */
    giveCode: async (sender: Sender, input: In<'give-code'>): Promise<{ seq: number; code: string; until: string }> => {
      const { id, person } = input;
      under(sender.person, person);
      const { event } = await fold.ask(person, { id, actor: sender.person, input }, (state, { person: actor }) => {
        under(actor, person);
        return decideGiveCode(state, { actor, person, waits: waits(person) });
      });
      // A repeat gets another code, as long as the event counts: the first answer may never have arrived.
      if ((await fold.load(person)).state.given?.id !== event.id) throw new AppError('people.already_so');
      const code = newCode(CHARACTERS);
      await model.setVouch(person, { mark: markOf(person, code), given: event.id });
      return { seq: event.seq, code, until: new Date(Date.parse(event.at) + CODE_HOLDS).toISOString() };
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
      if (row?.seed === undefined) throw new AppError('people.factor_first');
      const shown = markOf(person, asGiven(code));
      const isRight = () => Promise.resolve(row.vouch?.mark === shown && row.vouch.given);
      const given = await guessed(person, 'people.vouch_code_wrong', isRight);
      const write = { id, actor: person, input: { given } }; // the code itself stands nowhere
      await fold.ask(person, write, (state) => decideVouched(state, given, clock.now()));
      await model.setVouch(person, undefined);
      return {};
    },

    /** By themselves, who give up the factor they were vouched for with. */
    unvouch: async (person: string): Promise<void> => {
      if (directory.person(person)?.vouched !== true) return;
      await tell(person, { id: newId(), actor: person }, { type: 'people.factor_dropped', data: {} });
    },
  };
}

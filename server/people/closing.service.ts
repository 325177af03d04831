import type { closingTable } from '#shared/people/closing.schema.ts';
import { decideAsk, decideErase, decideWithdraw, toHandOver } from '#shared/people/closing.rules.ts';
import type { Actor, Sender } from '#shared/people/people.rules.ts';
import type { InputOf, OutputOf } from '#shared/wire/define.ts';
import { fail } from '#shared/wire/error.ts';
import type { Desk } from './people.desk.ts';
import type { PostRow } from './people.model.ts';

type In<Verb extends keyof typeof closingTable> = InputOf<(typeof closingTable)[Verb]>;

interface Deps extends Desk {
  loginMark: (login: string) => string;
}

/** The end of an account: asked for by its person, done by an administrator. What follows from it: people.erase.ts. */
export function createClosingService({ directory, clock, personFold, mustRule, loginMark }: Deps) {
  /** Theirs now or later. */
  const postsOf = (person: string): PostRow[] =>
    directory.postsGiven(person).filter(({ until }) => until === null || clock.now().getTime() < Date.parse(until));

  return {
    closing: ({ person }: Actor): OutputOf<(typeof closingTable)['closing']> => ({
      asked: directory.person(person)?.closing ?? null,
      posts: toHandOver(postsOf(person)).map(({ role, unit }) => ({ role, unit })),
    }),

    askClosing: async ({ person }: Sender, input: In<'ask-closing'>): Promise<{ seq: number }> => {
      const write = { id: input.id, actor: person, input: { ...input, verb: 'ask' } };
      const { event } = await personFold.ask(person, write, (state) => decideAsk(state, postsOf(person)));
      return { seq: event.seq };
    },

    withdrawClosing: async ({ person }: Sender, input: In<'withdraw-closing'>): Promise<{ seq: number }> => {
      const write = { id: input.id, actor: person, input: { ...input, verb: 'withdraw' } };
      const { event } = await personFold.ask(person, write, decideWithdraw);
      return { seq: event.seq };
    },

    /** All their rights are gone with the event; what is stored of them follows at once, and after a crash. */
    erase: async (sender: Sender, input: In<'erase'>): Promise<{ seq: number }> => {
      const { id, person } = input;
      const { event } = await personFold.ask(person, { id, actor: sender.person, input }, (state, actor) => {
        const { login } = mustRule(actor, 'person.erase', person);
        if (person === actor.person) return fail('people.not_self');
        return decideErase(state, { posts: postsOf(person), login: loginMark(login) });
      });
      return { seq: event.seq };
    },
  };
}

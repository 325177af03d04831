import { newSalt } from '#server/platform/crypto.ts';
import { inForce, type Actor, type Sender } from '#shared/people/people.rules.ts';
import type { RosterLine, StaffLine, staffTable } from '#shared/people/staff.schema.ts';
import { entriesOf } from '#shared/people/roster.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError, fail } from '#shared/wire/error.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import { createAlike, type Alike } from './people.alike.ts';
import type { Desk } from './people.desk.ts';
import type { PersonRow } from './people.model.ts';

type In<Verb extends keyof typeof staffTable> = InputOf<(typeof staffTable)[Verb]>;

interface Deps extends Desk {
  /** Ends every session of a person, or those begun by a moment, ms; resolves when none is left. */
  endSessions: (person: string, until?: number) => Promise<number>;
}

/** The people of a unit as those see them who administer it. */
export function createStaffService({ endSessions, ...desk }: Deps) {
  const { directory, clock, personFold, unitFold, allow, mustRule, unitsOf } = desk;
  const alike = createAlike(desk);

  async function stand(sender: Sender, input: In<'suspend'>, suspended: boolean): Promise<StreamEvent> {
    const { id, person, reason } = input;
    const type = suspended ? 'people.suspended' : 'people.reactivated';
    const write = { id, actor: sender.person, input: { ...input, type } };
    const { event } = await personFold.ask(person, write, (_, actor) => {
      const row = mustRule(actor, 'person.suspend', person);
      if (person === actor.person) return fail('people.not_self');
      if ((row.suspended ?? false) === suspended) return fail('people.already_so');
      return { type, data: { reason, salt: newSalt() } } satisfies EventDraft;
    });
    return event;
  }

  function toLine({ _id, login, name, suspended = false, closing }: PersonRow): StaffLine {
    const posts = directory
      .postsGiven(_id)
      .filter((post) => inForce(post, clock.now()))
      .map(({ role, unit }) => ({ role, unit }));
    return { id: _id, login, name, suspended, closing: closing ?? null, posts };
  }

  return {
    /** Rights are gone with the event, open lines with its announcement; sessions follow, and are gone at the answer. */
    suspend: async (sender: Sender, input: In<'suspend'>): Promise<{ seq: number }> => {
      const { seq, at } = await stand(sender, input, true);
      await endSessions(input.person, Date.parse(at)); // a repeat that comes late ends nothing that is new
      return { seq };
    },

    /** Sessions of before come back with nobody: a process may have died between a suspension and their end. */
    reactivate: async (sender: Sender, input: In<'reactivate'>): Promise<{ seq: number }> => {
      const actor = directory.actor(sender.person);
      if (actor === undefined) throw new AppError('unauthenticated');
      if (mustRule(actor, 'person.suspend', input.person).suspended === true) await endSessions(input.person);
      const { seq } = await stand(sender, input, false);
      return { seq };
    },

    staff: (actor: Actor, { unit, find, only, after, limit }: In<'staff'>): { people: StaffLine[]; more: boolean } => {
      allow(actor, 'person.suspend', unit);
      const within = new Set(directory.tree.subtree(unit));
      const wanted = find?.trim().toLowerCase() ?? '';
      const found = [...directory.persons()]
        .filter(
          ({ login, closing, erased }) =>
            erased !== true && (after === undefined || login > after) && (only === undefined || closing != null),
        )
        .filter(({ login, name }) => wanted === '' || login.includes(wanted) || name.toLowerCase().includes(wanted))
        .filter((row) => unitsOf(row).some((one) => within.has(one)))
        .sort((a, b) => (a.login < b.login ? -1 : 1));
      return { people: found.slice(0, limit).map(toLine), more: found.length > limit };
    },

    alike: (actor: Actor, { unit, name }: In<'alike'>): { people: Alike[] } => {
      allow(actor, 'appointment.create', unit);
      return { people: alike(unit, name) };
    },

    /** The same for whoever has the right already. */
    alikeIn: alike,

    roster: async (actor: Actor, { unit }: In<'roster'>): Promise<{ posts: RosterLine[] }> => {
      allow(actor, 'appointment.create', unit);
      const { state } = await unitFold.load(unit);
      const posts = entriesOf(state).map(({ post, by, waiting }) => ({
        ...{ appointment: post.appointment, person: post.person, role: post.role, from: post.from, until: post.until },
        ...{ by, waiting, ...(post.secondBy !== undefined && { secondBy: post.secondBy }) },
        ...(!waiting && directory.hasToBegin(post) && { begins: true as const }),
      }));
      return { posts: posts.sort((a, b) => (a.from < b.from ? 1 : -1)) };
    },
  };
}

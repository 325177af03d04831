import type { Clock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { createFold } from '#server/platform/fold.ts';
import { isDuplicate } from '#server/platform/store-errors.ts';
import type { Streams } from '#server/platform/streams.ts';
import type { Action, Role } from '#shared/people/people.policy.ts';
import { inForce, may, type Actor } from '#shared/people/people.rules.ts';
import type { Card, peopleTable, Unit, User } from '#shared/people/people.schema.ts';
import * as roster from '#shared/people/roster.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError, fail } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel } from './people.model.ts';
import { hashPassword } from './people.passwords.ts';

type In<Verb extends keyof typeof peopleTable> = InputOf<(typeof peopleTable)[Verb]>;

interface Deps {
  streams: Streams;
  directory: Directory;
  model: PeopleModel;
  clock: Clock;
  /** Whether this is the set-up code, which stands in for a second administrator while there is only one. */
  isSetupCode: (code: string) => boolean;
}

export type PeopleService = ReturnType<typeof createPeopleService>;

/** Units, people, posts and delegations: load → may → decide → append. */
export function createPeopleService({ streams, directory, model, clock, isSetupCode }: Deps) {
  const unitFold = createFold(streams, { kind: 'unit', initial: roster.emptyRoster, evolve: roster.evolveRoster });
  const personFold = createFold(streams, { kind: 'person', initial: () => null, evolve: (state) => state });

  /** A unit outside one's scope is not there. */
  function allow(actor: Actor, action: Action, unit: string): void {
    if (!may(actor, action, { path: directory.tree.path(unit) }, clock.now())) throw new AppError('not_found');
  }

  function adminsOver(unit: string, besides: string): number {
    const path = directory.tree.path(unit);
    const found = new Set<string>();
    for (const post of directory.posts()) {
      if (post.role === 'admin' && path.includes(post.unit) && inForce(post, clock.now())) found.add(post.person);
    }
    found.delete(besides);
    return found.size;
  }

  function rolesIn(person: string, unit: string): Role[] {
    const held = directory.actor(person)?.appointments ?? [];
    return held.filter((post) => post.unit === unit && inForce(post, clock.now())).map((post) => post.role);
  }

  /** One after the other for each name: two who take it side by side would both be written, for good. */
  const enrolled = (input: Enrolled, actor: string): Promise<{ person: string; seq: number }> =>
    streams.inTurn(`login ${input.login}`, () => enrol(input, actor));

  async function enrol({ id, login, name, hash }: Enrolled, actor: string): Promise<{ person: string; seq: number }> {
    const taken = await model.credential(login);
    const other = taken?._id ?? directory.withLogin(login)?._id ?? id;
    if (other !== id) throw new AppError('people.login_taken');
    const draft: EventDraft = { type: 'people.enrolled', data: { login, name } };
    // The password is no part of what is kept for good: a repeat is told by name and login.
    const { event } = await personFold.write(id, { id, actor, input: draft }, (_, seq) =>
      seq === 0 ? draft : fail('id_reused'),
    );
    // A repeat gives nobody a new password, least of all whoever enrolled them once.
    if (taken !== null && actor !== 'system') return { person: id, seq: event.seq };
    try {
      await model.putCredential(id, login, hash);
    } catch (error) {
      throw isDuplicate(error) ? new AppError('people.login_taken') : error;
    }
    return { person: id, seq: event.seq };
  }

  const found = (id: string, unit: roster.RosterState['founded'] & object, actor: string, above?: Unit) =>
    unitFold.write(id, { id, actor, input: unit }, (state) => roster.decideFound(state, unit, above?.level));

  return {
    me: (actor: Actor): { user: User } => {
      const user = directory.user(actor.person, clock.now());
      if (user === undefined) throw new AppError('unauthenticated');
      return { user };
    },

    /** The tree is no secret to staff: it stands on the public pages too. */
    units: (): { units: Unit[] } => ({ units: directory.units() }),

    cards: (ids: readonly string[]): { people: Card[] } => ({
      people: ids.slice(0, 100).flatMap((id) => directory.card(id, clock.now()) ?? []),
    }),

    /** Who holds a post in a unit now: to name people in a meeting, to mention, to assign. */
    members: (actor: Actor, unit: string): { people: Card[] } => {
      allow(actor, 'unit.read', unit);
      const people = new Set<string>();
      for (const post of directory.posts()) {
        if (post.unit === unit && inForce(post, clock.now())) people.add(post.person);
      }
      return { people: [...people].flatMap((id) => directory.card(id, clock.now()) ?? []) };
    },

    createUnit: async (actor: Actor, input: In<'create-unit'>): Promise<{ seq: number }> => {
      allow(actor, 'unit.create', input.parent);
      const { id, parent, code, name, level } = input;
      return streams.inTurn(`code ${code}`, async () => {
        const other = directory.unitByCode(code);
        if (other !== undefined && other.id !== id) throw new AppError('people.code_taken');
        const { event } = await found(id, { code, name, level, parent }, actor.person, directory.tree.get(parent));
        return { seq: event.seq };
      });
    },

    enrol: async (actor: Actor, input: In<'enrol'>) => {
      allow(actor, 'appointment.create', input.unit);
      const { id, login, name, password } = input;
      return enrolled({ id, login, name, hash: await hashPassword(password) }, actor.person);
    },

    /** The same with a password that is hashed already: demo people share one, and hashing is dear. */
    enrolHashed: (actor: Actor, unit: string, input: Enrolled) => {
      allow(actor, 'appointment.create', unit);
      return enrolled(input, actor.person);
    },

    appoint: async (actor: Actor, input: In<'appoint'>): Promise<{ seq: number; pending: boolean }> => {
      allow(actor, 'appointment.create', input.unit);
      const { id, unit, person, role } = input;
      if ((directory.unitOfPost(id) ?? unit) !== unit) throw new AppError('id_reused'); // an id names one post
      if (directory.person(person) === undefined) throw new AppError('people.no_such_person');
      const from = input.from ?? clock.now().toISOString();
      const post = { appointment: id, person, role, from, until: input.until ?? null };
      const code = input.code !== undefined && isSetupCode(input.code);
      const { event } = await unitFold.write(unit, { id, actor: actor.person, input }, () =>
        roster.decideAppoint({ post, actor: actor.person, admins: () => adminsOver(unit, person), code }),
      );
      return { seq: event.seq, pending: event.type === 'people.proposed' };
    },

    confirm: async (actor: Actor, input: In<'confirm'>): Promise<{ seq: number }> => {
      allow(actor, 'appointment.create', input.unit);
      const { event } = await unitFold.write(input.unit, { id: input.id, actor: actor.person, input }, (state) =>
        roster.decideConfirm(state, input.appointment, actor.person),
      );
      return { seq: event.seq };
    },

    end: async (actor: Actor, input: In<'end'>): Promise<{ seq: number }> => {
      allow(actor, 'appointment.create', input.unit);
      const { event } = await unitFold.write(input.unit, { id: input.id, actor: actor.person, input }, (state) =>
        roster.decideEnd(state, input.appointment, actor.person),
      );
      return { seq: event.seq };
    },

    delegate: async (actor: Actor, input: In<'delegate'>): Promise<{ seq: number }> => {
      allow(actor, 'delegation.create', input.unit);
      const { id, unit, person, from, until, reason } = input;
      if ((directory.delegation(id)?.person ?? person) !== person) throw new AppError('id_reused');
      const delegation = { delegation: id, principal: actor.person, unit, from, until, reason };
      const { event } = await personFold.write(person, { id, actor: actor.person, input }, () =>
        roster.decideDelegate(delegation, { person, roles: rolesIn(person, unit) }),
      );
      return { seq: event.seq };
    },

    accept: async (actor: Actor, input: In<'accept'>): Promise<{ seq: number }> => {
      const delegation = directory.delegation(input.delegation);
      if (delegation?.person !== actor.person) throw new AppError('people.no_such_delegation');
      const draft: EventDraft = { type: 'people.accepted', data: { delegation: input.delegation } };
      const { event } = await personFold.write(actor.person, { id: input.id, actor: actor.person, input }, () => draft);
      return { seq: event.seq };
    },

    /**
     * The first unit and its first administrator, once, with the set-up code. Ids are derived from the code, so that
     * a crash in the middle is finished by the next attempt.
     */
    setUp: async (given: { code: string; login: string; name: string; password: string; unit: UnitSeed }) => {
      const { code, login, name, password, unit } = given;
      const root = derivedId(sha256, code, 'unit');
      const person = derivedId(sha256, code, 'admin');
      await found(root, { ...unit, parent: null }, 'system');
      await enrolled({ id: person, login, name, hash: await hashPassword(password) }, 'system');
      const appointment = derivedId(sha256, code, 'appointment');
      const from = clock.now().toISOString();
      const post = { appointment, person, role: 'admin' as const, from, until: null, secondBy: 'set-up code' };
      const input = { appointment, person };
      await unitFold.write(root, { id: appointment, actor: 'system', input }, () => ({
        type: 'people.appointed',
        data: post,
      }));
      return { unit: root, person };
    },

    /** Puts a pointer into a person's inbox; the id is derived from its source, so a repeat changes nothing. */
    notify: (
      person: string,
      source: { id: string; actor: string },
      draft: EventDraft,
    ): Promise<{ event: StreamEvent }> => personFold.follow(person, source, draft),

    /** The same on a unit's stream. */
    point: (unit: string, source: { id: string; actor: string }, draft: EventDraft): Promise<{ event: StreamEvent }> =>
      unitFold.follow(unit, source, draft),
  };
}

interface Enrolled {
  id: string;
  login: string;
  name: string;
  /** Argon2id, with its parameters. */
  hash: string;
}

interface UnitSeed {
  code: string;
  name: string;
  level: Unit['level'];
}

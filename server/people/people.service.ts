import type { Clock } from '#server/platform/clock.ts';
import { newSalt, sha256 } from '#server/platform/crypto.ts';
import { isDuplicate } from '#server/platform/store-errors.ts';
import type { Written } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import { DEPUTIES } from '#shared/people/delegations.rules.ts';
import { inForce, type Actor, type Sender } from '#shared/people/people.rules.ts';
import type { Card, peopleTable, Unit, User } from '#shared/people/people.schema.ts';
import * as roster from '#shared/people/roster.rules.ts';
import { decideFound } from '#shared/people/units.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { AppError, fail, type Failure } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { EventDraft, StreamEvent } from '#shared/wire/stream.ts';
import { createAppointing } from './appointing.ts';
import { createClosingService } from './closing.service.ts';
import { createCoverageService } from './coverage.service.ts';
import { createDelegationsService } from './delegations.service.ts';
import { mustBeGood } from './people.account.ts';
import type { Breached } from './people.breached.ts';
import { createDesk } from './people.desk.ts';
import type { Directory } from './people.directory.ts';
import type { PeopleModel } from './people.model.ts';
import { hashPassword } from './people.passwords.ts';
import { createStaffService } from './staff.service.ts';
import { createUnitsService } from './units.service.ts';
import { createWaiting, type Waits } from './people.waiting.ts';

type In<Verb extends keyof typeof peopleTable> = InputOf<(typeof peopleTable)[Verb]>;

interface Deps {
  streams: Streams;
  directory: Directory;
  model: PeopleModel;
  clock: Clock;
  /** Whether this is the set-up code, which stands in for a second administrator while there is only one. */
  isSetupCode: (code: string) => boolean;
  /** What the sign-in name of a closed account is known by. */
  loginMark: (login: string) => string;
  /** Ends every session of a person, or those begun by a moment, ms; how many there were. */
  endSessions: (person: string, until?: number) => Promise<number>;
  waits: Waits;
  isBreached: Breached['has'];
  /** The demo, where nobody has a second factor to be vouched for with. */
  demo: boolean;
}

export type PeopleService = ReturnType<typeof createPeopleService>;

/** Units, people, posts and delegations: load → may → decide → append. */
export function createPeopleService(deps: Deps) {
  const { streams, directory, model, clock, isSetupCode, loginMark, isBreached } = deps;
  const desk = createDesk({ streams, directory, clock });
  const { unitFold, personFold, allow } = desk;
  const { judge, around } = createAppointing({ directory, clock, allow, isSetupCode });

  /** The right is asked first: a stranger must not learn who is enrolled. */
  function unknownTo(actor: Actor, unit: string): Failure {
    allow(actor, 'appointment.create', unit);
    return fail('people.no_such_person');
  }

  const isSpent = (login: string): boolean => directory.isSpent(loginMark(login));

  /** One after the other for each name: two who take it side by side would both be written, for good. */
  const enrolled = (input: Enrolled, by: By): Promise<{ person: string; seq: number }> =>
    streams.inTurn(`login ${input.login}`, () => enrol(input, by));

  async function enrol(
    { id, login, name, hash, start = false }: Enrolled,
    by: By,
  ): Promise<{ person: string; seq: number }> {
    const taken = await model.credential(login);
    const other = taken?._id ?? directory.withLogin(login)?._id ?? id;
    if (other !== id || isSpent(login)) throw new AppError('people.login_taken');
    const said = { type: 'people.enrolled', data: { login, name } };
    const at = by === 'system' ? {} : { unit: by.unit };
    // The password is no part of what is kept for good: a repeat is told by name and login.
    const write = { id, actor: by === 'system' ? by : by.person, input: said };
    const data = { login, name, ...at, salt: newSalt() };
    const onlyFirst = (seq: number) => (seq === 0 ? { ...said, data } : fail('id_reused'));
    const { event } =
      by === 'system'
        ? await personFold.write(id, write, (_, seq) => onlyFirst(seq))
        : await personFold.ask(id, write, (_, actor, seq) => {
            allow(actor, 'appointment.create', by.unit);
            return directory.tree.get(by.unit)?.closed === true ? fail('people.unit_closed') : onlyFirst(seq);
          });
    // A repeat gives nobody a new password, least of all whoever enrolled them once.
    if (taken !== null && by !== 'system') return { person: id, seq: event.seq };
    try {
      await model.putCredential({ _id: id, login, hash, start });
    } catch (error) {
      throw isDuplicate(error) ? new AppError('people.login_taken') : error;
    }
    return { person: id, seq: event.seq };
  }

  /** An administrator's command on what stands on a unit's stream already. */
  async function onRoster(
    person: string,
    input: { id: string; unit: string },
    decide: (state: roster.RosterState) => EventDraft | Failure,
  ): Promise<{ seq: number }> {
    const { event } = await unitFold.ask(input.unit, { id: input.id, actor: person, input }, (state, actor) => {
      allow(actor, 'appointment.create', input.unit);
      return decide(state);
    });
    return { seq: event.seq };
  }

  return {
    ...createUnitsService(desk),
    ...createStaffService({ ...desk, endSessions: deps.endSessions }),
    ...createClosingService({ ...desk, loginMark }),
    ...createDelegationsService(desk),
    ...createCoverageService(desk),
    waiting: createWaiting(desk, deps.waits),

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

    /** Who holds a post in a unit now: to name people in a meeting, to mention, to assign, to ask for a deputy. */
    members: (actor: Actor, unit: string, as?: 'deputy'): { people: Card[] } => {
      allow(actor, 'unit.read', unit);
      const people = new Set<string>();
      for (const post of directory.posts()) {
        if (as === 'deputy' && !DEPUTIES.includes(post.role)) continue;
        if (post.unit === unit && inForce(post, clock.now())) people.add(post.person);
      }
      return { people: [...people].flatMap((id) => directory.card(id, clock.now()) ?? []) };
    },

    enrol: async (actor: Actor, input: In<'enrol'>) => {
      const { id, unit, login, name, password } = input;
      allow(actor, 'appointment.create', unit); // asked in the turn again; here so that nobody else has us hash
      const { name: unitName = '', code = '' } = directory.tree.get(unit) ?? {};
      await mustBeGood(password, { privileged: false, words: [login, name, unitName, code], isBreached });
      const hash = await hashPassword(password);
      return enrolled({ id, login, name, hash, start: true }, { person: actor.person, unit });
    },

    /** The same with a password that is hashed already: demo people share one, and hashing is dear. */
    enrolHashed: ({ person }: Sender, unit: string, input: Enrolled) => enrolled(input, { person, unit }),

    appoint: async (sender: Sender, input: In<'appoint'>): Promise<{ seq: number; pending: boolean }> => {
      const { unit, id } = input;
      const { event } = await unitFold.ask(unit, { id, actor: sender.person, input }, (_, actor) => {
        const { erased = false } = directory.person(input.person) ?? { erased: true };
        return erased ? unknownTo(actor, unit) : judge(actor, input);
      });
      return { seq: event.seq, pending: event.type === 'people.proposed' };
    },

    /** What appointing somebody, who may not be enrolled yet, would come to now. Nothing is written. */
    wouldAppoint: (actor: Actor, input: In<'appoint'>): EventDraft | Failure => {
      try {
        return judge(actor, input);
      } catch (error) {
        if (error instanceof AppError) return fail(error.code);
        throw error;
      }
    },

    /** Whether it was the sign-in name of an account that is closed. */
    isSpent,

    /** Whether somebody could sign in under this name. */
    hasPassword: async (login: string): Promise<boolean> => (await model.credential(login)) !== null,

    confirm: ({ person }: Sender, input: In<'confirm'>): Promise<{ seq: number }> =>
      onRoster(person, input, (state) => {
        const proposed = roster.proposalIn(state, input.appointment)?.post ?? { person: '', role: 'worker' as const };
        if (directory.person(proposed.person)?.erased === true) return fail('people.nothing_to_confirm');
        return roster.decideConfirm(state, input.appointment, {
          ...{ actor: person, around: around(input.unit, proposed), vouch: !deps.demo },
        });
      }),

    end: ({ person }: Sender, input: In<'end'>): Promise<{ seq: number }> =>
      onRoster(person, input, (state) => roster.decideEnd(state, input, person)),

    /**
     * The first unit and its first administrator, once, with the set-up code. Ids are derived from the code, so that
     * a crash in the middle is finished by the next attempt. It goes on with what is there, whatever was typed this
     * time but for the password, and answers with the names that hold.
     */
    setUp: async (given: { code: string; login: string; name: string; password: string; unit: UnitSeed }) => {
      const { code, password } = given;
      const words = [given.login, given.name, given.unit.name, given.unit.code];
      await mustBeGood(password, { privileged: true, words, isBreached });
      const root = derivedId(sha256, code, 'unit');
      const person = derivedId(sha256, code, 'admin');
      const { name: unitName, code: unitCode, level } = directory.tree.get(root) ?? given.unit;
      const first = { code: unitCode, name: unitName, level, parent: null };
      await unitFold.write(root, { id: root, actor: 'system', input: first }, (state) =>
        decideFound(state, first, undefined),
      );
      const { login, name } = directory.person(person) ?? given;
      await enrolled({ id: person, login, name, hash: await hashPassword(password) }, 'system');
      const appointment = derivedId(sha256, code, 'appointment');
      const from = clock.now().toISOString();
      const post = { appointment, person, role: 'admin' as const, from, until: null, secondBy: 'set-up code' };
      const input = { appointment, person };
      await unitFold.write(root, { id: appointment, actor: 'system', input }, () => ({
        type: 'people.appointed',
        data: post,
      }));
      return { unit: root, person, login, unitName };
    },

    personFold,

    /** Puts a pointer into a person's inbox; the id is derived from its source, so a repeat changes nothing. */
    notify: (person: string, source: { id: string; actor: string }, draft: EventDraft): Promise<Written> =>
      personFold.follow(person, source, draft),

    /** The same on a unit's stream. */
    point: (unit: string, source: { id: string; actor: string }, draft: EventDraft): Promise<{ event: StreamEvent }> =>
      unitFold.follow(unit, source, draft),
  };
}

/** Who enrols somebody: an administrator by their right over a unit, or the hub itself. */
type By = 'system' | { person: string; unit: string };

interface Enrolled {
  id: string;
  login: string;
  name: string;
  /** Argon2id, with its parameters. */
  hash: string;
  /** To be changed at the first sign-in, because somebody else chose it. */
  start?: boolean;
}

interface UnitSeed {
  code: string;
  name: string;
  level: Unit['level'];
}

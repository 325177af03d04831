import type { Clock } from '#server/platform/clock.ts';
import type { Role } from '#shared/people/people.policy.ts';
import { inForce, may, type Actor } from '#shared/people/people.rules.ts';
import type { peopleTable } from '#shared/people/people.schema.ts';
import * as roster from '#shared/people/roster.rules.ts';
import type { InputOf } from '#shared/wire/define.ts';
import { fail, isFailure, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { Desk } from './people.desk.ts';
import type { Directory } from './people.directory.ts';
import type { PostRow } from './people.model.ts';

/** How long whoever was an administrator counts as a second one, ms: time enough to notice that they are none any more. */
const ENDED_LATELY = 14 * 24 * 3600_000;

interface Deps {
  directory: Directory;
  clock: Clock;
  allow: Desk['allow'];
  /** Whether this is the set-up code, which stands in for a second administrator while there is only one. */
  isSetupCode: (code: string) => boolean;
}

/** What an administrator's appointment is held against. */
export function createAppointing({ directory, clock, allow, isSetupCode }: Deps) {
  const pathOf = (unit: string): readonly string[] => directory.tree.path(unit);

  /**
   * Those who are suspended as well, and those whose post was ended lately: whoever suspends the others, or ends their
   * posts, is not the only one by that.
   */
  function adminsOver(unit: string, besides: string): number {
    const path = pathOf(unit);
    const isOver = ({ role, unit: at }: PostRow): boolean => role === 'admin' && path.includes(at);
    const lately = clock.now().getTime() - ENDED_LATELY;
    const people = [...directory.persons()].filter(({ _id, erased }) => erased !== true && _id !== besides);
    const held = people.filter(({ _id }) =>
      directory.postsGiven(_id).some((post) => isOver(post) && inForce(post, clock.now())),
    );
    const ended = [...directory.endedPosts()].filter(
      (post) => isOver(post) && post.person !== besides && post.over !== undefined && Date.parse(post.over) > lately,
    );
    return new Set([...held.map(({ _id }) => _id), ...ended.map(({ person }) => person)]).size;
  }

  /**
   * Whether an administrator has a say over somebody: where they were enrolled, or hold a post. Nobody else gives them
   * one: with a post in another tree they would be out of the hands of the administrators of their own.
   */
  function isWithin(actor: Actor, person: string): boolean {
    const home = directory.person(person)?.unit;
    const posts = directory.postsGiven(person).map(({ unit }) => unit);
    const units = home === undefined ? posts : [home, ...posts];
    const isOver = (unit: string): boolean => may(actor, 'appointment.create', { path: pathOf(unit) }, clock.now());
    return units.length === 0 || units.some(isOver);
  }

  /** What a post of this role in this unit is held against, in the unit's turn. */
  function around(unit: string, { person, role }: { person: string; role: Role }) {
    const others = directory.postsGiven(person).filter((post) => post.unit === unit && post.role === role);
    return { others, closes: directory.unit(unit)?.until, now: clock.now() };
  }

  return {
    around,

    /** An administrator's appointment, as of now. */
    judge: (actor: Actor, input: InputOf<(typeof peopleTable)['appoint']>): EventDraft | Failure => {
      const { id, unit, person, role } = input;
      allow(actor, 'appointment.create', unit);
      if ((directory.unitOfPost(id) ?? unit) !== unit) return fail('id_reused'); // an id names one post
      const from = input.from ?? clock.now().toISOString();
      const post = { appointment: id, person, role, from, until: input.until ?? null };
      const code = input.code !== undefined && isSetupCode(input.code);
      const admins = () => adminsOver(unit, person);
      const decided = roster.decideAppoint({ post, actor: actor.person, admins, code, around: around(unit, post) });
      if (!isFailure(decided)) return isWithin(actor, person) ? decided : fail('people.theirs_elsewhere');
      const isCode = decided.failed === 'people.needs_second' && input.code !== undefined;
      return isCode ? fail('people.setup_code_wrong') : decided;
    },
  };
}

import * as v from 'valibot';
import { command, Id, line, Moment, query } from '#shared/wire/define.ts';
import { LOGIN } from './account.rules.ts';
import { LEVELS, ROLES } from './people.policy.ts';

/** A unit's code is given by people, not derived: it stands in public addresses. */
const UnitCode = v.pipe(v.string(), v.regex(/^[a-z0-9-]{2,32}$/));
/** What people type to sign in. */
export const Login = v.pipe(v.string(), v.regex(LOGIN));
/** 12 characters at least, no rules of composition, no rotation (NIST SP 800-63B; security §4.2). */
export const Password = v.pipe(v.string(), v.minLength(12), v.maxLength(128));
/**
 * A name of one line. Nothing in it that is not seen: turned writing direction or a zero-width letter makes one name
 * look like another (security #49).
 */
export const Name = v.pipe(line(40), v.regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u));
/** With which a password may be refused. */
export const PASSWORD_FAULTS = ['people.password_short', 'people.password_common', 'people.password_personal'] as const;
const Level = v.picklist(LEVELS);
export const Role = v.picklist(ROLES);

const UnitRef = v.object({ id: Id, code: v.string(), name: v.string(), level: Level });

/**
 * `parent` is where it stands now: below its successor once it is `closed`. `from` and `until` where they were set.
 */
export const Unit = v.object({
  ...UnitRef.entries,
  parent: v.nullable(Id),
  from: v.optional(v.string()),
  until: v.optional(v.string()),
  successors: v.optional(v.array(Id)),
  closed: v.optional(v.literal(true)),
});
export type Unit = v.InferOutput<typeof Unit>;

/** The signed-in person as the client knows them. */
export const User = v.object({
  id: Id,
  login: v.string(),
  name: v.string(),
  appointments: v.array(v.object({ role: Role, unit: UnitRef, from: v.string(), until: v.nullable(v.string()) })),
  delegations: v.array(v.object({ principal: Id, unit: UnitRef, from: v.string(), until: v.string() })),
  /** Posts that give nothing until they are vouched for. */
  begins: v.optional(v.array(v.object({ role: Role, unit: UnitRef }))),
});
export type User = v.InferOutput<typeof User>;

/** What stands beside a name: `post` is the post in Chinese words, `role` its code for other languages. */
export const Card = v.object({ id: Id, name: v.string(), post: v.string(), role: v.nullable(Role), unit: v.string() });
export type Card = v.InferOutput<typeof Card>;

/** The first admin and the unit at the top, made once with the code the hub prints at its first start. */
export const Setup = v.strictObject({
  code: line(100),
  login: Login,
  name: Name,
  password: Password,
  unit: v.optional(v.strictObject({ code: UnitCode, name: Name, level: Level })),
});

export const Done = v.object({ seq: v.number() });

export const peopleTable = {
  me: query({ action: 'signed-in', input: v.strictObject({}), output: v.object({ user: User }) }),
  units: query({ action: 'signed-in', input: v.strictObject({}), output: v.object({ units: v.array(Unit) }) }),
  cards: query({
    action: 'signed-in',
    input: v.strictObject({ ids: v.pipe(v.string(), v.maxLength(4000)) }),
    output: v.object({ people: v.array(Card) }),
  }),
  members: query({
    action: 'unit.read',
    // `as: 'deputy'`: only those who could act for a spokesperson of the unit.
    input: v.strictObject({ unit: Id, as: v.optional(v.literal('deputy')) }),
    output: v.object({ people: v.array(Card) }),
  }),
  'create-unit': command({
    action: 'unit.create',
    input: v.strictObject({
      ...{ id: Id, parent: Id, code: UnitCode, name: Name, level: Level },
      from: v.optional(Moment),
    }),
    output: Done,
    errors: ['people.code_taken', 'people.wrong_level', 'people.unit_closed'],
  }),
  enrol: command({
    action: 'appointment.create',
    input: v.strictObject({ id: Id, unit: Id, login: Login, name: Name, password: Password }),
    output: v.object({ person: Id, seq: v.number() }),
    errors: ['people.login_taken', 'people.unit_closed', ...PASSWORD_FAULTS],
  }),
  appoint: command({
    action: 'appointment.create',
    input: v.strictObject({
      id: Id,
      unit: Id,
      person: Id,
      role: Role,
      from: v.optional(Moment),
      until: v.optional(v.nullable(Moment)),
      code: v.optional(line(100)),
    }),
    output: v.object({ seq: v.number(), pending: v.boolean() }),
    fresh: true,
    errors: [
      'people.step_up',
      'people.not_self',
      'people.needs_second',
      'people.no_such_person',
      'people.theirs_elsewhere',
      'people.setup_code_wrong',
      'people.bad_dates',
      'people.overlaps',
      'people.unit_closed',
    ],
  }),
  confirm: command({
    action: 'appointment.create',
    input: v.strictObject({ id: Id, unit: Id, appointment: Id }),
    output: Done,
    fresh: true,
    errors: ['people.step_up', 'people.not_self', 'people.nothing_to_confirm', 'people.bad_dates', 'people.overlaps'],
  }),
  end: command({
    action: 'appointment.create',
    input: v.strictObject({ id: Id, unit: Id, appointment: Id, reason: v.optional(line(200)) }),
    output: Done,
    errors: ['people.not_self', 'people.no_such_appointment'],
  }),
};

import * as v from 'valibot';
import { command, Id, Limit, line, query } from '#shared/wire/define.ts';
import { Done, Name, Role } from './people.schema.ts';

/** A person as those see them who administer one of their units. */
export const StaffLine = v.object({
  id: Id,
  login: v.string(),
  name: v.string(),
  suspended: v.boolean(),
  /** Since when they ask that their account be closed. */
  closing: v.nullable(v.string()),
  posts: v.array(v.object({ role: Role, unit: Id })),
});
export type StaffLine = v.InferOutput<typeof StaffLine>;

/** A post of a unit: held, to come, or proposed and waiting for a second administrator. `by` gave or proposed it. */
export const RosterLine = v.object({
  appointment: Id,
  person: Id,
  role: Role,
  from: v.string(),
  until: v.nullable(v.string()),
  by: v.string(),
  secondBy: v.optional(v.string()),
  waiting: v.boolean(),
  /** It was given, and begins once its holder is vouched for. */
  begins: v.optional(v.literal(true)),
});
export type RosterLine = v.InferOutput<typeof RosterLine>;

/** What one administrator asked for and a second has to confirm: a post, or the reset of somebody's second factor. */
export const WaitingLine = v.object({
  kind: v.picklist(['post', 'factor']),
  /** Of the appointment, or of the reset. */
  id: Id,
  person: Id,
  by: v.string(),
  at: v.string(),
  /** Of a post. */
  unit: v.optional(Id),
  role: v.optional(Role),
  /** Of a reset. */
  reason: v.optional(v.string()),
});
export type WaitingLine = v.InferOutput<typeof WaitingLine>;

const Standing = v.strictObject({ id: Id, person: Id, reason: line(200) });

export const staffTable = {
  suspend: command({
    action: 'person.suspend',
    input: Standing,
    output: Done,
    errors: ['people.not_self', 'people.already_so'],
  }),
  reactivate: command({
    action: 'person.suspend',
    input: Standing,
    output: Done,
    errors: ['people.not_self', 'people.already_so'],
  }),
  /** Who holds a post in a unit or below it, or was enrolled there; by sign-in name. `after` is the last one seen. */
  staff: query({
    action: 'person.suspend',
    input: v.strictObject({
      ...{ unit: Id, find: v.optional(line(40)), after: v.optional(line(40)), limit: Limit },
      only: v.optional(v.picklist(['closing'])),
    }),
    output: v.object({ people: v.array(StaffLine), more: v.boolean() }),
  }),
  /** Whose name looks like one that is to be given to somebody new, five at most: to be told before it is done. */
  alike: query({
    action: 'appointment.create',
    input: v.strictObject({ unit: Id, name: Name }),
    output: v.object({ people: v.array(v.object({ name: v.string(), unitName: v.string() })) }),
  }),
  roster: query({
    action: 'appointment.create',
    input: v.strictObject({ unit: Id }),
    output: v.object({ posts: v.array(RosterLine) }),
  }),
  /** What waits in a unit and below it, the oldest first. Of people, those whose way in is the asker's to mend. */
  waiting: query({
    action: 'appointment.create',
    input: v.strictObject({ unit: Id }),
    output: v.object({ waiting: v.array(WaitingLine) }),
  }),
};

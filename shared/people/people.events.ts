import * as v from 'valibot';
import { Id } from '#shared/wire/define.ts';
import { LEVELS, ROLES } from './people.policy.ts';

const Appointed = v.object({
  /** The command that proposed it, where a second administrator had to confirm. */
  appointment: Id,
  person: Id,
  role: v.picklist(ROLES),
  from: v.string(),
  until: v.nullable(v.string()),
  secondBy: v.optional(v.string()),
});

/** Events on `unit:<id>` that are the unit's own: what it is and who holds which post. */
export const unitEvents = {
  'people.founded': v.object({ code: v.string(), name: v.string(), level: v.picklist(LEVELS), parent: v.nullable(Id) }),
  'people.proposed': v.object({ ...Appointed.entries, secondBy: v.optional(v.never()) }),
  'people.appointed': Appointed,
  'people.ended': v.object({ appointment: Id }),
};

/** Events on `person:<id>`: what concerns one person alone. */
export const personEvents = {
  'people.enrolled': v.object({ login: v.string(), name: v.string() }),
  'people.delegated': v.object({
    delegation: Id,
    principal: Id,
    unit: Id,
    from: v.string(),
    until: v.string(),
    reason: v.string(),
  }),
  'people.accepted': v.object({ delegation: Id }),
};

type DataOf<Events extends Record<string, v.GenericSchema>> = { [T in keyof Events]: v.InferOutput<Events[T]> };
export type PeopleData = DataOf<typeof unitEvents> & DataOf<typeof personEvents>;

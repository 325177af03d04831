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

/** Events on `person:<id>` that are the person's own, beside the pointers other features put into the inbox. */
interface PersonEvents {
  'people.enrolled': { login: string; name: string };
  'people.delegated': {
    delegation: string;
    principal: string;
    unit: string;
    from: string;
    until: string;
    reason: string;
  };
  'people.accepted': { delegation: string };
}

type UnitEvents = { [T in keyof typeof unitEvents]: v.InferOutput<(typeof unitEvents)[T]> };
export type PeopleData = UnitEvents & PersonEvents;

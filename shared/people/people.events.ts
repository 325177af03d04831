import * as v from 'valibot';
import { Id } from '#shared/wire/ids.ts';
import { LEVELS, ROLES } from './people.policy.ts';

/** Events on `unit:<id>` that are the unit's own: the tree and who holds which post. */
export const unitEvents = {
  'people.created': v.object({
    code: v.string(),
    name: v.string(),
    level: v.picklist(LEVELS),
    parent: v.nullable(Id),
  }),
  'people.appointed': v.object({
    person: Id,
    role: v.picklist(ROLES),
    from: v.string(),
    until: v.nullable(v.string()),
    secondBy: v.optional(v.string()),
  }),
  'people.ended': v.object({ appointment: Id }),
};

/** Events on `person:<id>`: what concerns one person alone. */
export const personEvents = {
  'people.delegated': v.object({ principal: Id, unit: Id, from: v.string(), until: v.string(), reason: v.string() }),
  'people.accepted': v.object({ delegation: Id }),
};

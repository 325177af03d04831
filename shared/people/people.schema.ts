import * as v from 'valibot';
import { Id } from '#shared/wire/ids.ts';
import { query } from '#shared/wire/define.ts';
import { LEVELS, ROLES } from './people.policy.ts';

/** A unit's code is given by people, not derived: it stands in public addresses. */
export const UnitCode = v.pipe(v.string(), v.regex(/^[a-z0-9-]{2,32}$/));

const UnitRef = v.object({ id: Id, code: v.string(), name: v.string(), level: v.picklist(LEVELS) });

export const Unit = v.object({ ...UnitRef.entries, parent: v.nullable(Id) });
export type Unit = v.InferOutput<typeof Unit>;

/** The signed-in person as the client knows them. */
export const User = v.object({
  id: Id,
  login: v.string(),
  name: v.string(),
  appointments: v.array(
    v.object({ role: v.picklist(ROLES), unit: UnitRef, from: v.string(), until: v.nullable(v.string()) }),
  ),
  delegations: v.array(v.object({ principal: Id, unit: UnitRef, from: v.string(), until: v.string() })),
});
export type User = v.InferOutput<typeof User>;

/** What stands beside a name: the post, in words, as the person holds it now. */
export const Card = v.object({ id: Id, name: v.string(), post: v.string() });
export type Card = v.InferOutput<typeof Card>;

export const peopleTable = {
  me: query({ action: 'signed-in', input: v.strictObject({}), output: v.object({ user: User }) }),
  units: query({ action: 'signed-in', input: v.strictObject({}), output: v.object({ units: v.array(Unit) }) }),
  cards: query({
    action: 'signed-in',
    input: v.strictObject({ ids: v.pipe(v.string(), v.maxLength(4000)) }),
    output: v.object({ people: v.array(Card) }),
  }),
};

import * as v from 'valibot';
import { command, Id, line, query } from '#shared/wire/define.ts';
import { Done, Role } from './people.schema.ts';

const Nothing = v.strictObject({});

/** A line of what the hub holds of somebody: what it is, and itself. */
const Held = v.object({ about: v.string(), what: v.unknown() });
export type Held = v.InferOutput<typeof Held>;

/** One's own data: taking a copy of it (PIPL art. 45) and the end of the account (art. 47). */
export const closingTable = {
  /** Whether its end was asked for, and the posts that would have to be handed over first. */
  closing: query({
    action: 'signed-in',
    input: Nothing,
    output: v.object({ asked: v.nullable(v.string()), posts: v.array(v.object({ role: Role, unit: Id })) }),
  }),
  'ask-closing': command({
    action: 'signed-in',
    fresh: true,
    input: v.strictObject({ id: Id }),
    output: Done,
    errors: ['people.step_up', 'people.posts_held', 'people.already_so'],
  }),
  'withdraw-closing': command({
    action: 'signed-in',
    input: v.strictObject({ id: Id }),
    output: Done,
    errors: ['people.already_so'],
  }),
  /** By an administrator over every unit of theirs. There is no way back. */
  erase: command({
    action: 'person.erase',
    fresh: true,
    input: v.strictObject({ id: Id, person: Id }),
    output: Done,
    errors: ['people.step_up', 'people.not_self', 'people.not_asked', 'people.posts_held'],
  }),
  /**
   * Everything the hub holds of the caller, page by page: `cursor` is that of the page before, null after the last.
   * `done` is how much of the record was looked through, 0 to 1.
   */
  'my-data': query({
    action: 'signed-in',
    fresh: true,
    input: v.strictObject({ cursor: v.optional(line(100)) }),
    output: v.object({ lines: v.array(Held), cursor: v.nullable(v.string()), done: v.number() }),
    errors: ['people.step_up'],
  }),
};

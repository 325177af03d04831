import * as v from 'valibot';
import { command, Id, line, Moment, query } from '#shared/wire/define.ts';
import { Done } from './people.schema.ts';

/**
 * `asked` until it is answered; `running` from then on while its time lasts and both posts it rests on are held.
 * `declined` is a no to what was asked, `stopped` the end of one that had been accepted, both by whoever was asked.
 */
const State = v.picklist(['asked', 'running', 'ahead', 'over', 'declined', 'stopped', 'revoked']);
export type DelegationState = v.InferOutput<typeof State>;

export const DelegationView = v.object({
  id: Id,
  principal: Id,
  person: Id,
  unit: Id,
  from: v.string(),
  until: v.string(),
  reason: v.string(),
  state: State,
});
export type DelegationView = v.InferOutput<typeof DelegationView>;

const Answer = v.strictObject({ id: Id, delegation: Id });

/** A spokesperson asks somebody to act for them; whoever is asked accepts or declines; either hears of it at once. */
export const delegationsTable = {
  delegate: command({
    action: 'delegation.create',
    input: v.strictObject({ id: Id, unit: Id, person: Id, from: Moment, until: Moment, reason: line(200) }),
    output: Done,
    fresh: true,
    errors: [
      'people.step_up',
      'people.too_long',
      'people.not_self',
      'people.not_eligible',
      'people.bad_dates',
      'people.unit_closed',
    ],
  }),
  accept: command({ action: 'signed-in', input: Answer, output: Done, errors: ['people.no_such_delegation'] }),
  decline: command({ action: 'signed-in', input: Answer, output: Done, errors: ['people.no_such_delegation'] }),
  revoke: command({ action: 'signed-in', input: Answer, output: Done, errors: ['people.no_such_delegation'] }),
  /** Those the caller gave or was asked for, the newest first. */
  delegations: query({
    action: 'signed-in',
    input: v.strictObject({}),
    output: v.object({ delegations: v.array(DelegationView) }),
  }),
};

import * as v from 'valibot';
import { command, Id, line, Moment, query } from '#shared/wire/define.ts';
import { Done, Name } from './people.schema.ts';

const Lack = v.picklist(['speaker', 'approver', 'other']);

/** A stretch of time in which the same people may speak and sign; `lacks` is empty where a response can go out. */
export const CoverageSpan = v.object({
  from: v.string(),
  until: v.string(),
  speakers: v.array(Id),
  approvers: v.array(Id),
  lacks: v.array(Lack),
});
export type CoverageSpan = v.InferOutput<typeof CoverageSpan>;

export const unitsTable = {
  'rename-unit': command({
    action: 'unit.create',
    input: v.strictObject({ id: Id, unit: Id, name: Name }),
    output: Done,
    errors: ['people.unit_closed', 'people.already_so'],
  }),
  /**
   * A merger: every unit that goes is closed with the same successor. A split: one is closed with several, the first of
   * which takes over what is open. Said again before that day, the later word counts.
   */
  'close-unit': command({
    action: 'unit.create',
    input: v.strictObject({
      id: Id,
      unit: Id,
      at: v.optional(Moment),
      successors: v.pipe(v.array(Id), v.minLength(1), v.maxLength(10)),
      reason: line(200),
    }),
    output: Done,
    fresh: true, // it cannot be undone
    errors: ['people.step_up', 'people.unit_closed', 'people.bad_successor', 'people.bad_dates'],
  }),
  /** Who may speak and who may sign in the next seven days, in a unit and each one directly below it. */
  coverage: query({
    action: 'unit.read',
    input: v.strictObject({ unit: Id }),
    output: v.object({ units: v.array(v.object({ unit: Id, spans: v.array(CoverageSpan) })) }),
  }),
};

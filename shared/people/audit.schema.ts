import * as v from 'valibot';
import { query, Seq } from '#shared/wire/define.ts';

/** Events as they are stored, nothing withheld or left out. */
const Stored = v.object({
  stream: v.string(),
  seq: Seq,
  id: v.string(),
  type: v.string(),
  actor: v.string(),
  at: v.string(),
  data: v.unknown(),
  prev: v.string(),
  hash: v.string(),
});

export const auditTable = {
  stream: query({
    action: 'audit.read',
    fresh: true,
    errors: ['people.step_up'],
    input: v.strictObject({ stream: v.pipe(v.string(), v.maxLength(100)), from: v.optional(Seq, 1) }),
    output: v.object({ events: v.array(Stored), head: Seq, more: v.boolean() }),
  }),
};

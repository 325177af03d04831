import * as v from 'valibot';
import { Id, line, Moment, query, Seq } from '#shared/wire/define.ts';

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
export type Stored = v.InferOutput<typeof Stored>;

/** What an auditor's list can be of. `log` is the whole house's, whatever unit is named. */
export const AUDIT_KINDS = ['unit', 'room', 'meeting', 'incident', 'response', 'log'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** A stream as an auditor finds it. `title` is empty where the name of the stream says it all. */
const AuditLine = v.object({ stream: v.string(), title: v.string(), head: Seq });
export type AuditLine = v.InferOutput<typeof AuditLine>;

/** Narrows what is answered; `until` is the first moment that is too late. */
const filter = {
  person: v.optional(line(40)),
  type: v.optional(line(60)),
  since: v.optional(Moment),
  until: v.optional(Moment),
};

export const auditTable = {
  streams: query({
    action: 'audit.read',
    input: v.strictObject({ unit: Id, kind: v.picklist(AUDIT_KINDS), after: v.optional(line(200)) }),
    output: v.object({ streams: v.array(AuditLine), after: v.optional(v.string()) }),
  }),
  stream: query({
    action: 'audit.read',
    fresh: true,
    errors: ['people.step_up'],
    input: v.strictObject({
      stream: v.pipe(v.string(), v.maxLength(100)),
      from: v.optional(Seq, 1),
      ...filter,
      /** It is to be taken away: recorded as that. */
      export: v.optional(v.boolean(), false),
    }),
    /** `looked`: the last seq that was looked at; `more`: there is something after it. */
    output: v.object({ events: v.array(Stored), looked: Seq, head: Seq, more: v.boolean() }),
  }),
};

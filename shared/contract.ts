import type { NameOf } from './wire/define.ts';
import { forumTable } from './forum/forum.schema.ts';
import { incidentsTable } from './incidents/incidents.schema.ts';
import { minutesTable } from './minutes/minutes.schema.ts';
import { auditTable } from './people/audit.schema.ts';
import { peopleTable } from './people/people.schema.ts';
import { responsesTable } from './responses/responses.schema.ts';

/** The sum of every feature's commands and queries: what both sides, the OpenAPI document and the tests read. */
export const contract = {
  people: peopleTable,
  forum: forumTable,
  minutes: minutesTable,
  incidents: incidentsTable,
  responses: responsesTable,
  audit: auditTable,
};

export type LinliContract = typeof contract;
export type Name = NameOf<LinliContract>;

import type { NameOf } from './wire/define.ts';
import { FILE_ERRORS } from './wire/files.ts';
import { FORUM_ERRORS } from './forum/forum.errors.ts';
import { forumTable } from './forum/forum.schema.ts';
import { incidentsErrors } from './incidents/incidents.errors.ts';
import { incidentsTable } from './incidents/incidents.schema.ts';
import { minutesErrors } from './minutes/minutes.errors.ts';
import { minutesTable } from './minutes/minutes.schema.ts';
import { accountTable } from './people/account.schema.ts';
import { auditTable } from './people/audit.schema.ts';
import { closingTable } from './people/closing.schema.ts';
import { delegationsTable } from './people/delegations.schema.ts';
import { peopleErrors } from './people/people.errors.ts';
import { peopleTable } from './people/people.schema.ts';
import { staffTable } from './people/staff.schema.ts';
import { unitsTable } from './people/units.schema.ts';
import { responsesTable } from './responses/responses.schema.ts';

/** The sum of every feature's commands and queries: what both sides, the OpenAPI document and the tests read. */
export const contract = {
  people: { ...peopleTable, ...unitsTable, ...staffTable, ...delegationsTable, ...accountTable, ...closingTable },
  forum: forumTable,
  minutes: minutesTable,
  incidents: incidentsTable,
  responses: responsesTable,
  audit: auditTable,
};

export type LinliContract = typeof contract;
export type Name = NameOf<LinliContract>;

/** What a program is told beside a code where nothing better was said; the interface has its own words for each. */
export const errorTexts: Readonly<Record<string, string>> = {
  bad_input: 'The input is not as expected; nothing was changed.',
  unauthenticated: 'Please sign in.',
  forbidden: 'Your posts do not allow this.',
  not_found: 'There is no such thing, or it is not yours to see.',
  stale: 'Somebody was faster. Look at what changed and try again.',
  id_reused: 'This id was used for something else.',
  locked: 'This cannot be changed any more.',
  too_large: 'This is too large.',
  overloaded: 'Too much at once. Nothing was lost; please try again.',
  ...FILE_ERRORS,
  ...peopleErrors,
  ...FORUM_ERRORS,
  ...minutesErrors,
  ...incidentsErrors,
};

import { fail, type Failure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import type { PeopleData } from './people.events.ts';
import type { Role } from './people.policy.ts';

const DAY = 24 * 3600_000;

/** The posts of whoever may act, in the unit of the delegation: it rests on one of them as long as it runs. */
export const DEPUTIES: readonly Role[] = ['officer', 'worker'];

/** At most fourteen days, to an officer or worker of the same unit, never to oneself (security §4.3). */
export function decideDelegate(
  delegation: PeopleData['people.delegated'],
  to: { person: string; roles: readonly Role[]; now: Date },
): EventDraft | Failure {
  if (to.person === delegation.principal) return fail('people.not_self');
  if (!to.roles.some((role) => DEPUTIES.includes(role))) return fail('people.not_eligible');
  const length = Date.parse(delegation.until) - Date.parse(delegation.from);
  if (length <= 0) return fail('people.bad_dates');
  // Asked this way round: a length that is not a number is no length.
  if (!(length <= 14 * DAY)) return fail('people.too_long');
  if (Date.parse(delegation.until) <= to.now.getTime()) return fail('people.bad_dates');
  return { type: 'people.delegated', data: delegation };
}

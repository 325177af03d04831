import { DEPUTIES } from '#shared/people/delegations.rules.ts';
import type { PeopleData } from '#shared/people/people.events.ts';
import type { Role } from '#shared/people/people.policy.ts';
import { isReadable } from '#shared/wire/define.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { earlier, later, type Span } from './people.spans.ts';
import type { DelegationRow, PostRow } from './people.model.ts';

/** What a delegation rests on: the post of who gives it, beside that of who acts (`DEPUTIES`), both in its unit. */
const GIVES: readonly Role[] = ['spokesperson'];

interface Deps {
  /** Somebody's posts with the time they hold for. */
  heldBy: (person: string) => PostRow[];
  /** Until when others may have had somebody's account. */
  anewOf: (person: string) => string | undefined;
  /** Something begins or ends by date. */
  turnsAt: (span: Span) => void;
}

/** Who acts for whom, by id and by who acts: the directory's delegations (people.directory.ts). */
export function createDelegated({ heldBy, anewOf, turnsAt }: Deps) {
  const rows = new Map<string, DelegationRow>();
  const byPerson = new Map<string, Set<string>>();

  function put(row: DelegationRow): void {
    const known = rows.get(row._id);
    if (known !== undefined && (known.person !== row.person || known.principal !== row.principal)) return;
    rows.set(row._id, row);
    byPerson.set(row.person, (byPerson.get(row.person) ?? new Set<string>()).add(row._id));
    turnsAt(row);
  }

  /** Whether what was said in somebody's name at a moment was theirs to say, for all that is known by now. */
  function isTheirs(person: string, at: string | undefined): boolean {
    const anew = anewOf(person);
    return anew === undefined || (at !== undefined && Date.parse(at) > Date.parse(anew));
  }

  /** The parts of a delegation's time in which somebody holds one of these posts in its unit. */
  function during(row: DelegationRow, { holder, roles }: { holder: string; roles: readonly Role[] }): DelegationRow[] {
    return heldBy(holder)
      .filter((post) => post.unit === row.unit && roles.includes(post.role))
      .map((post) => ({ ...row, from: later(row.from, post.from), until: earlier(row.until, post.until) }))
      .filter((part) => Date.parse(part.from) < Date.parse(part.until));
  }

  function delegated(id: string, { data, at, seq }: StreamEvent): void {
    const { delegation, principal, unit, from, until, reason } = data as PeopleData['people.delegated'];
    if (rows.has(delegation)) return; // the event may come here twice
    const told = { principal, unit, from, until, reason, given: at };
    put({ _id: delegation, person: id, ...told, accepted: false, applied: seq });
  }

  return {
    put,
    all: (): Iterable<DelegationRow> => rows.values(),
    get: (id: string): DelegationRow | undefined => rows.get(id),

    /** Accepted delegations, cut to the time in which both sides hold the posts they rest on: ended posts end them. */
    to: (person: string): DelegationRow[] =>
      [...(byPerson.get(person) ?? [])]
        .flatMap((id) => rows.get(id) ?? [])
        .filter((row) => row.accepted && row.ended === undefined && row.person === person && isReadable(row.until)) // one without an end gives nothing
        .filter(({ principal, given, taken }) => isTheirs(principal, given) && isTheirs(person, taken))
        .flatMap((row) => during(row, { holder: row.principal, roles: GIVES }))
        .flatMap((row) => during(row, { holder: row.person, roles: DEPUTIES })),

    /** Everybody an accepted delegation joins to this person now or in the last 24 hours, in either direction. */
    joinedTo: (person: string, now: Date): string[] => {
      const since = now.getTime() - 24 * 3600_000;
      const found = new Set<string>();
      for (const row of rows.values()) {
        const until = row.ended === undefined ? row.until : earlier(row.ended, row.until);
        if (!row.accepted || Date.parse(until) < since || Date.parse(row.from) > now.getTime()) continue;
        if (row.person === person) found.add(row.principal);
        if (row.principal === person) found.add(row.person);
      }
      return [...found];
    },

    /** What the stream of whoever acts says of it; anything else changes nothing. */
    apply: (id: string, event: StreamEvent): void => {
      const row = rows.get((event.data as PeopleData['people.accepted'] | undefined)?.delegation ?? '');
      switch (event.type) {
        case 'people.delegated':
          delegated(id, event);
          break;
        case 'people.accepted':
          if (row?.person === id && row.applied < event.seq)
            put({ ...row, accepted: true, taken: event.at, applied: event.seq });
          break;
        case 'people.declined':
        case 'people.revoked': {
          const how = event.type === 'people.declined' ? 'declined' : 'revoked';
          if (row?.person === id && row.ended === undefined) put({ ...row, ended: event.at, how, applied: event.seq });
          break;
        }
        default:
      }
    },
  };
}

import { pseudonym } from '#shared/people/closing.rules.ts';
import type { PeopleData } from '#shared/people/people.events.ts';
import { isWhole, type StreamEvent } from '#shared/wire/stream.ts';
import type { PersonRow } from './people.model.ts';

/** Who was erased: their id stands for nobody. The login is none that anybody could choose. */
const nobodyNamed = (id: string, applied: number): PersonRow => ({
  ...{ _id: id, login: `#${id}`, name: pseudonym(id), erased: true as const },
  applied,
});

function enrolledAs(id: string, event: StreamEvent): PersonRow {
  const applied = event.seq;
  if (!isWhole(event)) return nobodyNamed(id, applied); // by an event further on, which says the rest
  const { login, name, unit } = event.data as PeopleData['people.enrolled'];
  return { _id: id, login, name, applied, ...(unit !== undefined && { unit }) };
}

/** Everybody who was ever enrolled, by id and by sign-in name: the directory's people (people.directory.ts). */
export function createPersons() {
  const persons = new Map<string, PersonRow>();
  const byLogin = new Map<string, string>();
  const spent = new Set<string>(); // what sign-in names of closed accounts are known by

  function put(row: PersonRow): void {
    const before = persons.get(row._id);
    if (before !== undefined && before.login !== row.login) byLogin.delete(before.login);
    persons.set(row._id, row);
    byLogin.set(row.login, row._id);
    if (row.spent !== undefined) spent.add(row.spent);
  }

  /** Read models hand events in again, long after the commit: an older one must not undo a newer. */
  function change(id: string, seq: number, to: (row: PersonRow) => PersonRow): void {
    const row = persons.get(id);
    if (row !== undefined && row.applied < seq) put({ ...to(row), applied: seq });
  }

  return {
    put,
    get: (id: string): PersonRow | undefined => persons.get(id),
    all: (): Iterable<PersonRow> => persons.values(),
    withLogin: (login: string): PersonRow | undefined => persons.get(byLogin.get(login) ?? ''),
    isSpent: (login: string): boolean => spent.has(login),

    /** Suspended or erased: they hold no post and may do nothing. */
    isOut: (id: string): boolean => {
      const row = persons.get(id);
      return row?.suspended === true || row?.erased === true;
    },

    /** What their own stream says of them; anything else changes nothing. */
    apply: (id: string, event: StreamEvent): void => {
      switch (event.type) {
        case 'people.enrolled':
          if (!persons.has(id)) put(enrolledAs(id, event));
          break;
        case 'people.suspended':
        case 'people.reactivated':
          change(id, event.seq, (row) =>
            event.type === 'people.suspended'
              ? { ...row, suspended: true, anew: event.at }
              : { ...row, suspended: false },
          );
          break;
        case 'people.closing_asked':
        case 'people.closing_withdrawn': {
          const closing = event.type === 'people.closing_asked' ? event.at : undefined;
          change(id, event.seq, (row) => ({ ...row, closing }));
          break;
        }
        case 'people.vouched':
        case 'people.factor_dropped':
          change(id, event.seq, (row) => ({ ...row, vouched: event.type === 'people.vouched' }));
          break;
        case 'people.factor_reset':
          change(id, event.seq, (row) => ({ ...row, vouched: false, anew: event.at }));
          break;
        case 'people.erased': {
          const { login } = event.data as PeopleData['people.erased'];
          change(id, event.seq, () => ({ ...nobodyNamed(id, event.seq), spent: login }));
          break;
        }
        default:
      }
    },
  };
}

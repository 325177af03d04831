import { DEPUTIES } from '#shared/people/delegations.rules.ts';
import type { PeopleData } from '#shared/people/people.events.ts';
import type { Role } from '#shared/people/people.policy.ts';
import { inForce, type Actor } from '#shared/people/people.rules.ts';
import type { Card, Unit, User } from '#shared/people/people.schema.ts';
import { ROLE_WORDS } from '#shared/people/people.words.ts';
import { isReadable } from '#shared/wire/define.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { DelegationRow, PeopleModel, PostRow, UnitRow } from './people.model.ts';
import { createPersons } from './people.persons.ts';
import { createUnits } from './people.units.ts';

/*
 * Everybody and every unit, in memory: rights are asked at every call and every delivery, and must not wait for a
 * read. A city is 60,000 people and 5,000 units, about 30 MB.
 *
 * It is brought forward by commits themselves, before anybody is told of them, so a right that was taken is gone
 * before the next announcement looks. Rows in the store only serve the next start.
 */

/** Which post stands beside a name when somebody holds several: the one the public would ask about first. */
const RANKED: readonly Role[] = ['spokesperson', 'approver', 'officer', 'moderator', 'auditor', 'admin', 'worker'];

/** What a delegation rests on: the post of who gives it, beside that of who acts (`DEPUTIES`), both in its unit. */
const GIVES: readonly Role[] = ['spokesperson'];

const later = (a: string, b: string): string => (Date.parse(a) < Date.parse(b) ? b : a);
const earlier = (a: string, b: string | null): string => (b === null || Date.parse(a) < Date.parse(b) ? a : b);

export type Directory = ReturnType<typeof createDirectory>;

export function createDirectory(now: () => Date = () => new Date()) {
  const units = createUnits(now);
  const { tree } = units;
  const persons = createPersons();
  const posts = new Map<string, PostRow>();
  const postsOf = new Map<string, Set<string>>();
  const ended = new Map<string, PostRow>();
  const delegations = new Map<string, DelegationRow>();
  const delegationsOf = new Map<string, Set<string>>();
  let turns: number[] = []; // moments, ms, at which a post or a delegation begins or ends
  let nextTurn = Infinity; // the earliest of them

  const listed = (index: Map<string, Set<string>>, key: string, id: string): void => {
    const ids = index.get(key) ?? new Set<string>();
    index.set(key, ids.add(id));
  };

  function putUnit(row: UnitRow): void {
    units.put(row);
    for (const at of [row.from, row.until]) if (at !== undefined) turnsAt({ from: at, until: null });
  }
  function turnsAt({ from, until }: { from: string; until: string | null }): void {
    turns.push(Date.parse(from), ...(until === null ? [] : [Date.parse(until)]));
    nextTurn = turns.slice(-2).reduce((a, b) => Math.min(a, b), nextTurn);
  }
  /**
   * An id names one post, once: on another unit's stream it is a slip or an attack, and changes nothing here. Nor does
   * a repeat, which read models hand in long after the commit: a right that was taken must not come back with it.
   */
  function putPost(row: PostRow): void {
    if (posts.has(row._id) || ended.has(row._id)) return;
    if (row.ended === true) {
      ended.set(row._id, row);
      return;
    }
    posts.set(row._id, row);
    listed(postsOf, row.person, row._id);
    turnsAt(row);
  }
  function putDelegation(row: DelegationRow): void {
    const known = delegations.get(row._id);
    if (known !== undefined && (known.person !== row.person || known.principal !== row.principal)) return;
    delegations.set(row._id, row);
    listed(delegationsOf, row.person, row._id);
    turnsAt(row);
  }
  function endPost(unit: string, id: string, applied: number): void {
    const row = posts.get(id);
    if (row?.unit !== unit) return;
    ended.set(id, { ...row, ended: true, applied });
    posts.delete(id);
    postsOf.get(row.person)?.delete(id);
  }

  /** Given, and its holder is not vouched for. */
  const hasToBegin = ({ vouch, person }: Pick<PostRow, 'vouch' | 'person'>): boolean =>
    vouch === true && persons.get(person)?.vouched !== true;
  /** A post lasts as its unit does; nobody holds one while they are suspended, or afterwards. */
  function effective(post: PostRow): PostRow[] {
    if (persons.isOut(post.person) || hasToBegin(post)) return [];
    const unit = units.row(post.unit);
    if (unit === undefined || (unit.from === undefined && unit.until === undefined)) return [post];
    const from = unit.from === undefined ? post.from : later(post.from, unit.from);
    const until = unit.until === undefined ? post.until : earlier(unit.until, post.until);
    return until === null || Date.parse(from) < Date.parse(until) ? [{ ...post, from, until }] : [];
  }
  const given = (person: string): PostRow[] => [...(postsOf.get(person) ?? [])].flatMap((id) => posts.get(id) ?? []);
  const heldBy = (person: string): PostRow[] => given(person).flatMap(effective);
  /** Somebody's posts that begin once they are vouched for, if that is before their last day. */
  const beginning = (person: string, at: Date): PostRow[] =>
    given(person).filter((post) => hasToBegin(post) && (post.until === null || at.getTime() < Date.parse(post.until)));
  /** Accepted delegations, cut to the time in which both sides hold the posts they rest on: ended posts end them. */
  const delegatedTo = (person: string): DelegationRow[] =>
    [...(delegationsOf.get(person) ?? [])]
      .flatMap((id) => delegations.get(id) ?? [])
      .filter((row) => row.accepted && row.ended === undefined && row.person === person && isReadable(row.until)) // one without an end gives nothing
      .flatMap((row) => during(row, { holder: row.principal, roles: GIVES }))
      .flatMap((row) => during(row, { holder: row.person, roles: DEPUTIES }));

  /** The parts of a delegation's time in which somebody holds one of these posts in its unit. */
  function during(row: DelegationRow, { holder, roles }: { holder: string; roles: readonly Role[] }): DelegationRow[] {
    return heldBy(holder)
      .filter((post) => post.unit === row.unit && roles.includes(post.role))
      .map((post) => ({ ...row, from: later(row.from, post.from), until: earlier(row.until, post.until) }))
      .filter((part) => Date.parse(part.from) < Date.parse(part.until));
  }

  /** Read models hand events in again, long after the commit: an older one must not undo a newer. */
  function changeUnit(id: string, seq: number, change: Partial<UnitRow>): void {
    const row = units.row(id);
    if (row !== undefined && row.applied < seq) putUnit({ ...row, ...change, applied: seq });
  }
  type End = Required<Pick<DelegationRow, 'ended' | 'how' | 'applied'>>;
  function endDelegation(person: string, id: string, end: End): void {
    const row = delegations.get(id);
    if (row?.person === person && row.ended === undefined) putDelegation({ ...row, ...end });
  }

  function applyToPerson(id: string, event: StreamEvent): void {
    switch (event.type) {
      case 'people.delegated': {
        const { delegation, principal, unit, from, until, reason } = event.data as PeopleData['people.delegated'];
        const applied = event.seq;
        if (delegations.has(delegation)) break; // the event may come here twice
        putDelegation({ _id: delegation, person: id, principal, unit, from, until, reason, accepted: false, applied });
        break;
      }
      case 'people.accepted': {
        const row = delegations.get((event.data as PeopleData['people.accepted']).delegation);
        if (row?.person === id && row.applied < event.seq)
          putDelegation({ ...row, accepted: true, applied: event.seq });
        break;
      }
      case 'people.declined':
      case 'people.revoked': {
        const how = event.type === 'people.declined' ? 'declined' : 'revoked';
        endDelegation(id, (event.data as PeopleData['people.revoked']).delegation, {
          ended: event.at,
          how,
          applied: event.seq,
        });
        break;
      }
      default: // the person themselves; and other features point at things on these streams
        persons.apply(id, event);
    }
  }

  function refOf(unit: string) {
    const row = units.row(unit);
    return { id: unit, code: row?.code ?? '', name: row?.name ?? '', level: row?.level ?? ('grid' as const) };
  }

  return {
    tree,
    units: (): Unit[] => units.all(),
    unitByCode: units.byCode,
    unit: units.row,
    person: persons.get,
    persons: persons.all,
    /** Every post with the time it holds for; none of people who are suspended. */
    *posts(): Iterable<PostRow> {
      for (const post of posts.values()) yield* effective(post);
    },
    /** Somebody's posts as they were given, whatever became of the unit or of the person since. */
    postsGiven: given,
    hasToBegin,
    beginning,
    delegations: (): Iterable<DelegationRow> => delegations.values(),
    delegation: (id: string): DelegationRow | undefined => delegations.get(id),
    post: (id: string): PostRow | undefined => posts.get(id),
    endedPost: (id: string): PostRow | undefined => ended.get(id),
    /** The unit in which this id names a post, or did. */
    unitOfPost: (id: string): string | undefined => (posts.get(id) ?? ended.get(id))?.unit,
    /** Suspended, or the account is closed: nobody is let in under it. */
    isOut: persons.isOut,
    withLogin: persons.withLogin,
    /** Whether a sign-in name, by what it is known by, was that of an account that is closed. */
    isSpent: persons.isSpent,
    /** Nobody holds a post yet: a set-up that died on its way can be finished. */
    isEmpty: (): boolean => posts.size === 0,

    /** Whether a post or delegation has begun or ended by date since the last time this was asked. */
    hasTurned: (now: Date): boolean => {
      const at = now.getTime();
      if (at < nextTurn) return false;
      turns = turns.filter((turn) => turn > at);
      nextTurn = turns.reduce((a, b) => Math.min(a, b), Infinity);
      return true;
    },

    /** The person with every post and accepted delegation, in force or not: time is asked where it matters. */
    actor: (person: string): Actor | undefined =>
      persons.get(person) !== undefined && !persons.isOut(person)
        ? {
            person,
            appointments: heldBy(person).map((row) => ({ ...row, path: tree.path(row.unit) })),
            delegations: delegatedTo(person).map((row) => ({ ...row, path: tree.path(row.unit) })),
            ...(beginning(person, now()).length > 0 && { begins: true as const }),
          }
        : undefined,

    user: (person: string, now: Date): User | undefined => {
      const row = persons.get(person);
      if (row === undefined) return undefined;
      const appointments = heldBy(person)
        .filter((post) => inForce(post, now))
        .map((post) => ({ role: post.role, unit: refOf(post.unit), from: post.from, until: post.until }));
      const running = delegatedTo(person)
        .filter((held) => inForce(held, now))
        .map((held) => ({ principal: held.principal, unit: refOf(held.unit), from: held.from, until: held.until }));
      const begins = beginning(person, now).map(({ role, unit }) => ({ role, unit: refOf(unit) }));
      const held = { appointments, delegations: running, ...(begins.length > 0 && { begins }) };
      return { id: person, login: row.login, name: row.name, ...held };
    },

    card: (person: string, now: Date): Card | undefined => {
      const row = persons.get(person);
      if (row === undefined) return undefined;
      const held = heldBy(person).filter((post) => inForce(post, now));
      const role = RANKED.find((candidate) => held.some((post) => post.role === candidate)) ?? null;
      const unit = held.find((post) => post.role === role)?.unit;
      return { id: person, name: row.name, post: role === null ? '' : ROLE_WORDS.zh[role], role, unit: unit ?? '' };
    },

    /** Everybody an accepted delegation joins to this person now or in the last 24 hours, in either direction. */
    joinedTo: (person: string, now: Date): string[] => {
      const since = now.getTime() - 24 * 3600_000;
      const found = new Set<string>();
      for (const row of delegations.values()) {
        const until = row.ended === undefined ? row.until : earlier(row.ended, row.until);
        if (!row.accepted || Date.parse(until) < since || Date.parse(row.from) > now.getTime()) continue;
        if (row.person === person) found.add(row.principal);
        if (row.principal === person) found.add(row.person);
      }
      return [...found];
    },

    /** Takes the rows of the last run, then events, each as often as it likes. */
    load: async (model: PeopleModel): Promise<void> => {
      const all = await model.all();
      for (const row of all.units) putUnit(row);
      for (const row of all.persons) persons.put(row);
      for (const row of all.posts) putPost(row);
      for (const row of all.delegations) putDelegation(row);
    },

    apply: (event: StreamEvent): void => {
      const id = parseStream(event.stream)?.id ?? '';
      switch (event.type) {
        case 'people.founded':
          if (units.row(id) === undefined)
            putUnit({ _id: id, ...(event.data as PeopleData['people.founded']), applied: event.seq });
          break;
        case 'people.renamed':
          changeUnit(id, event.seq, event.data as PeopleData['people.renamed']);
          break;
        case 'people.closed': {
          const { at, successors } = event.data as PeopleData['people.closed'];
          changeUnit(id, event.seq, { until: at, successors });
          break;
        }
        case 'people.appointed': {
          const { appointment, person, role, from, until, vouch } = event.data as PeopleData['people.appointed'];
          const row = { _id: appointment, unit: id, person, role, from, until, applied: event.seq };
          putPost({ ...row, ...(vouch !== undefined && { vouch }) });
          break;
        }
        case 'people.ended':
          endPost(id, (event.data as PeopleData['people.ended']).appointment, event.seq);
          break;
        default:
          applyToPerson(id, event);
      }
    },
  };
}

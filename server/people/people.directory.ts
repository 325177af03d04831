import type { PeopleData } from '#shared/people/people.events.ts';
import type { Role } from '#shared/people/people.policy.ts';
import { inForce, type Actor } from '#shared/people/people.rules.ts';
import type { Card, Unit, User } from '#shared/people/people.schema.ts';
import { NEEDS_SECOND } from '#shared/people/roster.rules.ts';
import { ROLE_WORDS } from '#shared/people/people.words.ts';
import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import { createDelegated } from './people.delegated.ts';
import type { PeopleModel, PostRow, UnitRow } from './people.model.ts';
import { createPersons } from './people.persons.ts';
import { earlier, later, type Span } from './people.spans.ts';
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

export type Directory = ReturnType<typeof createDirectory>;

export function createDirectory(now: () => Date = () => new Date()) {
  const units = createUnits(now);
  const { tree } = units;
  const persons = createPersons();
  const posts = new Map<string, PostRow>();
  const postsOf = new Map<string, Set<string>>();
  const ended = new Map<string, PostRow>();
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
  function turnsAt({ from, until }: Span): void {
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
  function endPost(unit: string, id: string, { seq, at }: StreamEvent): void {
    const row = posts.get(id);
    if (row?.unit !== unit) return;
    ended.set(id, { ...row, ended: true, over: at, applied: seq });
    posts.delete(id);
    postsOf.get(row.person)?.delete(id);
  }

  /**
   * Given, and its holder is not vouched for. One that was given without that, since the set-up code stood in, goes on
   * until their second factor is reset.
   */
  function hasToBegin({ vouch, person, role }: Pick<PostRow, 'vouch' | 'person' | 'role'>): boolean {
    const vouched = persons.get(person)?.vouched;
    return vouch === undefined ? vouched === false && NEEDS_SECOND.includes(role) : vouched !== true;
  }
  /** A post lasts as its unit does; nobody holds one while they are suspended, or afterwards. */
  function effective(post: PostRow): PostRow[] {
    return persons.isOut(post.person) || hasToBegin(post) ? [] : whileUnit(post);
  }
  function whileUnit(post: PostRow): PostRow[] {
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
    given(person)
      .filter(hasToBegin)
      .flatMap(whileUnit)
      .filter(({ until }) => until === null || at.getTime() < Date.parse(until));
  const delegated = createDelegated({ heldBy, anewOf: (person) => persons.get(person)?.anew, turnsAt });

  /** Read models hand events in again, long after the commit: an older one must not undo a newer. */
  function changeUnit(id: string, seq: number, change: Partial<UnitRow>): void {
    const row = units.row(id);
    if (row !== undefined && row.applied < seq) putUnit({ ...row, ...change, applied: seq });
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
    delegations: delegated.all,
    delegation: delegated.get,
    joinedTo: delegated.joinedTo,
    post: (id: string): PostRow | undefined => posts.get(id),
    endedPost: (id: string): PostRow | undefined => ended.get(id),
    endedPosts: (): Iterable<PostRow> => ended.values(),
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
            delegations: delegated.to(person).map((row) => ({ ...row, path: tree.path(row.unit) })),
            ...(beginning(person, now()).length > 0 && { begins: true as const }),
            anew: persons.get(person)?.anew,
          }
        : undefined,

    user: (person: string, now: Date): User | undefined => {
      const row = persons.get(person);
      if (row === undefined) return undefined;
      const appointments = heldBy(person)
        .filter((post) => inForce(post, now))
        .map((post) => ({ role: post.role, unit: refOf(post.unit), from: post.from, until: post.until }));
      const running = delegated
        .to(person)
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

    /** Takes the rows of the last run, then events, each as often as it likes. */
    load: async (model: PeopleModel): Promise<void> => {
      const all = await model.all();
      for (const row of all.units) putUnit(row);
      for (const row of all.persons) persons.put(row);
      for (const row of all.posts) putPost(row);
      for (const row of all.delegations) delegated.put(row);
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
          endPost(id, (event.data as PeopleData['people.ended']).appointment, event);
          break;
        default:
          // Of a person; and other features point at things on these streams.
          persons.apply(id, event);
          delegated.apply(id, event);
      }
    },
  };
}

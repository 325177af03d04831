import type { Random } from '#server/demo/random.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { cookieFor, eventually, newId } from './client.ts';
import { DEADLINE, startLoad, type Ask, type Load, type Person } from './removal-load.ts';
import { takeSeat, type Seat } from './removal-seat.ts';

/*
 * People lose rights and get them back while everybody talks (security H14). Each removal is acknowledged, messages are
 * posted after it, and those who kept their rights have got these: nothing of them may have come to who was removed.
 */

const KINDS = ['removed', 'suspended', 'demoted'] as const;
type Kind = (typeof KINDS)[number];

export interface Outcome {
  count: Record<Kind, number>;
  messages: number;
  /** Events that came to those removed before it. */
  delivered: number;
  /** What came after a removal, in commit order. */
  late: string[];
  /** Removals after which a text showed an edit that was made once the removal had been acknowledged. */
  lateEdits: number;
  /** ms from the acknowledgement until everything was closed, one number for each removal. */
  streams: number[];
  texts: number[];
}

/** A removal: what it is for, and the seq at which the right went, where that stands on the stream itself. */
interface Removal {
  kind: Kind;
  person: Person;
  from: readonly string[];
  seq?: number;
}

async function take(
  ask: Ask,
  kind: Kind,
  { person, load, room }: { person: Person; load: Load; room: string },
): Promise<Removal> {
  // prettier-ignore
  const id = newId();
  if (kind === 'removed') {
    const input = { id, room: room.slice('room:'.length), person: person.id, reason: '换岗' };
    const { seq } = await ask('forum:remove', input);
    return { kind, person, from: [room], seq: Number(seq) };
  }
  if (kind === 'suspended') await ask('people:suspend', { id, person: person.id, reason: '停用' });
  else await ask('people:end', { id, unit: load.unit, appointment: person.post });
  return { kind, person, from: load.streams };
}

async function giveBack(ask: Ask, { kind, person, from }: Removal, { unit, url }: { unit: string; url: string }) {
  const id = newId();
  if (kind === 'removed') {
    await ask('forum:invite', { id, room: (from[0] ?? '').slice('room:'.length), person: person.id });
  } else if (kind === 'suspended') {
    await ask('people:reactivate', { id, person: person.id, reason: '复用' });
    person.cookie = await cookieFor(url, person.login);
  } else {
    await ask('people:appoint', { id, unit, person: person.id, role: 'worker' });
    person.post = id;
  }
}

/** Waits until the page knows that it is over, and notes how long after the acknowledgement that was. */
async function closing(
  { kind, from }: Removal,
  { seat, since, outcome }: { seat: Seat; since: number; outcome: Outcome },
) {
  // prettier-ignore
  const after = (at: number | undefined): number => Math.max(0, (at ?? Infinity) - since);
  const gone = (): number =>
    kind === 'suspended' ? after(seat.socketClosed()) : Math.max(...from.map((stream) => after(seat.lost.get(stream))));
  await eventually(() => Number.isFinite(gone()), DEADLINE);
  outcome.streams.push(gone());
  if (kind === 'removed') return; // the text belongs to the unit
  await eventually(() => seat.docClosed() !== undefined, DEADLINE);
  outcome.texts.push(after(seat.docClosed()));
}

/** What came, with its content, though it was committed after the right had gone. */
function lateIn({ events }: Seat, { kind, person, from, seq }: Removal, firsts: Map<string, number>): string[] {
  const goneAt = (stream: string): number => (seq === undefined ? (firsts.get(stream) ?? 0) : seq + 1);
  const isLate = (event: WireEvent): boolean =>
    'data' in event && from.includes(event.stream) && event.seq >= goneAt(event.stream);
  return events.filter(isLate).map((event) => `${kind} ${person.login}: ${event.stream} ${event.seq}`);
}

/** Runs over hubs that share a store: one removal after the other for each person, all people at once. */
export async function removalStorm(urls: readonly string[], removals: number, random: Random): Promise<Outcome> {
  const load = await startLoad(urls);
  const outcome: Outcome = {
    ...{ count: { removed: 0, suspended: 0, demoted: 0 }, messages: 0, delivered: 0 },
    ...{ late: [], lateEdits: 0, streams: [], texts: [] },
  };
  const anyAdmin: Ask = (name, input) => load.admin(random.below(urls.length))(name, input);

  async function removeOne(person: Person): Promise<void> {
    const kind = KINDS[random.below(KINDS.length)] ?? 'removed';
    const url = urls[random.below(urls.length)] ?? '';
    const room = load.byInvitation[random.below(load.byInvitation.length)] ?? '';
    const seat = await takeSeat(url, person.cookie, load);
    const removal = await take(anyAdmin, kind, { person, load, room });
    const [since, typed] = [performance.now(), load.typed()];
    const firsts = await load.afterwards(url, removal.from, since);
    await seat.heard();
    const late = lateIn(seat, removal, firsts);
    outcome.late.push(...late);
    if (late.length === 0) await closing(removal, { seat, since, outcome }); // else it may never be
    if (kind !== 'removed' && seat.clockOf(typed.client) > typed.clock) outcome.lateEdits++;
    outcome.delivered += seat.events.length;
    outcome.count[kind]++;
    seat.leave();
    await giveBack(anyAdmin, removal, { unit: load.unit, url });
  }

  let left = removals;
  const removing = load.people.map(async (person) => {
    while (left-- > 0) await removeOne(person);
  });
  await Promise.race([Promise.all(removing), load.going]);
  await load.stop();
  return { ...outcome, messages: load.messages() };
}

/** The outcome in one line. */
export function told({ count, messages, delivered, late, lateEdits, streams, texts }: Outcome): string {
  const spread = (times: readonly number[]): string => {
    const sorted = times.toSorted((a, b) => a - b);
    return [0.5, 0.99, 1].map((share) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)).join('/');
  };
  return [
    `${KINDS.map((kind) => `${count[kind]} ${kind}`).join(', ')} under ${messages} messages:`,
    `${delivered} events before, ${late.length} after it; ${lateEdits} texts showed a late edit;`,
    `closed within ms (median/99 %/all): streams ${spread(streams)}, texts ${spread(texts)}`,
  ].join(' ');
}

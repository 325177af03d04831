import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { StreamEvent, WireEvent } from '#shared/wire/stream.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { createFollow, type Follower } from '#server/platform/follow.ts';
import { withheld, type Reader } from '#server/platform/reader.ts';
import type { Streams } from '#server/platform/streams.ts';
import { eventually } from '../support/client.ts';
import { chance } from '../support/yjs-fuzz.ts';

const STREAM = 'room:1';

interface Member {
  name: string;
  follower: Follower;
  got: WireEvent[];
  /** Deliveries: each is one write. */
  writes: number;
}

/** A stream, who may read it, and what each of them was sent. Reading and asking take turns of the loop, as they do. */
function createPlace() {
  const log: StreamEvent[] = [];
  const removed = new Set<string>();
  const members = new Map<Follower, Member>();
  const lost: string[] = [];
  const faults: unknown[] = [];
  let version = 0;
  let onSend: ((to: readonly Follower[]) => void) | undefined;
  const readerOf = (name: string): Reader => ({
    floor: name === 'newcomer' ? 300 : 1,
    view: (event) => (event.type === 'secret' && name.startsWith('guest') ? withheld(event) : event),
  });
  const follow = createFollow({
    streams: {
      reach: () => Promise.resolve(),
      head: async () => {
        await nextTurn();
        return { seq: log.length, hash: '' };
      },
      read: async (_: string, from: number, to: number, limit: number) => {
        await nextTurn();
        return log.slice(from - 1, Math.min(to, from - 1 + limit));
      },
    } as unknown as Streams,
    readers: {
      room: async ({ person }) => {
        await nextTurn();
        return removed.has(person) ? undefined : readerOf(person);
      },
    },
    access: { version: () => version },
    log: { error: (fault: unknown) => faults.push(fault) } as never,
    send: (to, events) => {
      for (const follower of to) {
        const member = members.get(follower);
        if (member === undefined) continue;
        member.got.push(...events);
        member.writes++;
      }
      onSend?.(to);
    },
  });
  return {
    lost,
    faults,
    whenSending: (then: (to: readonly Follower[]) => void) => (onSend = then),
    join: async (name: string): Promise<Member> => {
      const actor = { person: name } as Actor;
      const follower: Follower = { actor: () => Promise.resolve(actor), lost: () => lost.push(name) };
      const member: Member = { name, follower, got: [], writes: 0 };
      members.set(follower, member);
      await follow.open(follower, { stream: STREAM, have: log.length });
      return member;
    },
    leave: ({ follower }: Member): void => {
      follow.close(follower, STREAM);
    },
    range: ({ follower }: Member, from: number, to: number) => follow.range(follower, { stream: STREAM, from, to }),
    remove: (name: string): void => {
      removed.add(name);
      version++;
    },
    touchRights: () => version++,
    append: (type = 'posted'): void => {
      const event = { stream: STREAM, seq: log.length + 1, type, id: String(log.length), actor: '', at: '', data: 0, prev: '', hash: '' }; // prettier-ignore
      log.push(event);
      follow.announce(event);
    },
  };
}

const seqs = ({ got }: Member): number[] => got.map(({ seq }) => seq);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('what happens on a stream', () => {
  it('reaches a quiet stream at once and a busy one in few writes, in order and once', async () => {
    const place = createPlace();
    const member = await place.join('worker');
    place.append();
    expect(seqs(member)).toEqual([1]); // before anything else has its turn
    for (let n = 2; n <= 80; n++) {
      place.append();
      if (n % 20 === 0) await nextTurn();
    }
    await eventually(() => member.got.length >= 80);
    expect(seqs(member)).toEqual(upTo(80));
    expect(member.writes).toBeLessThanOrEqual(4);
  });

  it('reaches nobody whose right ended while it waited to leave', async () => {
    const place = createPlace();
    const [stays, goes] = [await place.join('stays'), await place.join('goes')];
    place.append(); // at once: both
    place.append(); // waits
    place.remove('goes');
    place.append();
    await eventually(() => stays.got.length === 3);
    expect(seqs(goes)).toEqual([1]);
    expect(place.lost).toEqual(['goes']);
  });

  it('does not hold up others however many follow, and a removal counts while they are served', async () => {
    const place = createPlace();
    const members = await Promise.all(Array.from({ length: 1_700 }, (_, n) => place.join(`member ${n}`)));
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const at: number[] = [];
    place.whenSending((to) => {
      at.push(turns);
      expect(to.length).toBeLessThanOrEqual(500);
      if (at.length === 1) place.remove('member 1600');
    });
    place.append();
    await eventually(() => members[1_699]?.got.length === 1);
    counting = false;
    expect(at).toHaveLength(4);
    expect(new Set(at).size).toBe(4); // others had a turn between any two
    expect(members.filter(({ got }) => got.length !== 1).map(({ name }) => name)).toEqual(['member 1600']);
  });

  it('is found by who joined late, from where they may read on, wherever they ask from', async () => {
    const place = createPlace();
    for (let n = 1; n <= 520; n++) place.append();
    const newcomer = await place.join('newcomer');
    const { events, more } = await place.range(newcomer, 1, 1_000);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, i) => 300 + i));
    expect(more).toBe(true);
    const rest = await place.range(newcomer, 500, 1_000);
    expect(rest.events.at(-1)?.seq).toBe(520);
    expect(rest.more).toBe(false);
    place.remove('newcomer');
    await expect(place.range(newcomer, 1, 1_000)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is encoded once for all who may read it, and once for all who may not', async () => {
    const place = createPlace();
    for (let n = 0; n < 50; n++) await place.join(`${n % 2 === 0 ? 'guest' : 'worker'} ${n}`);
    let groups = 0;
    place.whenSending(() => groups++);
    place.append('secret');
    expect(groups).toBe(2);
  });

  it.each(upTo(40))('is complete and in order whatever else happens meanwhile (seed %i)', async (seed) => {
    const random = chance(seed);
    const place = createPlace();
    const stays = await place.join('stays');
    const others: Member[] = [];
    let sent = 0;
    for (let step = 0; step < 120; step++) {
      const what = random(10);
      if (what < 6) {
        sent++;
        place.append(random(3) === 0 ? 'secret' : 'posted');
      } else if (what === 6) others.push(await place.join(`guest ${step}`));
      else if (what === 7) place.touchRights();
      else if (what === 8) others.splice(random(others.length + 1), 1).forEach(place.leave);
      else await (random(2) === 0 ? nextTurn() : wait(random(30)));
    }
    await eventually(() => stays.got.length >= sent);
    expect(seqs(stays)).toEqual(upTo(sent));
    for (const other of others) {
      const first = seqs(other)[0] ?? 1;
      expect(seqs(other)).toEqual(seqs(other).map((_, i) => first + i));
    }
    expect(place.faults).toEqual([]);
  });
});

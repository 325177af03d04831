import { expect, test, vi } from 'vitest';
import { createMemoryDb, type Db } from '#client/platform/db.ts';
import type { Follower, FollowOptions } from '#client/platform/follow.svelte.ts';
import type { Status } from '#client/platform/line.ts';
import { byUnit } from '#client/forum/units.ts';
import { Rooms, type RoomsHub } from '#client/forum/rooms.state.svelte.ts';
import type { RoomLine } from '#shared/forum/forum.schema.ts';
import { AppError } from '#shared/wire/error.ts';
import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';

const line = (id: string, more: Partial<RoomLine> = {}): RoomLine => ({
  ...{ id, unit: 'wenshu', title: id, kind: 'open', audience: 'unit', head: 5, readSeq: 5, unread: 0, mentions: 0 },
  ...{ post: true, remove: false, last: { seq: 5, actor: 'ann', at: '2026-11-22T06:00:00.000Z', text: '早' } },
  ...more,
});
const posted = (room: string, seq: number, more: Partial<StreamEvent> = {}): StreamEvent => ({
  ...{ stream: `room:${room}`, seq, id: `${room}${seq}`, type: 'posted', actor: 'ann', at: '2026-11-22T07:00:00.000Z' },
  ...{ data: { text: '**停水**了', mentions: ['me'] }, prev: ZERO_HASH, hash: ZERO_HASH },
  ...more,
});

function aHub(answer: () => Promise<{ rooms: RoomLine[]; more: boolean }>, db: Db = createMemoryDb()) {
  const follows = new Map<string, { follower: Follower; options: FollowOptions | undefined }>();
  const listeners: ((payload: never) => void)[] = [];
  let watch: (status: Status) => void = () => undefined;
  const request = vi.fn(answer);
  const hub = {
    user: { id: 'me', appointments: [{ unit: { id: 'wenshu' } }] },
    db,
    request,
    line: {
      on: (_: string, listen: (payload: never) => void) => {
        listeners.push(listen);
        return () => undefined;
      },
      onStatus: (given: (status: Status) => void) => {
        watch = given;
        return () => undefined;
      },
    },
    streams: {
      follow: (stream: string, follower: Follower, options?: FollowOptions) => {
        follows.set(stream, { follower, options });
        return { close: () => follows.delete(stream) };
      },
    },
  } as unknown as RoomsHub;
  const rooms = new Rooms(hub);
  const say = (event: StreamEvent): void => follows.get(event.stream)?.follower.apply(event);
  const moved = (stream: string, seq: number): void => {
    for (const listen of listeners) listen({ stream, seq } as never);
  };
  const become = (status: Status): void => {
    watch(status);
  };
  return { rooms, request, follows, say, moved, become };
}

test('a new message moves its room’s line: text, count and name, and reading takes them back', async () => {
  const { rooms, say, moved } = aHub(() => Promise.resolve({ rooms: [line('a'), line('b')], more: false }));
  rooms.start();
  await vi.waitFor(() => {
    expect(rooms.fresh).toBe(true);
  });
  say(posted('b', 6));
  say(posted('b', 6)); // a repeat changes nothing
  expect(rooms.line('b')).toMatchObject({ head: 6, unread: 1, mentions: 1, last: { seq: 6, text: '停水了' } });
  expect(rooms.mentions).toBe(1);
  expect(rooms.lines.map((one) => one.id)).toEqual(['a', 'b']); // nothing moves under the finger
  say(posted('b', 7, { actor: 'me', data: { text: '收到' } }));
  expect(rooms.line('b')).toMatchObject({ unread: 1, last: { text: '收到' } });
  moved('room:b', 7);
  expect(rooms.line('b')).toMatchObject({ readSeq: 7, unread: 0, mentions: 0 });
  moved('room:b', 2);
  expect(rooms.line('b')?.readSeq).toBe(7);
  rooms.stop();
});

test('more than ninety-nine are not counted on, and what one event cannot tell is asked for', async () => {
  const { rooms, say, request } = aHub(() => Promise.resolve({ rooms: [line('a', { unread: 100 })], more: false }));
  rooms.start();
  await vi.waitFor(() => {
    expect(rooms.fresh).toBe(true);
  });
  say(posted('a', 6));
  expect(rooms.line('a')?.unread).toBe(100);
  const before = request.mock.calls.length;
  say(posted('a', 7, { type: 'retracted', data: { seq: 6 } }));
  await vi.waitFor(() => {
    expect(request.mock.calls.length).toBeGreaterThan(before);
  });
  rooms.stop();
});

test('a room opened in one’s unit comes into the list by itself', async () => {
  let lines = [line('a')];
  const { rooms, say, follows } = aHub(() => Promise.resolve({ rooms: lines, more: false }));
  rooms.start();
  await vi.waitFor(() => {
    expect(rooms.fresh).toBe(true);
  });
  lines = [line('a'), line('b')];
  say({ ...posted('a', 9, { type: 'forum.opened', data: { stream: 'room:b', seq: 1 } }), stream: 'unit:wenshu' });
  await vi.waitFor(() => {
    expect(rooms.line('b')).toBeDefined();
  });
  rooms.stop();
  expect(follows.size).toBe(0);
});

test('without a line the last known list is shown; with it again the hub is asked', async () => {
  const db = createMemoryDb();
  const first = aHub(() => Promise.resolve({ rooms: [line('a')], more: false }), db);
  first.rooms.start();
  await vi.waitFor(async () => {
    expect(await db.get('kv', ['forum:rooms'])).toBeDefined();
  });
  first.rooms.stop();
  expect(first.follows.size).toBe(0);

  let online = false;
  const offline = () => Promise.reject(new AppError('offline'));
  const again = aHub(() => (online ? Promise.resolve({ rooms: [line('b')], more: false }) : offline()), db);
  again.rooms.start();
  await vi.waitFor(() => {
    expect(again.rooms.failed).toBeInstanceOf(AppError);
  });
  expect(again.rooms.lines.map((one) => one.id)).toEqual(['a']);
  expect(again.rooms.fresh).toBe(false);
  online = true;
  again.become('online');
  await vi.waitFor(() => {
    expect(again.rooms.lines.map((one) => one.id)).toEqual(['b']);
  });
  expect([...again.follows.keys()]).toEqual(['person:me', 'unit:wenshu', 'room:b']); // the room that is gone is left
  again.rooms.stop();
});

test('rooms stand by unit, one’s own first, and those above that open downwards stay in view', () => {
  const units = new Map(
    [
      ['city', null],
      ['street', 'city'],
      ['wenshu', 'street'],
      ['babao', 'street'],
    ].map(([id, parent]) => [id ?? '', { id: id ?? '', name: id ?? '', parent: parent ?? null }]),
  );
  const lines = [line('1', { unit: 'street' }), line('2'), line('3', { unit: 'babao' }), line('4', { unit: 'city' })];
  const unitsIn = (unit: string | undefined, own?: string) =>
    byUnit(lines, (id) => units.get(id), { unit, own }).map((group) => group.unit);
  expect(unitsIn(undefined)).toEqual(['babao', 'wenshu', 'street', 'city']);
  expect(unitsIn(undefined, 'wenshu')).toEqual(['wenshu', 'babao', 'street', 'city']);
  expect(unitsIn('wenshu')).toEqual(['wenshu', 'street', 'city']);
  expect(unitsIn('street')).toEqual(['babao', 'wenshu', 'street', 'city']);
});

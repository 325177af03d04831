import { flushSync } from 'svelte';
import { expect, test, vi } from 'vitest';
import { createMemoryDb } from '#client/platform/db.ts';
import type { Follower, Following } from '#client/platform/follow.svelte.ts';
import { Outbox } from '#client/platform/outbox.ts';
import { layOut, whereIs, type MessageRow } from '#client/forum/timeline.ts';
import { Room, type RoomHub } from '#client/forum/forum.state.svelte.ts';
import { evolveMessage } from '#shared/forum/forum.messages.rules.ts';
import type { Message } from '#shared/forum/forum.schema.ts';
import { AppError } from '#shared/wire/error.ts';
import { uuidv7 } from '#shared/wire/ids.ts';
import { ZERO_HASH, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';

const newId = (): string => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
const [ME, ANN, ROOM] = [newId(), newId(), newId()];
const stream = `room:${ROOM}`;

function event(seq: number, type: string, data: unknown, more: Partial<StreamEvent> = {}): StreamEvent {
  const at = `2026-11-22T06:${String(seq).padStart(2, '0')}:00.000Z`;
  return { stream, seq, id: newId(), type, actor: ANN, at, data, prev: ZERO_HASH, hash: ZERO_HASH, ...more };
}
const post = (seq: number, text: string, more: Partial<StreamEvent> = {}) => event(seq, 'posted', { text }, more);
/** A message as a question is answered with it. */
const row = (of: WireEvent): Message => evolveMessage(undefined, of) as Message;

/** A hub whose stream says what the test says, over a real outbox whose line answers when the test says. */
function aHub(history: readonly WireEvent[] = [], early?: readonly Message[]) {
  let follower: Follower | undefined;
  const following = { state: 'live', low: 1, complete: true } as { -readonly [K in keyof Following]: Following[K] };
  following.older = (n) => {
    const events = history.filter((one) => one.seq < following.low).slice(-n);
    following.low = events[0]?.seq ?? following.low;
    following.complete = following.low <= 1;
    return Promise.resolve(events);
  };
  following.close = vi.fn();
  const asked: { input: object; answer: (output: Record<string, unknown>) => void; refuse: (code: string) => void }[] =
    [];
  const outbox = new Outbox({
    db: createMemoryDb(),
    line: {
      status: 'online',
      blocked: false,
      onStatus: () => () => undefined,
      ask: (_, input) =>
        new Promise((answer, reject) => {
          asked.push({
            input,
            answer,
            refuse: (code) => {
              reject(new AppError(code));
            },
          });
        }),
    },
    lead: (begin) => {
      begin();
      return () => undefined;
    },
  });
  const request = vi.fn(() => Promise.resolve(early === undefined ? {} : { messages: early, more: false }));
  const blank = vi.fn();
  const hub = {
    user: { id: ME },
    outbox,
    request,
    line: { status: early === undefined ? 'online' : 'connecting' },
    streams: {
      blank,
      follow: (_: string, given: Follower) => {
        follower = given;
        return following;
      },
    },
  } as unknown as RoomHub;
  void outbox.start();
  const room = new Room(hub, ROOM);
  const reset = (events: readonly WireEvent[], { low = 1, gap = false } = {}): void => {
    following.low = low;
    following.complete = low <= 1;
    follower?.reset(events, { low, have: events.at(-1)?.seq ?? 0, stored: false, gap });
  };
  const apply = (one: WireEvent): void => {
    if ('id' in one) outbox.seen(one); // as the hub does for every event
    follower?.apply(one);
  };
  return { room, hub, asked, request, blank, following, reset, apply, refuse: () => follower?.refused?.('not_found') };
}

const dayOf = (at: string): string => at.slice(0, 10);
function rowsOf(room: Room): MessageRow[] {
  flushSync();
  const rows = layOut(room.messages, room.waiting, { me: ME, unread: room.unread, dayOf });
  return rows.filter((row) => row.kind === 'message');
}
const textsOf = (room: Room): string[] => rowsOf(room).map((row) => row.message.text);

test.each(['the ack first', 'the event first'])('one message, whichever comes first: %s', async (order) => {
  const { room, asked, apply, reset } = aHub();
  reset([post(1, '早')]);
  const id = room.post('收到');
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  expect(rowsOf(room).map((row) => [row.message.text, row.post === undefined])).toEqual([
    ['早', true],
    ['收到', false],
  ]);
  expect(rowsOf(room).at(-1)).toMatchObject({ key: id, own: true });
  expect(whereIs(rowsOf(room).at(-1) as MessageRow)).toBe('sending');
  const said = post(2, '收到', { id, actor: ME });
  if (order === 'the event first') apply(said);
  asked[0]?.answer({ seq: 2 });
  await vi.waitFor(() => {
    expect(whereIs(rowsOf(room).at(-1) as MessageRow)).toBe('sent');
  });
  expect(textsOf(room)).toEqual(['早', '收到']);
  apply(said);
  expect(textsOf(room)).toEqual(['早', '收到']);
  expect(rowsOf(room).at(-1)).toMatchObject({ key: id, post: undefined });
});

test('a refused message stays with its code until it is tried again or given up', async () => {
  const { room, asked, reset } = aHub();
  reset([]);
  room.post('@所有人 开会');
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  asked[0]?.refuse('forbidden');
  await vi.waitFor(() => {
    expect(whereIs(rowsOf(room).at(-1) as MessageRow)).toBe('failed');
  });
  const entry = rowsOf(room).at(-1)?.post;
  expect(entry?.code).toBe('forbidden');
  if (entry !== undefined) room.retry(entry);
  await vi.waitFor(() => {
    expect(asked).toHaveLength(2);
  });
  expect(asked[1]?.input).toEqual(asked[0]?.input); // the same id: never twice
  asked[1]?.refuse('forbidden');
  await vi.waitFor(() => {
    expect(rowsOf(room).at(-1)?.post?.state).toBe('failed');
  });
  const again = rowsOf(room).at(-1)?.post;
  if (again !== undefined) room.discard(again);
  expect(rowsOf(room)).toEqual([]);
});

test('what one changes shows at once, and as it was if it is refused', async () => {
  const { room, asked, reset, apply } = aHub();
  reset([post(1, '七点', { actor: ME })]);
  room.edit(1, '七点半');
  room.react(1, '👍', true);
  expect(rowsOf(room)[0]?.message).toMatchObject({
    text: '七点半',
    edited: true,
    reactions: [{ emoji: '👍', people: [ME] }],
  });
  await vi.waitFor(() => {
    expect(asked).toHaveLength(1);
  });
  asked[0]?.refuse('forum.too_late');
  await vi.waitFor(() => {
    expect(rowsOf(room)[0]?.refused).toHaveLength(1);
  });
  expect(rowsOf(room)[0]?.message).toMatchObject({ text: '七点', edited: false });
  apply(event(2, 'retracted', { seq: 1 }, { actor: ME }));
  expect(rowsOf(room)[0]?.message).toMatchObject({ text: '', retracted: true });
});

test('a retraction is forgotten by the device with every wording there was', () => {
  const { room, reset, apply, blank } = aHub();
  reset([post(1, '电话 138'), event(2, 'edited', { seq: 1, text: '电话 139' })]);
  apply(event(3, 'retracted', { seq: 1 }));
  expect(blank.mock.calls).toEqual([
    [stream, 1],
    [stream, 2],
  ]);
  expect(JSON.stringify(rowsOf(room))).not.toContain('电话'); // the number alone may stand in any id
});

test('changes that came before their message wait for the older page, in their order', async () => {
  const history = [
    post(1, '一'),
    event(2, 'edited', { seq: 1, text: '二' }),
    ...Array.from({ length: 60 }, (_, i) => post(i + 3, `第 ${i} 条`)),
    event(63, 'edited', { seq: 1, text: '三' }),
    event(64, 'reacted', { seq: 1, emoji: '👍', on: true }),
  ];
  const { room, reset } = aHub(history);
  reset(history.slice(-30), { low: 35 });
  await room.reach(1);
  expect(room.message(1)).toMatchObject({ text: '三', reactions: [{ emoji: '👍', people: [ANN] }] });
  expect(room.message(1)?.edits.map((edit) => edit.text)).toEqual(['一', '二']);
  expect(room.messages.map((message) => message.seq)).toEqual([1, ...Array.from({ length: 60 }, (_, i) => i + 3)]);
  expect(room.complete).toBe(true);
});

test('an opened room fills its screen when the first page is only signs', async () => {
  const history = [
    ...Array.from({ length: 40 }, (_, i) => post(i + 1, `${i}`)),
    ...Array.from({ length: 20 }, (_, i) => event(41 + i, 'reacted', { seq: 40, emoji: '👍', on: i % 2 === 0 })),
  ];
  const { room, reset } = aHub(history);
  reset(history.slice(-10), { low: 51 });
  await vi.waitFor(() => {
    expect(room.messages.length).toBe(40);
  });
});

test('the unread line is drawn once and stays, and reading only moves forward', async () => {
  const { room, reset, apply, request } = aHub();
  reset([post(1, '旧'), post(2, '新'), post(3, '更新')]);
  expect(await room.read(3)).toBe(false); // nobody has said yet what was read
  room.begin({ readSeq: 1, unread: 2 });
  room.begin({ readSeq: 3, unread: 0 });
  flushSync();
  const kinds = () =>
    layOut(room.messages, room.waiting, { me: ME, unread: room.unread, dayOf }).map((row) => row.kind);
  expect(kinds()).toEqual(['day', 'message', 'unread', 'message', 'message']);
  expect(await room.read(3)).toBe(true);
  expect(await room.read(2)).toBe(false);
  apply(post(4, '再来'));
  expect(kinds()).toEqual(['day', 'message', 'unread', 'message', 'message', 'message']);
  request.mockImplementationOnce(() => Promise.reject(new AppError('offline')));
  expect(await room.read(4)).toBe(false);
  expect(await room.read(4)).toBe(true); // not said the first time, so it is said again
  expect(request).toHaveBeenCalledTimes(3);
});

test('whoever may no longer read sees nothing of it', () => {
  const { room, reset, refuse } = aHub();
  reset([post(1, '内部')]);
  refuse();
  expect(room.state).toBe('refused');
  expect(rowsOf(room)).toEqual([]);
});

test('messages of one person and minute stand together, and a day line parts days', () => {
  const at = (time: string) => ({ at: `2026-11-22T${time}.000Z` });
  const { room, reset } = aHub();
  reset([
    post(1, 'a', at('06:05:01')),
    post(2, 'b', at('06:05:59')),
    post(3, 'c', at('06:06:00')),
    post(4, 'd', { actor: ME, ...at('06:06:01') }),
    post(5, 'e', { at: '2026-11-23T06:06:02.000Z', actor: ME }),
  ]);
  expect(rowsOf(room).map((row) => [row.first, row.last])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
    [true, true],
  ]);
});

test('the newest messages are there before the line is, and the stream has the word once it speaks', async () => {
  const said = post(7, '早');
  const { room, request, reset, following } = aHub([], [row(said)]);
  following.complete = false;
  await vi.waitFor(() => {
    expect(textsOf(room)).toEqual(['早']);
  });
  expect(request).toHaveBeenCalledWith('forum:messages', { room: ROOM, limit: 30 });
  expect([room.complete, room.loading]).toEqual([false, true]); // neither an end nor a way up that leads nowhere
  reset([], { low: 8 }); // the list knew the head: nothing has been said yet
  expect(textsOf(room)).toEqual(['早']);
  reset([said, post(8, '晚')], { low: 7 });
  expect(textsOf(room)).toEqual(['早', '晚']);
  expect(room.loading).toBe(false);
});

test('what was unread is marked among the early messages only where it begins among them', async () => {
  const { room } = aHub([], [row(post(7, '早')), row(post(8, '晚'))]);
  room.begin({ readSeq: 7, unread: 1 });
  await expect.poll(() => room.unread).toEqual({ after: 7, count: 1 });
  const further = aHub([], [row(post(7, '早'))]);
  further.room.begin({ readSeq: 2, unread: 5 });
  await expect.poll(() => textsOf(further.room)).toEqual(['早']);
  expect(further.room.unread).toBeUndefined();
});

test('an early answer that comes late brings nothing back, and a refusal takes it away', async () => {
  const said = post(1, '早');
  const late = aHub([], [row(said)]);
  late.reset([said, event(2, 'retracted', { seq: 1 })]);
  await new Promise(requestAnimationFrame); // the answer has come by then
  expect(late.room.message(1)?.retracted).toBe(true);
  const { room, refuse } = aHub([], [row(said)]);
  await vi.waitFor(() => {
    expect(textsOf(room)).toEqual(['早']);
  });
  refuse();
  expect(textsOf(room)).toEqual([]);
});

import { describe, expect, it } from 'vitest';
import type { WireEvent } from '#shared/wire/stream.ts';
import {
  cursorAt,
  FAR_BEHIND,
  GAP_WAIT,
  HEAD_ONLY,
  RESTART_BEFORE_HEAD,
  step,
  type Action,
  type Cursor,
  type Incoming,
} from '#client/platform/cursor.ts';
import { event, hashOf } from '../support/cursor-events.ts';

const events = (from: number, to: number, life = 0): WireEvent[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => event(from + i, life));

/** Feeds a cursor several things and collects what it wants done. */
function feed(cursor: Cursor, ...incoming: Incoming[]): { cursor: Cursor; actions: Action[] } {
  let now = cursor;
  const actions: Action[] = [];
  for (const one of incoming) {
    const result = step(now, one);
    now = result.cursor;
    actions.push(...result.actions);
  }
  return { cursor: now, actions };
}

const opened = (head: number, list: WireEvent[], floor = 1): Incoming => ({
  kind: 'opened',
  head,
  floor,
  events: list,
  more: (list.at(-1)?.seq ?? head) < head,
});
const applied = (actions: readonly Action[]): number[] =>
  actions.flatMap((action) => (action.do === 'apply' ? [action.event.seq] : []));
const others = (actions: readonly Action[]): Action[] => actions.filter((action) => action.do !== 'apply');

/** Open and at the head `n`. */
const live = (n: number, page?: number): Cursor => {
  const start = cursorAt(n, hashOf(n), { page });
  return feed(start, { kind: 'online' }, opened(n, [])).cursor;
};

describe('the read table', () => {
  it('drops what it has', () => {
    const { cursor, actions } = feed(live(5), { kind: 'event', event: event(5) }, { kind: 'event', event: event(3) });
    expect(actions).toEqual([]);
    expect(cursor.have).toBe(5);
  });

  it('applies the next one and drains the buffer behind it', () => {
    const { cursor, actions } = feed(
      live(5),
      { kind: 'event', event: event(8) },
      { kind: 'event', event: event(7) },
      { kind: 'event', event: event(6) },
    );
    expect(applied(actions)).toEqual([6, 7, 8]);
    expect(cursor.have).toBe(8);
    expect(cursor.buffer.size).toBe(0);
  });

  it('buffers what lies beyond and asks for the gap after 150 ms', () => {
    const first = feed(live(5), { kind: 'event', event: event(8) });
    expect(first.actions).toEqual([{ do: 'wait', ms: GAP_WAIT }]);
    const then = feed(first.cursor, { kind: 'due' });
    expect(then.actions).toEqual([{ do: 'range', from: 6, to: 7 }]);
    const last = feed(then.cursor, { kind: 'ranged', events: events(6, 7) });
    expect(applied(last.actions)).toEqual([6, 7, 8]);
  });

  it('asks for nothing when the gap closed by itself', () => {
    const { actions } = feed(
      live(5),
      { kind: 'event', event: event(7) },
      { kind: 'event', event: event(6) },
      { kind: 'due' },
    );
    expect(others(actions)).toEqual([{ do: 'wait', ms: GAP_WAIT }]);
  });

  it('leaves have where it was when the range fails, and keeps the buffer behind the gap', () => {
    const { cursor, actions } = feed(
      live(5),
      { kind: 'event', event: event(8) },
      { kind: 'due' },
      { kind: 'failed' },
      { kind: 'event', event: event(9) },
    );
    expect(applied(actions)).toEqual([]);
    expect(cursor.have).toBe(5);
    expect([...cursor.buffer.keys()]).toEqual([8, 9]);
    const again = feed(cursor, { kind: 'due' }, opened(9, events(6, 9)));
    expect(again.actions[0]).toEqual({ do: 'open', have: 5 });
    expect(applied(again.actions)).toEqual([6, 7, 8, 9]);
  });

  it('comes back no earlier than the server asked it to', () => {
    const { actions } = feed(live(5), { kind: 'head', head: 7 }, { kind: 'failed', after: 4000 });
    expect(actions).toEqual([
      { do: 'range', from: 6, to: 7 },
      { do: 'wait', ms: 4000 },
    ]);
  });

  it('asks the range at once when the heads name more than it has', () => {
    const { actions } = feed(live(5), { kind: 'head', head: 7 });
    expect(actions).toEqual([{ do: 'range', from: 6, to: 7 }]);
  });

  it('goes on by range while there is more', () => {
    const start = feed(cursorAt(0, undefined, {}), { kind: 'online' });
    const { cursor, actions } = feed(
      start.cursor,
      opened(450, events(1, 200)),
      { kind: 'ranged', events: events(201, 400) },
      { kind: 'ranged', events: events(401, 450) },
    );
    expect(others(actions)).toEqual([
      { do: 'range', from: 201, to: 450 },
      { do: 'range', from: 401, to: 450 },
    ]);
    expect(cursor.have).toBe(450);
  });

  it('drops what lies below a raised floor', () => {
    const { cursor, actions } = feed(
      cursorAt(10, hashOf(10), { held: 5 }),
      { kind: 'online' },
      opened(40, events(31, 40), 31),
    );
    expect(actions[1]).toEqual({ do: 'restart', have: 30, gap: false });
    expect(applied(actions)[0]).toBe(31);
    expect(cursor.low).toBe(31);
  });

  it('begins again near the head when it is more than 1,000 behind and reads by the page', () => {
    const head = 10 + FAR_BEHIND + 1;
    const { cursor, actions } = feed(
      cursorAt(10, hashOf(10), { page: 50, held: 10 }),
      { kind: 'online' },
      opened(head, events(11, 210)),
      opened(head, events(head - RESTART_BEFORE_HEAD + 1, head)),
    );
    expect(others(actions)).toEqual([
      { do: 'open', have: 10 },
      { do: 'restart', have: head - RESTART_BEFORE_HEAD, gap: true },
      { do: 'open', have: head - RESTART_BEFORE_HEAD },
    ]);
    expect(cursor.have).toBe(head);
  });

  it('never skips anything for a reader that wants everything', () => {
    const { cursor } = feed(cursorAt(10, hashOf(10), {}), { kind: 'online' }, opened(5000, events(11, 210)));
    expect(cursor.have).toBe(210);
    expect(cursor.asked?.kind).toBe('range');
  });

  it('learns the head first when it reads by the page and holds nothing', () => {
    const { cursor, actions } = feed(cursorAt(0, undefined, { page: 50 }), { kind: 'online' }, opened(120, []), {
      kind: 'ranged',
      events: events(71, 120),
    });
    expect(others(actions)).toEqual([
      { do: 'open', have: HEAD_ONLY },
      { do: 'restart', have: 70, gap: false },
      { do: 'range', from: 71, to: 120 },
    ]);
    expect(cursor.low).toBe(71);
    expect(cursor.have).toBe(120);
  });
});

describe('a server that went back in time', () => {
  it('throws the cache away and opens from 0 when the head is below what it has', () => {
    const { actions } = feed(cursorAt(10, hashOf(10), {}), { kind: 'online' }, opened(7, []), opened(7, events(1, 7)));
    expect(others(actions)).toEqual([
      { do: 'open', have: 10 },
      { do: 'restart', have: 0, gap: false },
      { do: 'open', have: 0 },
    ]);
    expect(applied(actions)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('does the same when prev is not the hash it holds', () => {
    const { cursor, actions } = feed(live(5), { kind: 'event', event: event(6, 1) });
    expect(applied(actions)).toEqual([]);
    expect(cursor.have).toBe(0);
    expect(others(actions)).toEqual([
      { do: 'restart', have: 0, gap: false },
      { do: 'open', have: 0 },
    ]);
  });

  it('asks the stream itself before it believes a head that may have been counted too early', () => {
    const { cursor, actions } = feed(live(5), { kind: 'head', head: 4 }, opened(5, []));
    expect(actions).toEqual([{ do: 'open', have: 5 }]);
    expect(cursor.have).toBe(5);
  });

  it('does not take an event that overtook the answer to open for a step back', () => {
    const asking = feed(live(5), { kind: 'online' });
    const { cursor, actions } = feed(asking.cursor, { kind: 'event', event: event(6) }, opened(5, []));
    expect(applied(actions)).toEqual([6]);
    expect(cursor.have).toBe(6);
  });

  it('waits longer each time when the server keeps contradicting itself', () => {
    const wrong = event(1, 0, 7);
    let cursor = feed(cursorAt(0, undefined, {}), { kind: 'online' }).cursor;
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const bad = feed(cursor, opened(1, [{ ...wrong, prev: 'nonsense' }]));
      waits.push(...bad.actions.flatMap((action) => (action.do === 'wait' ? [action.ms] : [])));
      cursor = feed(bad.cursor, { kind: 'due' }).cursor;
    }
    expect(waits).toEqual([4000, 8000, 16_000]);
  });
});

import { describe, expect, test, vi } from 'vitest';
import { Meeting } from '#client/minutes/meeting.state.svelte.ts';
import { Meetings, type MeetingsHub } from '#client/minutes/minutes.state.svelte.ts';
import { words } from '#client/minutes/minutes.words.ts';
import { createMemoryDb } from '#client/platform/db.ts';
import type { MeetingLine } from '#shared/minutes/minutes.schema.ts';
import { AppError } from '#shared/wire/error.ts';
import { HASH, ITEM, ME, MEETING, minutesHub, OTHER } from './minutes-hub.ts';

function opened(given = minutesHub()) {
  const meeting = new Meeting(given.hub, MEETING);
  meeting.start();
  return { ...given, meeting };
}

describe('an open meeting', () => {
  test('follows its stream at once and asks the hub for what only it knows', async () => {
    const { meeting, append, request } = opened();
    await vi.waitFor(() => {
      expect(meeting.contentHash).toBe(HASH);
    });
    expect(meeting.may('sign')).toBe(true);
    const before = request.mock.calls.length;
    append('item_added', { title: '停车' });
    expect(meeting.record?.items.map(({ title }) => title)).toEqual(['二次供水改造', '停车']);
    expect(meeting.record?.version).toBe(2);
    await vi.waitFor(() => {
      expect(request.mock.calls.length).toBeGreaterThan(before);
    });
    meeting.stop();
  });

  test('shows what this device knew while there is no line', async () => {
    const first = opened();
    await vi.waitFor(() => {
      expect(first.meeting.contentHash).toBe(HASH);
    });
    first.meeting.stop();
    await vi.waitFor(async () => {
      expect(await first.hub.db.get('kv', ['minutes:view', MEETING])).toBeDefined();
    });
    first.refusals.set('minutes:view', new AppError('offline'));
    const again = new Meeting(first.hub, MEETING);
    again.start();
    await vi.waitFor(() => {
      expect(again.failed).toBeDefined();
    });
    expect(again.record?.title).toBe('文殊社区居民代表会议');
    again.stop();
  });

  test('is missing when the right is gone, and nothing of it stays on this device', async () => {
    const { meeting, followers, hub } = opened();
    await vi.waitFor(() => {
      expect(meeting.record).toBeDefined();
    });
    for (const follower of followers) follower.refused?.('not_found');
    expect(meeting.missing).toBe(true);
    expect(meeting.record).toBeUndefined();
    await vi.waitFor(async () => {
      expect(await hub.db.get('kv', ['minutes:view', MEETING])).toBeUndefined();
    });
    meeting.stop();
  });

  test('names a row of attendance by its own version, and shows it before the hub has it', async () => {
    const { meeting, append, entries } = opened();
    append('attendance_set', { person: OTHER, status: 'present' });
    append('item_added', { title: '停车' });
    void meeting.setAttendance(OTHER, 'late');
    expect(entries[0]?.input).toMatchObject({ expected: 2, person: OTHER, status: 'late', meeting: MEETING });
    expect(meeting.pending(OTHER)).toBe('late');
    expect(meeting.pending(ME)).toBeUndefined();
    await vi.waitFor(() => {
      expect(meeting.contentHash).toBeDefined();
    });
    meeting.stop();
  });

  test('signs the version and the fingerprint that were seen', async () => {
    const { meeting, append, asked } = opened();
    append('submitted', { contentHash: HASH, docSeq: 9, contributors: [] });
    await meeting.sign(HASH);
    const { input } = asked.find(({ name }) => name === 'minutes:sign') ?? {};
    expect(input).toMatchObject({ meeting: MEETING, expected: 2, contentHash: HASH });
    expect(meeting.record?.state).toBe('signed');
    meeting.stop();
  });
});

describe('the list', () => {
  const line = (id: string): MeetingLine => ({
    ...{ id, unit: 'wenshu', title: id, body: 'council', startsAt: '2026-11-22T11:30:00.000Z', state: 'draft' },
    ...{ version: 1, creator: ME, signer: ME },
  });
  const lists = (answer: MeetingsHub['request']) => new Meetings({ request: answer, db: createMemoryDb() });

  test('adds earlier pages, and an answer for a unit left meanwhile changes nothing', async () => {
    let late: (answer: object) => void = () => undefined;
    const answer = vi.fn((_name: string, { unit, cursor }: { unit: string; cursor?: string }) => {
      if (unit === 'slow') return new Promise((resolve) => (late = resolve));
      return Promise.resolve(cursor === undefined ? { meetings: [line('b')], cursor: 'c' } : { meetings: [line('a')] });
    });
    const meetings = lists(answer as unknown as MeetingsHub['request']);
    const slow = meetings.load('slow');
    await vi.waitFor(() => {
      expect(answer).toHaveBeenCalledTimes(1);
    });
    await meetings.load('wenshu');
    expect(meetings.more).toBe(true);
    await meetings.next();
    expect(meetings.lines.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(meetings.more).toBe(false);
    late({ meetings: [line('x')] });
    await slow;
    expect(meetings.lines.map(({ id }) => id)).toEqual(['b', 'a']);
  });
});

test('items are numbered as in minutes', () => {
  const { itemNo, paperTitle } = words.current;
  expect([1, 10, 11, 20, 21, 100].map((n) => itemNo(n))).toEqual(
    expect.arrayContaining(
      itemNo(1).startsWith('议') ? ['议题一', '议题十', '议题十一', '议题二十', '议题二十一', '议题100'] : ['Item 1'],
    ),
  );
  expect(paperTitle('第三次会议纪要')).toBe('第三次会议纪要');
  expect(ITEM).not.toBe(MEETING);
});

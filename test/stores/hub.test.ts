import { expect, test } from 'vitest';
import { createForumModel, memberKey, messageKey, type MessageRow, type RoomRow } from '#server/forum/forum.model.ts';
import { createIncidentsModel, type IncidentRow } from '#server/incidents/incidents.model.ts';
import { createMinutesModel, type MeetingRow } from '#server/minutes/minutes.model.ts';
import { createPeopleModel } from '#server/people/people.model.ts';
import { systemClock } from '#server/platform/clock.ts';
import { createFold } from '#server/platform/fold.ts';
import { openStore } from '#server/platform/store.ts';
import { createEventsModel } from '#server/platform/streams.model.ts';
import { createStreams } from '#server/platform/streams.ts';
import { createResponsesModel, type PublicRow, type ResponseRow } from '#server/responses/responses.model.ts';
import { newId } from '../support/client.ts';
import { storeAt, server } from '../support/store-url.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

/* What the hub itself keeps in a store, through its own models: on every engine, and nothing of it may be missing. */

const counter = { kind: 'room', initial: () => ({ n: 0 }), evolve: ({ n }: { n: number }) => ({ n: n + 1 }) };

test('of two connections that write to the same streams neither loses, doubles or skips an event', async () => {
  const folder = await temporaryFolder();
  const first = await openStreams({ folder });
  // An embedded folder belongs to one process: there the second connection is a second set of streams.
  const db = server === undefined ? first.db : await openStore(storeAt(folder));
  if (server === undefined) db.deleteModel('Event');
  const second = createStreams({ model: createEventsModel(db), clock: systemClock });
  await second.start();
  const folds = [createFold(first.streams, counter), createFold(second, counter)];
  const writes = Array.from({ length: 80 }, async (_, i) => {
    const written = await folds[i % 2]?.write(
      `r${i % 4 < 2 ? 1 : 2}`,
      { id: newId(), actor: 'ada', input: { i } },
      () => ({
        type: 'said',
        data: i,
      }),
    );
    return written?.event;
  });
  const answered = await Promise.all(writes);
  for (const stream of ['room:r1', 'room:r2']) {
    first.streams.forget(stream);
    const events = await first.streams.read(stream, 1, 100);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(events).toEqual(
      answered.filter((event) => event?.stream === stream).sort((a, b) => (a?.seq ?? 0) - (b?.seq ?? 0)),
    );
    for (const [i, event] of events.entries()) if (i > 0) expect(event.prev).toBe(events[i - 1]?.hash);
  }
  if (server !== undefined) await db.close();
});

test('of two connections that take one id for the same stream one hears that it is taken', async () => {
  const { streams } = await openStreams();
  const id = newId();
  const append = () =>
    streams.inTurn('room:a', () => streams.append('room:a', { id, type: 'said', actor: 'ada', data: 1 }));
  const outcomes = await Promise.allSettled([append(), append(), append()]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'id_reused' });
});

test('any JSON comes back as it was, nothing and nested emptiness among it', async () => {
  const { streams } = await openStreams();
  const data = { text: '停水了 🚰', no: null, list: [], deep: { none: {}, half: 0.5, big: 2 ** 53 - 1, flag: false } };
  const event = { id: newId(), type: 'said', actor: 'ada', data };
  const written = await streams.inTurn('room:a', () => streams.append('room:a', event));
  expect(await streams.read('room:a', 1, 1)).toEqual([written]);
  expect((await streams.find('room:a', event.id))?.event.data).toEqual(data);
  expect(await streams.next('', 'room:a')).toBeUndefined();
  expect(await streams.next('', 'room:b')).toBe('room:a');
  expect(await streams.next('room:a', 'z')).toBeUndefined();
});

const message = (seq: number, more: Partial<MessageRow> = {}): MessageRow =>
  ({
    ...{ _id: messageKey('r', seq), room: 'r', seq, id: `m${seq}`, actor: 'ada', at: '2026-11-24T01:00:00.000Z' },
    ...{ text: `第 ${seq} 条`, mentions: [], files: [], reactions: {}, retracted: false, keys: [], applied: seq },
    ...more,
  }) as unknown as MessageRow;

test('a room’s messages are found by place, words, mentions and files, and older news never overwrites newer', async () => {
  const { db } = await openStreams();
  const forum = createForumModel(db);
  await forum.init();
  const rows = [
    message(1, { keys: ['停水', '水了'], files: ['f1'] }),
    message(2, { keys: ['停水'], mentions: ['li'] }),
    message(3, { retracted: true }),
    message(4, { actor: 'li', keys: ['停水', '水了'], applied: 9 }),
  ];
  await forum.putMessages(rows);
  await forum.putMessages([message(4, { actor: 'li', text: '旧', applied: 4 }), message(5)]);
  const seqs = async (found: Promise<MessageRow[]>) => (await found).map(({ seq }) => seq);
  expect(await seqs(forum.newestIn('r', { from: 1, to: 4 }, 3))).toEqual([4, 3, 2]);
  expect((await forum.messages([messageKey('r', 4)]))[0]).toMatchObject({ text: '第 4 条', applied: 9 });
  expect((await forum.lastStanding('r'))?.seq).toBe(5);
  expect(await seqs(forum.withKeys('r', ['停水', '水了'], { from: 1, to: 9 }, 9))).toEqual([4, 1]);
  expect(await forum.countAfter({ room: 'r', seq: 1, person: 'li' }, 99)).toBe(2);
  expect(await forum.countAfter({ room: 'r', seq: 0, person: 'li' }, 2)).toBe(2);
  expect(await forum.mentionsAfter({ room: 'r', seq: 0, person: 'li' }, 99)).toBe(1);
  expect(await seqs(forum.naming('r', 'f1'))).toEqual([1]);
});

test('rooms, memberships and how far somebody has read are kept, and a pointer never goes back', async () => {
  const { db } = await openStreams();
  const forum = createForumModel(db);
  await forum.init();
  const room = (id: string, unit: string, kind: 'open' | 'members'): RoomRow =>
    ({ _id: id, unit, title: id, kind, audience: 'unit', applied: 1, last: null }) as unknown as RoomRow;
  await forum.putRooms([room('a', 'u1', 'open'), room('b', 'u1', 'members'), room('c', 'u2', 'open')]);
  expect((await forum.roomsOf(['u1', 'u3'], ['open'], 10)).map(({ _id }) => _id)).toEqual(['a']);
  const member = { room: 'b', person: 'ada', spans: [], applied: 1 };
  await forum.putMembers([
    { ...member, _id: memberKey('b', 'ada'), in: true },
    { ...member, _id: memberKey('c', 'ada'), room: 'c', in: false },
  ]);
  expect((await forum.memberships('ada', 10)).map(({ room: of }) => of)).toEqual(['b']);
  for (const seq of [3, 7, 5]) await forum.point('ada', 'a', seq);
  expect([...(await forum.pointersOf('ada', ['a', 'b']))]).toEqual([['a', 7]]);
});

test('people, posts, credentials and sessions are kept, the newest state of each; a sign-in name belongs to one person', async () => {
  const { db } = await openStreams();
  const people = createPeopleModel(db);
  await people.init();
  const unit = { _id: 'u', code: 'wenshu', name: '文殊社区', level: 'community' as const, parent: null };
  await people.put('units', [{ ...unit, applied: 1 }]);
  await people.put('units', [{ ...unit, name: '文殊院社区', applied: 2 }]);
  await people.put('units', [{ ...unit, applied: 1 }]); // by a process that is slow
  await people.put('persons', [{ _id: 'p', login: 'ada', name: '艾达', applied: 1 }]);
  expect(await people.all()).toMatchObject({ units: [{ ...unit, name: '文殊院社区' }], persons: [{ login: 'ada' }] });
  await people.putCredential({ _id: 'p', login: 'ada', hash: 'h1', start: false });
  await people.putCredential({ _id: 'p', login: 'ada', hash: 'h2', start: false });
  await expect(people.putCredential({ _id: 'q', login: 'ada', hash: 'h3', start: false })).rejects.toMatchObject({
    code: 11_000,
  });
  expect(await people.credential('ada')).toMatchObject({ _id: 'p', hash: 'h2' });
  const from = { device: '', address: '', asks: null, proved: false, fresh: 1 };
  await people.putSession({ _id: 's', id: 'i', person: 'p', created: 1, used: 1, ...from });
  await people.touchSession('s', 5);
  expect(await people.session('s')).toMatchObject({ used: 5 });
  await people.dropSession('s');
  expect(await people.session('s')).toBeNull();
});

test('a board of concerns is read by heat and by clock, page by page', async () => {
  const { db } = await openStreams();
  const incidents = createIncidentsModel(db);
  await incidents.init();
  const row = (n: number, more: Partial<IncidentRow> = {}): IncidentRow =>
    ({
      ...{ _id: `i${n}`, applied: 1, boards: ['u open', 'u all'], heatKey: `${n} i${n}`, dueKey: `${9 - n} i${n}` },
      ...{ at: n, line: { title: `第 ${n} 件` }, heat: { rank: n / 2, units: {} }, text: '' },
      ...more,
    }) as unknown as IncidentRow;
  for (const n of [2, 1, 3, 4]) await incidents.put(row(n));
  await incidents.put(row(3, { applied: 5, boards: ['u all'] }));
  await incidents.put(row(3, { applied: 2 }));
  const page = async (board: string, sort: 'heat' | 'due', after?: string) =>
    (await incidents.board(board, { sort, after, limit: 2 })).map(({ _id }) => _id);
  expect(await page('u all', 'heat')).toEqual(['i4', 'i3']);
  expect(await page('u all', 'heat', '3 i3')).toEqual(['i2', 'i1']);
  expect(await page('u open', 'due')).toEqual(['i4', 'i2']);
  expect(await page('u open', 'due', '7 i2')).toEqual(['i1']);
  expect((await incidents.since('u all', 2, 10)).map(({ at }) => at)).toEqual([4, 3, 2]);
});

test('meetings are listed the latest first, and a page goes on where the last one ended', async () => {
  const { db } = await openStreams();
  const minutes = createMinutesModel(db);
  await minutes.init();
  const row = (n: number, applied = 1): MeetingRow =>
    ({
      _id: `m${n}`,
      unit: 'u',
      key: `2026-1${n} m${n}`,
      applied,
      line: { title: String(applied) },
    }) as unknown as MeetingRow;
  for (const n of [1, 0, 2]) await minutes.put(row(n));
  await minutes.put(row(1, 4));
  await minutes.put(row(1, 3));
  expect((await minutes.ofUnit('u', undefined, 2)).map(({ _id }) => _id)).toEqual(['m2', 'm1']);
  expect(await minutes.ofUnit('u', '2026-12 m2', 9)).toMatchObject([{ _id: 'm1', applied: 4 }, { _id: 'm0' }]);
});

test('what residents can find is found by code, unit, matter and mark, the newest first', async () => {
  const { db } = await openStreams();
  const responses = createResponsesModel(db);
  await responses.init();
  const open = (n: number, more: Partial<PublicRow> = {}): PublicRow =>
    ({
      ...{ _id: `r${n}`, applied: 2, code: `C${n}`, matter: 'm', scopes: ['u', `u${n}`], marks: [`${n}a`, `${n}b`] },
      ...{ updatedAt: `2026-11-2${n}`, view: { code: `C${n}` } },
      ...more,
    }) as unknown as PublicRow;
  for (const n of [1, 3, 2]) await responses.putPublic(open(n));
  await responses.putPublic(open(2, { applied: 1, scopes: [] })); // older: a slower process
  await expect(responses.putPublic(open(9, { code: 'C1' }))).rejects.toMatchObject({ code: 11_000 });
  const codes = async (found: Promise<{ code: string }[]>) => (await found).map(({ code }) => code);
  expect(await codes(responses.publicRecent(2))).toEqual(['C3', 'C2']);
  expect(await codes(responses.publicOfUnit('u2', 9))).toEqual(['C2']);
  expect(await codes(responses.publicOfMatter('m'))).toEqual(['C3', 'C2', 'C1']);
  expect((await responses.publicByMark('1b'))?.code).toBe('C1');
  expect((await responses.publicByCode('C3'))?.code).toBe('C3');
  const line = { applied: 1, code: 'C1', incident: 'i', kind: 'holding', title: 't', state: 'draft', n: 0 };
  for (const _id of ['b', 'a']) await responses.put({ ...line, _id } as unknown as ResponseRow);
  expect((await responses.ofIncident('i')).map(({ _id }) => _id)).toEqual(['a', 'b']);
});

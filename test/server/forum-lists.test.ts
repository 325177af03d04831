import * as v from 'valibot';
import { expect, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { forumPersonEvents, forumUnitEvents } from '#shared/forum/forum.events.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { startApp } from '../support/app.ts';
import { eventually, newId, nextEvent, signIn } from '../support/client.ts';
import { aRoom, messagesIn, opened, roomsOf, say, search } from '../support/rooms.ts';

test('whoever opens a room is told which of the unit are called so already, and of rooms by invitation nothing', async () => {
  const app = await startApp();
  await aRoom(app, { title: '防汛 值班' });
  await aRoom(app, { title: '防汛值班', unit: 'qingyang-street' });
  await aRoom(app, { title: '防汛值班（密）', kind: 'members' });
  const [admin, worker] = [await signIn(app, 'admin'), await signIn(app, 'worker')];
  const alike = { unit: app.unit('wenshu'), title: '防汛值班' };
  await app.app.consumers.settled();
  expect((await admin.done('forum:alike', alike))['titles']).toEqual(['防汛 值班']);
  expect((await admin.done('forum:alike', { ...alike, title: '防汛值班（密）' }))['titles']).toEqual([]);
  expect((await admin.done('forum:alike', { ...alike, title: '防汛' }))['titles']).toEqual([]);
  for (const [who, unit] of [
    [worker, 'wenshu'],
    [admin, 'jinjiang'],
  ] as const)
    expect(await who.request('forum:alike', { ...alike, unit: app.unit(unit) })).toMatchObject({
      error: { code: 'not_found' },
    });
});

test('the list shows each room with its last line, what is unread and where one is named', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const street = await aRoom(app, {
    unit: 'qingyang-street',
    title: '街道公告',
    kind: 'announce',
    audience: 'subtree',
  });
  const closed = await aRoom(app, { unit: 'qingyang-street', title: '街道值班' });
  const [worker, officer, moderator] = [
    await signIn(app, 'worker'),
    await signIn(app, 'officer'),
    await signIn(app, 'moderator'),
  ];
  await say(officer, room, '第一条');
  const named = await say(officer, room, '@李华 看一下', { mentions: [app.person('worker')] });
  await say(worker, room, '我自己的不算');
  await say(moderator, street, '今晚七点半开会');
  const lines = await roomsOf(worker);
  expect(lines.map((line) => line.id).sort()).toEqual([room, street].sort());
  expect(lines.find((line) => line.id === room)).toMatchObject({
    ...{ title: '社区工作群', unread: 2, mentions: 1, readSeq: 0, head: 4, post: true, remove: false },
    last: { text: '我自己的不算', actor: app.person('worker') },
  });
  expect(lines.find((line) => line.id === street)).toMatchObject({ unread: 1, post: false });
  expect(await worker.request('forum:post', { id: newId(), room: street, text: '收到' })).toMatchObject({
    error: { code: 'forbidden' },
  });
  expect((await roomsOf(moderator)).map((line) => line.id).sort()).toEqual([room, street, closed].sort());
  const one = await moderator.done('forum:rooms', { unit: app.unit('wenshu') });
  expect((one['rooms'] as { id: string }[]).map((line) => line.id)).toEqual([room]);

  const hinted = new Promise((resolve) => worker.socket.once('read:moved', resolve));
  await worker.done('forum:mark-read', { room, seq: named });
  expect(await hinted).toEqual({ stream: `room:${room}`, seq: named });
  await worker.done('forum:mark-read', { room, seq: 1 }); // never back
  const after = (await roomsOf(worker)).find((line) => line.id === room);
  expect(after).toMatchObject({ readSeq: named, unread: 0, mentions: 0 });
  // Nobody can tell from what is kept that somebody read something, or when.
  const stored = await opened(officer, room);
  expect(stored.map((event) => 'type' in event && event.type)).toEqual(['opened', 'posted', 'posted', 'posted']);
});

test('a pointer never passes the head', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  await worker.done('forum:mark-read', { room, seq: 999 });
  await say(officer, room, '新的一条');
  expect((await roomsOf(worker)).find((line) => line.id === room)).toMatchObject({ unread: 1 });
});

test('more than ninety-nine unread are counted no further', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  await Promise.all(Array.from({ length: 120 }, (_, i) => say(officer, room, `第 ${i} 条`)));
  expect((await roomsOf(worker)).find((line) => line.id === room)?.unread).toBe(100);
  const pages = [await messagesIn(worker, room, { limit: 100 })];
  pages.unshift(await messagesIn(worker, room, { before: pages[0]?.[0]?.seq, limit: 100 }));
  expect(pages.flat().map((message) => message.seq)).toEqual(Array.from({ length: 120 }, (_, i) => i + 2));
});

test('whoever is named finds a pointer in the inbox, once, also when an edit names them', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  const inbox = async () => {
    const answer = await worker.done('stream:open', { stream: `person:${app.person('worker')}`, have: 0 });
    return (answer['events'] as StreamEvent[]).filter((event) => event.type === 'forum.mentioned');
  };
  const people = [app.person('worker'), app.person('officer'), app.person('outsider')];
  const first = await say(officer, room, '@李华 到了吗', { mentions: people });
  const second = await say(officer, room, '三号院还有几位');
  const edit = { room, seq: second, text: '@李华 三号院还有几位', mentions: [app.person('worker')] };
  await officer.done('forum:edit', { id: newId(), ...edit });
  await officer.done('forum:edit', { id: newId(), ...edit, text: '@李华 三号院还有几位呢' });
  await say(officer, room, '好');
  const found = await eventually(async () => {
    const events = await inbox();
    return events.length >= 2 ? events : undefined;
  });
  for (const event of found) expect(v.is(forumPersonEvents['forum.mentioned'], event.data)).toBe(true);
  expect(found.map((event) => event.data)).toEqual([
    { stream: `room:${room}`, seq: first },
    { stream: `room:${room}`, seq: second },
  ]);
  // Who may not read the room is not told that they were named in it.
  const outsider = await signIn(app, 'outsider');
  const theirs = await outsider.done('stream:open', { stream: `person:${app.person('outsider')}`, have: 0 });
  expect((theirs['events'] as StreamEvent[]).map((event) => event.type)).not.toContain('forum.mentioned');
  expect((await messagesIn(worker, room)).find((message) => message.seq === second)).toMatchObject({ edited: true });
});

test('search in many rooms gives the newest hits of all, however they lie between the rooms (seed 1122)', async () => {
  const app = await startApp();
  const rooms = [await aRoom(app), await aRoom(app, { title: '二群' }), await aRoom(app, { title: '三群' })];
  const worker = await signIn(app, 'worker');
  const random = createRandom(1122);
  const hits: string[] = [];
  for (let n = 0; n < 150; n++) {
    const [first = '', second = ''] = rooms;
    // The first room falls silent early; the second ends with what has all keys and is no hit.
    const room = n < 40 ? first : n > 110 ? second : random.pick(rooms);
    const text = n <= 110 && random.below(3) > 0 ? `${n} 号楼停水了` : `${n} 号楼停水，来水了`;
    const seq = await say(worker, room, text);
    if (random.below(9) === 0) await worker.done('forum:retract', { id: newId(), room, seq });
    else if (text.includes('停水了')) hits.unshift(text);
  }
  const found = async (limit: number, room?: string) => {
    const answer = await worker.done('forum:search', { q: '停水了', limit, ...(room !== undefined && { room }) });
    return { texts: (answer['messages'] as { text: string }[]).map(({ text }) => text), more: answer['more'] };
  };
  expect(hits.length).toBeGreaterThan(50);
  for (const limit of [1, 7, 20, 50]) {
    expect(await found(limit)).toEqual({ texts: hits.slice(0, limit), more: hits.length > limit });
  }
  expect(await found(100)).toEqual({ texts: hits.slice(0, 100), more: false });
  expect((await found(5, rooms[1])).texts).toHaveLength(5);
});

test('search finds Chinese as it is written, newest first, and only what this person may read', async () => {
  const app = await startApp();
  const [room, other] = [await aRoom(app), await aRoom(app, { kind: 'members', people: ['officer'] })];
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  const first = await say(officer, room, '金马街３号院停水，送水车在文殊院街 5 号');
  const second = await say(worker, room, '3 号院還有五位要送水');
  await say(officer, other, '3号院的名单不要外传');
  const seqs = async (q: string, where?: string) => (await search(worker, q, where)).map((message) => message.seq);
  expect(await seqs('3号院')).toEqual([second, first]);
  expect(await seqs('送水')).toEqual([second, first]);
  expect(await seqs('送水车')).toEqual([first]);
  expect(await seqs('还有五位', room)).toEqual([second]);
  expect(await seqs('名单')).toEqual([]);
  expect(await search(officer, '名单')).toHaveLength(1);
  expect(await seqs('水', room)).toEqual([second, first]);
  expect(await worker.request('forum:search', { q: '水' })).toMatchObject({ error: { code: 'forum.query_too_short' } });
  await worker.done('forum:edit', { id: newId(), room, seq: second, text: '四号院也要' });
  expect(await seqs('3号院')).toEqual([first]);
  expect(await seqs('四号院')).toEqual([second]);
});

test('what is too long, empty or names what is not there is refused with its code', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const worker = await signIn(app, 'worker');
  const codeOf = async (more: object) =>
    (await worker.request('forum:post', { id: newId(), room, text: '好', ...more })).error?.code;
  expect(await codeOf({ text: '水'.repeat(2_731) })).toBe('bad_input');
  expect(await codeOf({ text: '水'.repeat(2_730) })).toBeUndefined();
  expect(await codeOf({ text: '  ' })).toBe('forum.empty');
  expect(await codeOf({ files: [newId()] })).toBe('forum.no_such_file');
  expect(await codeOf({ replyTo: 1 })).toBe('forum.no_such_message');
  expect(await codeOf({ replyTo: 99 })).toBe('forum.no_such_message');
  expect(await codeOf({ replyTo: 2 })).toBeUndefined();
  expect(await codeOf({ actor: app.person('officer') })).toBe('bad_input');
  expect(await codeOf({ text: { $ne: '' } })).toBe('bad_input');
});

test('after a restart the lists say the same', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  const seq = await say(officer, room, '七点');
  await officer.done('forum:edit', { id: newId(), room, seq, text: '七点半' });
  await worker.done('forum:react', { id: newId(), room, seq, emoji: '👍', on: true });
  const gone = await say(officer, room, '不说了');
  await officer.done('forum:retract', { id: newId(), room, seq: gone });
  await worker.done('forum:mark-read', { room, seq });
  const before = [await roomsOf(worker), await messagesIn(worker, room), await search(worker, '七点半')];
  await app.close();
  const again = await startApp({ folder: app.folder });
  const back = await signIn(again, 'worker');
  expect([await roomsOf(back), await messagesIn(back, room), await search(back, '七点半')]).toEqual(before);
});

test('a room that opens is told on the stream of its unit to whoever may read rooms there, one by invitation is not', async () => {
  const app = await startApp();
  const [worker, admin] = [await signIn(app, 'worker'), await signIn(app, 'admin')];
  const unit = app.unit('wenshu');
  const stream = `unit:${unit}`;
  const { seq: head } = await app.app.streams.head(stream);
  for (const client of [worker, admin]) await client.done('stream:open', { stream, have: head });
  const [open, secret] = [newId(), newId()];
  await admin.done('forum:create', { id: secret, unit, title: '几个人', kind: 'members', people: [] });
  await admin.done('forum:create', { id: open, unit, title: '新开的', kind: 'announce' });
  const told = await nextEvent(worker, 'forum.opened', stream);
  expect(told).toMatchObject({ seq: head + 1, data: { stream: `room:${open}`, seq: 1 } });
  expect('data' in told && v.is(forumUnitEvents['forum.opened'], told.data)).toBe(true);
  await app.app.consumers.settled();
  expect((await app.app.streams.head(stream)).seq).toBe(head + 1);
  expect(await eventually(() => admin.events.at(0))).toMatchObject({ seq: head + 1, withheld: true }); // rooms are not theirs
});

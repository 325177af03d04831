import { expect, test } from 'vitest';
import { sha256 } from '#server/platform/crypto.ts';
import { dataHash, eventHash, isWhole, type ErasedEvent, type StreamEvent } from '#shared/wire/stream.ts';
import { startApp } from '../support/app.ts';
import { eventually, newId, nextEvent, signIn } from '../support/client.ts';
import { aRoom, messagesIn, opened, roomsOf, say, search } from '../support/rooms.ts';

test('two people in a room see the same messages in the same order, and whoever comes back misses nothing', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const stream = `room:${room}`;
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  await opened(worker, room);
  await opened(officer, room);
  await Promise.all(Array.from({ length: 20 }, (_, i) => say(i % 2 === 0 ? worker : officer, room, `第 ${i + 1} 条`)));
  const seqsOf = (client: typeof worker) => client.events.map((event) => event.seq);
  await eventually(() => seqsOf(worker).length >= 20 && seqsOf(officer).length >= 20);
  expect(seqsOf(worker)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  expect(officer.events).toEqual(worker.events);

  officer.socket.disconnect();
  const last = await say(worker, room, '您不在时说的');
  const back = await signIn(app, 'officer');
  const missed = await opened(back, room, last - 1);
  expect(missed.map((event) => event.seq)).toEqual([last]);
  expect(await messagesIn(back, room)).toEqual(await messagesIn(worker, room));
  expect((await messagesIn(back, room, { before: 4, limit: 2 })).map((message) => message.seq)).toEqual([2, 3]);
  const over = await back.http(`forum/messages?room=${room}&before=4&limit=2`);
  expect(over.body['messages']).toEqual(await messagesIn(back, room, { before: 4, limit: 2 }));
  expect(await worker.done('stream:range', { stream, from: 1, to: 5 })).toMatchObject({ more: false });
});

test('the same command again is the first result; under the same id another content or person is refused', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  const post = { id: newId(), room, text: '收到' };
  const first = await worker.done('forum:post', post);
  expect(await worker.done('forum:post', post)).toEqual(first);
  expect((await worker.http('forum/post', post)).body).toEqual(first);
  expect(await worker.request('forum:post', { ...post, text: '没收到' })).toMatchObject({
    ok: false,
    error: { code: 'id_reused' },
  });
  const stolen = await officer.request('forum:post', post);
  expect(stolen).toMatchObject({ ok: false, error: { code: 'id_reused' } });
  expect(JSON.stringify(stolen)).not.toContain('收到');
  expect(await messagesIn(worker, room)).toHaveLength(1);
});

test('to somebody from elsewhere a room is not there, whatever they ask', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const worker = await signIn(app, 'worker');
  const seq = await say(worker, room, '内部安排');
  const outsider = await signIn(app, 'outsider');
  const at = { id: newId(), room, seq };
  const asked = {
    'forum:post': { id: newId(), room, text: '在吗' },
    'forum:edit': { ...at, text: '改' },
    'forum:retract': at,
    'forum:react': { ...at, emoji: '👍', on: true },
    'forum:mark-read': { room, seq },
    'forum:invite': { id: newId(), room, person: app.person('outsider') },
    'forum:remove': { id: newId(), room, person: app.person('worker') },
    'forum:messages': { room },
    'forum:search': { q: '安排', room },
    'stream:open': { stream: `room:${room}`, have: 0 },
    'stream:range': { stream: `room:${room}`, from: 1, to: 9 },
  };
  const unknown = newId();
  for (const [name, input] of Object.entries(asked)) {
    const refused = await outsider.request(name, input);
    expect(refused, name).toMatchObject({ ok: false, error: { code: 'not_found' } });
    // A room that never was gives the same words.
    const elsewhere = JSON.parse(JSON.stringify(input).replaceAll(room, unknown)) as object;
    expect(await outsider.request(name, elsewhere), name).toEqual(refused);
  }
  expect(await search(outsider, '安排')).toEqual([]);
  expect((await roomsOf(outsider)).map((line) => line.id)).not.toContain(room);
});

test('a retracted text leaves by no path, and the chain still verifies', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer] = [await signIn(app, 'worker'), await signIn(app, 'officer')];
  const before = await say(worker, room, '大家好');
  const seq = await say(worker, room, '身份证号 510105', { mentions: [app.person('officer')] });
  await worker.done('forum:edit', { id: newId(), room, seq, text: '身份证号 510106' });
  await officer.done('forum:react', { id: newId(), room, seq, emoji: '❓', on: true });
  expect(await search(officer, '身份证号')).toHaveLength(1);
  const whole = (await opened(officer, room)).filter(isWhole);
  await worker.done('forum:retract', { id: newId(), room, seq });
  await nextEvent(officer, 'retracted');

  const fresh = await signIn(app, 'worker2');
  const events = await opened(fresh, room);
  const seen = [
    ...[events, await messagesIn(fresh, room), await search(fresh, '身份证'), await search(fresh, '510106', room)],
    ...[await roomsOf(fresh), (await fresh.http(`forum/messages?room=${room}`)).body],
    (await fresh.done('stream:range', { stream: `room:${room}`, from: seq, to: seq + 1 }))['events'],
  ];
  expect(JSON.stringify(seen)).not.toContain('5101');
  expect((await messagesIn(fresh, room)).map((message) => [message.seq, message.retracted])).toEqual([
    [before, false],
    [seq, true],
  ]);
  expect((await roomsOf(fresh)).find((line) => line.id === room)?.last).toMatchObject({ seq: before, text: '大家好' });

  const post = events.find((event) => event.seq === seq) as ErasedEvent;
  const kept = whole.find((event) => event.seq === seq) as StreamEvent;
  expect(post).not.toHaveProperty('data');
  expect(post.dataHash).toBe(dataHash(sha256, kept.data));
  const { hash, ...rest } = post;
  expect(eventHash(sha256, rest)).toBe(hash);
});

test('a moderator takes down what somebody else wrote, with a reason that the author reads', async () => {
  const app = await startApp();
  const room = await aRoom(app);
  const [worker, officer, moderator] = [
    await signIn(app, 'worker'),
    await signIn(app, 'officer'),
    await signIn(app, 'moderator'),
  ];
  const seq = await say(worker, room, '某某家的电话');
  const take = (reason?: string) => ({ id: newId(), room, seq, ...(reason !== undefined && { reason }) });
  expect(await officer.request('forum:retract', take('不合适'))).toMatchObject({ error: { code: 'forbidden' } });
  expect(await moderator.request('forum:retract', take())).toMatchObject({ error: { code: 'forum.reason_needed' } });
  await opened(worker, room);
  await moderator.done('forum:retract', take('含他人电话'));
  expect(await nextEvent(worker, 'retracted')).toMatchObject({ data: { seq, reason: '含他人电话' } });
  const again = await worker.request('forum:edit', { id: newId(), room, seq, text: '再说一遍' });
  expect(again).toMatchObject({ error: { code: 'forum.retracted' } });
});

test('nobody removed from a members room gets anything that came after, live, by range or by search', async () => {
  const app = await startApp();
  const room = await aRoom(app, { kind: 'members', people: ['worker', 'worker2'], title: '金马街网格' });
  const [worker, worker2] = [await signIn(app, 'worker'), await signIn(app, 'worker2')];
  const admin = await signIn(app, 'admin');
  await opened(worker, room);
  await opened(worker2, room);
  await say(worker2, room, '之前说的话');
  const lost = new Promise((resolve) => worker.socket.once('stream:lost', resolve));
  const removal = { id: newId(), room, person: app.person('worker'), reason: '调到别的网格' };
  const storm = Array.from({ length: 30 }, (_, i) =>
    worker2.request('forum:post', { id: newId(), room, text: `${i}` }),
  );
  const left = (await admin.done('forum:remove', removal))['seq'] as number;
  await Promise.all(storm);
  const secret = await say(worker2, room, '之后说的话');
  await eventually(() => worker2.events.some((event) => event.seq === secret));
  expect(await lost).toEqual({ stream: `room:${room}` });
  expect(Math.max(...worker.events.map((event) => event.seq))).toBeLessThanOrEqual(left);
  for (const [name, input] of [
    ['stream:open', { stream: `room:${room}`, have: 0 }],
    ['stream:range', { stream: `room:${room}`, from: 1, to: 99 }],
    ['forum:messages', { room }],
    ['forum:search', { q: '之后', room }],
    ['forum:post', { id: newId(), room, text: '还在吗' }],
  ] as const) {
    expect(await worker.request(name, input), name).toMatchObject({ error: { code: 'not_found' } });
  }
  expect(await search(worker, '之后说的话')).toEqual([]);
  expect((await roomsOf(worker)).map((line) => line.id)).not.toContain(room);
  // The inbox says that it happened, and not what was written.
  const inbox = await eventually(async () => {
    const events = (await worker.done('stream:open', { stream: `person:${app.person('worker')}`, have: 0 }))['events'];
    return (events as StreamEvent[]).find((event) => event.type === 'forum.left');
  });
  expect(inbox.data).toEqual({ stream: `room:${room}`, seq: left });

  // Back again: from the new joining on, and what lay between stays shut.
  const joined = (await admin.done('forum:invite', { id: newId(), room, person: app.person('worker') }))[
    'seq'
  ] as number;
  const seqs = (await messagesIn(worker, room)).map((message) => message.seq);
  expect(seqs.some((seq) => seq > left && seq < joined)).toBe(false);
  const again = await opened(worker, room);
  expect(again.filter((event) => event.seq > left && event.seq < joined).every((event) => 'withheld' in event)).toBe(
    true,
  );
  expect(await search(worker, '之后说的话')).toEqual([]);
});

test('who joins a members room later starts there', async () => {
  const app = await startApp();
  const room = await aRoom(app, { kind: 'members', people: ['worker2'] });
  const [worker, worker2, admin] = [
    await signIn(app, 'worker'),
    await signIn(app, 'worker2'),
    await signIn(app, 'admin'),
  ];
  await say(worker2, room, '早先的话');
  const joined = (await admin.done('forum:invite', { id: newId(), room, person: app.person('worker') }))[
    'seq'
  ] as number;
  const answer = await worker.done('stream:open', { stream: `room:${room}`, have: 0 });
  expect(answer).toMatchObject({ floor: joined, head: joined });
  expect(await messagesIn(worker, room)).toEqual([]);
  expect((await roomsOf(worker)).find((line) => line.id === room)).toMatchObject({ unread: 0, kind: 'members' });
  await say(worker2, room, '欢迎');
  const line = (await roomsOf(worker)).find((one) => one.id === room);
  expect(line).toMatchObject({ unread: 1, last: { text: '欢迎' } });
});

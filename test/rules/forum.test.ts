import { describe, expect, test } from 'vitest';
import {
  decideCreate,
  decideEdit,
  decideInvite,
  decidePost,
  decideReact,
  decideRemove,
  decideRetract,
  EDIT_MS,
  emptyRoom,
  evolveRoom,
  mayInRoom,
  readableSpans,
  type RoomState,
  type Target,
} from '#shared/forum/forum.rules.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import {
  NOW,
  id,
  STREET,
  WENSHU,
  ROOM,
  person,
  worker,
  officer,
  moderator,
  admin,
  auditor,
  neighbour,
  asking,
  event,
  room,
  posted,
  post,
  type Facts,
} from '../support/forum-cast.ts';

describe('who reads', () => {
  test.each([
    ['a worker of the unit', worker, {}, true],
    ['a worker of a neighbouring unit', neighbour, {}, false],
    ['a worker below, where the audience is the unit', worker, { unit: STREET }, false],
    ['a worker below, where the audience is the subtree', worker, { unit: STREET, audience: 'subtree' }, true],
    ['a moderator above', moderator, {}, true],
    ['an auditor above', auditor, {}, true],
    ['an administrator', admin, {}, false],
    ['somebody in the unit but not among the members', worker, { kind: 'members' }, false],
    ['a member from elsewhere', neighbour, { kind: 'members', people: [person.other] }, true],
    ['a moderator who is no member', moderator, { kind: 'members' }, false],
    ['an auditor of the unit, in a members room', auditor, { kind: 'members' }, true],
    ['a member without any post that takes part', admin, { kind: 'members', people: [person.admin] }, false],
  ] as const)('%s: %#', (_, actor, facts, expected) => {
    const state = room(facts as Facts);
    expect(mayInRoom(state, 'room.read', asking(actor, state.unit))).toBe(expected);
  });

  test('a room that was never opened is nobody’s', () => {
    for (const actor of [worker, admin, auditor]) expect(post(emptyRoom(ROOM), actor)).toEqual({ failed: 'not_found' });
  });

  test('a member reads from joining to being removed, and nothing after it', () => {
    let state = room({ kind: 'members', people: [person.officer] });
    state = evolveRoom(state, event(5, 'joined', { person: person.worker }));
    expect(readableSpans(state, asking(worker))).toEqual([{ from: 5, to: null }]);
    state = evolveRoom(state, event(8, 'left', { person: person.worker }));
    expect(readableSpans(state, asking(worker))).toBeUndefined();
    state = evolveRoom(state, event(12, 'joined', { person: person.worker }));
    expect(readableSpans(state, asking(worker))).toEqual([
      { from: 5, to: 8 },
      { from: 12, to: null },
    ]);
  });
});

describe('posting', () => {
  test('members of the unit post; who cannot see the room is told it is not there', () => {
    expect(post(room(), worker)).toEqual({ type: 'posted', data: { text: '收到' } });
    expect(post(room(), neighbour)).toEqual({ failed: 'not_found' });
    expect(post(room(), auditor)).toEqual({ failed: 'forbidden' });
  });

  test('in an announcement room only those whose post it is', () => {
    const state = room({ kind: 'announce' });
    expect(post(state, worker)).toEqual({ failed: 'forbidden' });
    expect(post(state, officer)).toMatchObject({ type: 'posted' });
    expect(post(state, moderator)).toMatchObject({ type: 'posted' });
  });

  test('it needs text or a file, files that exist, and a message to answer that is there', () => {
    expect(post(room(), worker, { text: ' \n ' })).toEqual({ failed: 'forum.empty' });
    expect(post(room(), worker, { text: '', files: [id(50)] })).toMatchObject({ data: { files: [id(50)] } });
    const command = { id: id(9), room: ROOM, text: '好', files: [id(50)], replyTo: 2 };
    const missing = { ...asking(worker), found: { replyTo: undefined, files: undefined } };
    expect(decidePost(room(), command, missing)).toEqual({ failed: 'forum.no_such_file' });
    const noReply = { ...asking(worker), found: { replyTo: undefined, files: [] } };
    expect(decidePost(room(), command, noReply)).toEqual({ failed: 'forum.no_such_message' });
    const reply = { ...asking(worker), found: { replyTo: posted(), files: [] } };
    expect(decidePost(room(), command, reply)).toMatchObject({ data: { replyTo: 2 } });
  });

  test('names are kept once each', () => {
    const twice = [person.officer, person.officer];
    expect(post(room(), worker, { mentions: twice })).toMatchObject({ data: { mentions: [person.officer] } });
  });
});

describe('changing what was posted', () => {
  const edit = (state: RoomState, actor: Actor, target: Target) =>
    decideEdit(state, { id: id(9), room: ROOM, seq: 2, text: '改了' }, { ...asking(actor), target });
  const retract = (state: RoomState, actor: Actor, reason?: string) =>
    decideRetract(
      state,
      { id: id(9), room: ROOM, seq: 2, ...(reason !== undefined && { reason }) },
      { ...asking(actor), target: posted() },
    );

  test('the author edits for fifteen minutes', () => {
    const ago = (ms: number) => posted(person.worker, new Date(NOW.getTime() - ms));
    expect(edit(room(), worker, ago(EDIT_MS))).toEqual({ type: 'edited', data: { seq: 2, text: '改了' } });
    expect(edit(room(), worker, ago(EDIT_MS + 1))).toEqual({ failed: 'forum.too_late' });
    expect(edit(room(), officer, posted())).toEqual({ failed: 'forbidden' });
    expect(edit(room(), moderator, posted())).toEqual({ failed: 'forbidden' });
    expect(edit(room(), neighbour, posted())).toEqual({ failed: 'not_found' });
    expect(edit(room(), worker, undefined)).toEqual({ failed: 'forum.no_such_message' });
  });

  test('the author retracts whenever, a moderator with a reason, nobody else', () => {
    expect(retract(room(), worker)).toEqual({ type: 'retracted', data: { seq: 2 } });
    expect(retract(room(), moderator)).toEqual({ failed: 'forum.reason_needed' });
    expect(retract(room(), moderator, '含身份证号')).toMatchObject({ data: { reason: '含身份证号' } });
    expect(retract(room(), officer, '我不喜欢')).toEqual({ failed: 'forbidden' });
  });

  test('what was retracted can neither be edited, answered with a sign, nor retracted again', () => {
    const state = evolveRoom(room(), event(3, 'retracted', { seq: 2 }));
    const target = posted();
    expect(edit(state, worker, target)).toEqual({ failed: 'forum.retracted' });
    expect(retract(state, worker)).toEqual({ failed: 'forum.retracted' });
    const sign = { id: id(9), room: ROOM, seq: 2, emoji: '👍', on: true } as const;
    expect(decideReact(state, sign, { ...asking(worker), target })).toEqual({ failed: 'forum.retracted' });
    expect(decideReact(room(), sign, { ...asking(worker), target })).toMatchObject({ type: 'reacted' });
    expect(decideReact(room(), sign, { ...asking(auditor), target })).toEqual({ failed: 'forbidden' });
  });

  test('a member who joined later cannot point at what was there before', () => {
    let state = room({ kind: 'members', people: [person.officer] });
    state = evolveRoom(state, event(5, 'joined', { person: person.worker }));
    const sign = { id: id(9), room: ROOM, seq: 2, emoji: '👍', on: true } as const;
    expect(decideReact(state, sign, { ...asking(worker), target: posted(person.officer) })).toEqual({
      failed: 'forum.no_such_message',
    });
  });
});

describe('rooms and their members', () => {
  const create = { id: ROOM, unit: WENSHU, title: '金马街网格', kind: 'members' as const, people: [person.worker] };
  test('an administrator of the unit or above opens rooms', () => {
    expect(decideCreate(emptyRoom(ROOM), create, asking(admin))).toMatchObject({
      type: 'opened',
      data: { audience: 'unit', people: [person.worker] },
    });
    expect(decideCreate(emptyRoom(ROOM), { ...create, kind: 'open' }, asking(admin))).toMatchObject({
      data: { people: [] },
    });
    expect(decideCreate(emptyRoom(ROOM), create, asking(worker))).toEqual({ failed: 'forbidden' });
    expect(decideCreate(emptyRoom(ROOM), create, asking(neighbour))).toEqual({ failed: 'not_found' });
    expect(decideCreate(emptyRoom(ROOM), create, { ...asking(admin), path: [] })).toEqual({ failed: 'not_found' });
  });

  test('inviting and removing follow the table; leaving is everybody’s own', () => {
    const state = room({ kind: 'members', people: [person.worker] });
    const one = (name: keyof typeof person) => ({ id: id(9), room: ROOM, person: person[name] });
    expect(decideInvite(state, one('officer'), asking(admin))).toMatchObject({ type: 'joined' });
    expect(decideInvite(state, one('worker'), asking(admin))).toEqual({ failed: 'forum.already_member' });
    expect(decideInvite(state, one('officer'), asking(worker))).toEqual({ failed: 'forbidden' });
    expect(decideInvite(state, one('officer'), asking(neighbour))).toEqual({ failed: 'not_found' });
    expect(decideInvite(room(), one('officer'), asking(admin))).toEqual({ failed: 'forum.not_by_invitation' });
    expect(decideRemove(state, one('worker'), asking(moderator))).toEqual({ failed: 'forum.reason_needed' });
    expect(decideRemove(state, { ...one('worker'), reason: '调离' }, asking(moderator))).toMatchObject({
      type: 'left',
    });
    expect(decideRemove(state, one('officer'), asking(admin))).toEqual({ failed: 'forum.not_a_member' });
    expect(decideRemove(state, one('worker'), asking(worker))).toEqual({
      type: 'left',
      data: { person: person.worker },
    });
    expect(decideRemove(state, one('worker'), asking(officer))).toEqual({ failed: 'not_found' });
  });
});

import { expect, test } from 'vitest';
import {
  decideAsk,
  decideErase,
  decideWithdraw,
  emptyClosing,
  evolveClosing,
  pseudonym,
} from '#shared/people/closing.rules.ts';
import { ZERO_HASH, type StreamEvent } from '#shared/wire/stream.ts';
import { foldLaw } from '../support/laws.ts';

const PERSON = '01900000-0000-7000-8000-00000000abcd';
const at = '2026-11-24T08:00:00.000Z';
const event = (seq: number, type: string, data: unknown = {}): StreamEvent => ({
  ...{ stream: `person:${PERSON}`, seq, id: `event-${seq}`, type, actor: PERSON, at, data },
  ...{ prev: ZERO_HASH, hash: ZERO_HASH },
});

const LIFE = [
  event(1, 'people.enrolled', { login: 'ada', name: 'Ada' }),
  event(2, 'forum.mentioned', { stream: 'room:a', seq: 1 }),
  event(3, 'people.suspended', { reason: '离岗' }),
  event(4, 'people.reactivated', { reason: '返岗' }),
  event(5, 'people.closing_asked'),
  event(6, 'people.closing_withdrawn'),
  event(7, 'people.closing_asked'),
];
const END = event(8, 'people.erased', { erases: [1, 3, 4], login: 'mark' });
const asking = LIFE.reduce(evolveClosing, emptyClosing());
const none = { posts: [], login: 'mark' };

test('what is to be erased is known wherever a reader joins, and to one who finds it erased already', () => {
  const rules = { initial: emptyClosing, evolve: evolveClosing };
  foldLaw(rules, [...LIFE, END]);
  expect(asking).toEqual({ asked: at, erased: false, personal: [1, 3, 4] });
  const blanked = LIFE.map(({ data: _data, ...rest }) => rest as StreamEvent);
  expect(blanked.reduce(evolveClosing, emptyClosing())).toEqual(asking);
});

test('the end is asked for once, taken back while it has not come, and is what was asked for', () => {
  const fresh = emptyClosing();
  expect(decideAsk(fresh, [{ role: 'worker' }])).toMatchObject({ type: 'people.closing_asked' });
  expect(decideAsk(asking, [])).toMatchObject({ failed: 'people.already_so' });
  expect(decideWithdraw(asking)).toMatchObject({ type: 'people.closing_withdrawn' });
  expect(decideWithdraw(fresh)).toMatchObject({ failed: 'people.already_so' });
  expect(decideErase(asking, none)).toEqual({ type: END.type, data: END.data });
  for (const state of [fresh, evolveClosing(asking, event(8, 'people.closing_withdrawn')), evolveClosing(asking, END)])
    expect(decideErase(state, none)).toMatchObject({ failed: 'people.not_asked' });
});

test.each(['officer', 'spokesperson', 'approver', 'moderator', 'auditor', 'admin'] as const)(
  'the post of %s is handed over first',
  (role) => {
    const posts = [{ role: 'worker' as const }, { role }];
    expect(decideAsk(emptyClosing(), posts)).toMatchObject({ failed: 'people.posts_held' });
    expect(decideErase(asking, { ...none, posts })).toMatchObject({ failed: 'people.posts_held' });
  },
);

test('the name that stays says nothing, and is the same every time', () => {
  expect(pseudonym(PERSON)).toBe('用户#00043981');
  expect(pseudonym('01900000-0000-7000-8000-ffffffffffff')).toMatch(/^用户#\d{8}$/);
});

import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  decideCreate,
  decideEdit,
  decideInvite,
  decideReact,
  decideRemove,
  decideRetract,
  emptyRoom,
  evolveRoom,
  readableSpans,
  roomRules,
} from '#shared/forum/forum.rules.ts';
import { ROOM_KINDS, ROOM_READ_POLICY, roomEvents } from '#shared/forum/forum.events.ts';
import { isFailure } from '#shared/wire/error.ts';
import type { EventDraft } from '#shared/wire/stream.ts';
import {
  id,
  WENSHU,
  ROOM,
  person,
  worker,
  officer,
  admin,
  neighbour,
  asking,
  event,
  room,
  posted,
  post,
} from '../support/forum-cast.ts';
import { foldLaw } from '../support/laws.ts';

describe('laws', () => {
  const people = fc.constantFrom(...Object.values(person));
  const seq = fc.integer({ min: 1, max: 12 });
  const text = fc.string({ maxLength: 12 });
  const draft: fc.Arbitrary<EventDraft> = fc.oneof(
    fc.record({ type: fc.constant('posted'), data: fc.record({ text }) }),
    fc.record({ type: fc.constant('edited'), data: fc.record({ seq, text }) }),
    fc.record({ type: fc.constant('retracted'), data: fc.record({ seq }) }),
    fc.record({
      type: fc.constant('reacted'),
      data: fc.record({ seq, emoji: fc.constantFrom('👍', '✅', '❓'), on: fc.boolean() }),
    }),
    fc.record({ type: fc.constant('joined'), data: fc.record({ person: people }) }),
    fc.record({ type: fc.constant('left'), data: fc.record({ person: people }) }),
  );
  const opening = fc.record({
    unit: fc.constant(WENSHU),
    title: text,
    kind: fc.constantFrom(...ROOM_KINDS),
    audience: fc.constantFrom('unit', 'subtree'),
    people: fc.uniqueArray(people),
  });
  const history = fc
    .tuple(opening, fc.array(draft, { maxLength: 12 }))
    .map(([data, drafts]) => [event(1, 'opened', data), ...drafts.map((one, i) => event(i + 2, one.type, one.data))]);

  test('every type of event has a schema, a read policy, and what is decided fits its schema', () => {
    expect(Object.keys(ROOM_READ_POLICY).sort()).toEqual(Object.keys(roomEvents).sort());
    const decided = [
      decideCreate(emptyRoom(ROOM), { id: ROOM, unit: WENSHU, title: '群', kind: 'open' }, asking(admin)),
      post(room(), worker, { mentions: [person.officer], files: [id(50)] }),
      decideEdit(room(), { id: id(9), room: ROOM, seq: 2, text: '改' }, { ...asking(worker), target: posted() }),
      decideRetract(room(), { id: id(9), room: ROOM, seq: 2 }, { ...asking(worker), target: posted() }),
      decideReact(
        room(),
        { id: id(9), room: ROOM, seq: 2, emoji: '👍', on: false },
        { ...asking(worker), target: posted() },
      ),
      decideInvite(room({ kind: 'members' }), { id: id(9), room: ROOM, person: person.worker }, asking(admin)),
      decideRemove(
        room({ kind: 'members', people: [person.worker] }),
        { id: id(9), room: ROOM, person: person.worker },
        asking(worker),
      ),
    ];
    for (const one of decided) {
      if (isFailure(one)) throw new Error(one.failed);
      expect(v.safeParse(v.strictObject(roomEvents[one.type].entries), one.data).success, one.type).toBe(true);
    }
    expect(decided).toHaveLength(Object.keys(roomEvents).length);
  });

  test('state before + events = fresh state, for every event type', () => {
    fc.assert(
      fc.property(history, (events) => {
        foldLaw(roomRules, events);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('nobody removed from a members room is given a seq after the removal', () => {
    fc.assert(
      fc.property(history, (events) => {
        const state = events.reduce(evolveRoom, emptyRoom(ROOM));
        if (state.kind !== 'members') return;
        for (const actor of [worker, officer, neighbour]) {
          const moves = events.filter(
            (one) =>
              one.type === 'opened' ||
              ((one.type === 'left' || one.type === 'joined') &&
                (one.data as { person: string }).person === actor.person),
          );
          const spans = readableSpans(state, asking(actor));
          if (moves.at(-1)?.type === 'left') expect(spans).toBeUndefined();
          for (const span of spans ?? []) expect(span.from).toBeGreaterThan(0);
        }
      }),
      { seed: 8, numRuns: 200 },
    );
  });
});

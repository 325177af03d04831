import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EMOJI } from '#shared/forum/forum.emoji.ts';
import { evolveMessages, messageSeqOf, toLast } from '#shared/forum/forum.messages.rules.ts';
import type { Message } from '#shared/forum/forum.schema.ts';
import { ZERO_HASH, type StreamEvent, type WireEvent } from '#shared/wire/stream.ts';
import { foldLaw } from '../support/laws.ts';

const ROOM = '0192d3a0-0000-7000-8000-000000000001';
const ID = '0192d3a0-0000-7000-8000-00000000000';
const [ANN, BO] = [`${ID}a`, `${ID}b`];

function event(seq: number, type: string, data: unknown, actor: string = ANN): StreamEvent {
  const at = `2026-11-22T06:05:${String(seq).padStart(2, '0')}.000Z`;
  return {
    stream: `room:${ROOM}`,
    seq,
    id: `${ID}${seq % 10}`,
    type,
    actor,
    at,
    data,
    prev: ZERO_HASH,
    hash: ZERO_HASH,
  };
}
const erased = ({ data: _data, ...rest }: StreamEvent): WireEvent => ({ ...rest, dataHash: ZERO_HASH });
const all = (events: readonly WireEvent[]) => events.reduce(evolveMessages, new Map<number, Message>());

test('a message carries what was said, named and answered', () => {
  const messages = all([
    event(1, 'posted', { text: '3 号院还有几位？', mentions: [BO], files: [] }),
    event(2, 'posted', { text: '5 位', replyTo: 1 }, BO),
    event(3, 'reacted', { seq: 2, emoji: '👍', on: true }),
    event(4, 'reacted', { seq: 2, emoji: '👍', on: true }),
    event(5, 'reacted', { seq: 2, emoji: '👍', on: true }, BO),
    event(6, 'reacted', { seq: 2, emoji: '🙏', on: true }),
    event(7, 'reacted', { seq: 2, emoji: '🙏', on: false }),
  ]);
  expect([...messages.keys()]).toEqual([1, 2]);
  expect(messages.get(1)).toMatchObject({ text: '3 号院还有几位？', mentions: [BO], edited: false });
  expect(messages.get(2)).toMatchObject({ replyTo: 1, reactions: [{ emoji: '👍', people: [ANN, BO] }] });
});

test('an edit keeps the earlier wording and the names of both', () => {
  const messages = all([
    event(1, 'posted', { text: '七点', mentions: [ANN] }),
    event(2, 'edited', { seq: 1, text: '七点半', mentions: [BO] }),
    event(3, 'edited', { seq: 1, text: '八点' }),
  ]);
  expect(messages.get(1)).toMatchObject({ text: '八点', edited: true, mentions: [ANN, BO] });
  expect(messages.get(1)?.edits.map((edit) => edit.text)).toEqual(['七点', '七点半']);
});

test('a retraction leaves the place and the author, and takes all words along', () => {
  const said = event(1, 'posted', { text: '秘密', replyTo: 9, mentions: [BO], files: [ANN] });
  const events = [
    said,
    event(2, 'edited', { seq: 1, text: '还是秘密' }),
    event(3, 'reacted', { seq: 1, emoji: '👍', on: true }, BO),
    event(4, 'retracted', { seq: 1 }),
    event(5, 'edited', { seq: 1, text: '又来' }),
    event(6, 'reacted', { seq: 1, emoji: '👍', on: true }, BO),
  ];
  const message = all(events).get(1);
  expect(message).toMatchObject({ seq: 1, actor: ANN, text: '', files: [], reactions: [], edits: [], retracted: true });
  expect(JSON.stringify(message)).not.toContain('秘密');
  expect(message).not.toHaveProperty('replyTo');
  // Whoever comes later gets the erased events and must end up with the same.
  const later = all([erased(said), ...events.slice(1).map((one) => (one.type === 'edited' ? erased(one) : one))]);
  expect(later.get(1)).toEqual(message);
});

test('what is withheld, unknown or about something not held changes nothing', () => {
  const before = all([event(1, 'posted', { text: '好' })]);
  const { stream, prev, hash } = event(2, 'x', {});
  const others: WireEvent[] = [
    { stream, seq: 2, prev, hash, withheld: true },
    event(3, 'edited', { seq: 77, text: '?' }),
    event(4, 'joined', { person: BO }),
    event(5, 'pinned', { seq: 1 }),
  ];
  for (const other of others) expect(evolveMessages(before, other)).toBe(before);
});

test('the last line is one line, cut by characters and not through one', () => {
  const message = all([event(1, 'posted', { text: `一行\n两行  ${'😀'.repeat(200)}` })]).get(1);
  const last = message && toLast(message);
  expect(last?.text.startsWith('一行 两行 😀')).toBe(true);
  expect(Array.from(last?.text ?? '').length).toBeLessThanOrEqual(120);
  expect(last?.text).not.toMatch(/\p{Surrogate}/u);
});

test('a message of files alone is shown by their names in the list, and by its words where it has some', () => {
  const [photo, list] = ['00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b'];
  const files = { files: [photo, list], fileFacts: [{ id: photo, name: '现场.jpg' }, { id: list }] };
  const lastOf = (text: string): string | undefined => {
    const message = all([event(1, 'posted', { text, ...files })]).get(1);
    return message && toLast(message).text;
  };
  expect(lastOf('')).toBe('📎 现场.jpg');
  expect(lastOf('请看')).toBe('请看');
});

const seq = fc.integer({ min: 1, max: 10 });
const text = fc.string({ maxLength: 8 });
const draft = fc.oneof(
  fc.record({ type: fc.constant('posted'), data: fc.record({ text }) }),
  fc.record({ type: fc.constant('edited'), data: fc.record({ seq, text }) }),
  fc.record({ type: fc.constant('retracted'), data: fc.record({ seq }) }),
  fc.record({
    type: fc.constant('reacted'),
    data: fc.record({ seq, emoji: fc.constantFrom(...EMOJI), on: fc.boolean() }),
  }),
);
const history = fc
  .array(fc.tuple(draft, fc.constantFrom(ANN, BO)), { maxLength: 15 })
  .map((drafts) => drafts.map(([one, actor], i) => event(i + 1, one.type, one.data, actor)));

test('messages before + events = fresh messages, for every event type', () => {
  const rules = {
    initial: (): Record<string, Message> => ({}),
    evolve: (held: Record<string, Message>, one: StreamEvent): Record<string, Message> => {
      const map = new Map(Object.entries(held).map(([key, message]) => [Number(key), message]));
      return Object.fromEntries(evolveMessages(map, one));
    },
  };
  fc.assert(
    fc.property(history, (events) => {
      foldLaw(rules, events);
    }),
    { seed: 11, numRuns: 200 },
  );
});

test('the same event twice changes nothing the second time', () => {
  fc.assert(
    fc.property(history, (events) => {
      const once = all(events);
      for (const one of events) if (one.type === 'posted') expect(evolveMessages(once, one)).toBe(once);
      const last = events.at(-1);
      if (last !== undefined && last.type !== 'edited') expect(all([...events, last])).toEqual(once);
    }),
    { seed: 12, numRuns: 200 },
  );
});

test('every change names the message it is about', () => {
  fc.assert(
    fc.property(history, (events) => {
      for (const one of events) expect(messageSeqOf(one)).toBeTypeOf('number');
    }),
    { seed: 13, numRuns: 50 },
  );
});

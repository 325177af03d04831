import { expect, test } from 'vitest';
import { createForumModel } from '#server/forum/forum.model.ts';
import { createForumProjection } from '#server/forum/forum.project.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { newId } from '../support/client.ts';
import { openStreams } from '../support/streams.ts';

const [ANN, BO] = [newId(), newId()];

async function aHistory() {
  const { streams, db } = await openStreams();
  const model = createForumModel(db);
  await model.init();
  const room = newId();
  const events: StreamEvent[] = [];
  const say = async (type: string, data: object, actor = ANN): Promise<void> => {
    events.push(await streams.append(`room:${room}`, { id: newId(), type, actor, data }));
  };
  await say('opened', { unit: newId(), title: '网格', kind: 'members', audience: 'unit', people: [ANN] });
  await say('posted', { text: '三号院停水' });
  await say('joined', { person: BO });
  await say('posted', { text: '送水车在路上', mentions: [BO] });
  await say('edited', { seq: 2, text: '三号院停水了' });
  await say('reacted', { seq: 2, emoji: '👍', on: true }, BO);
  await say('posted', { text: '写错了' }, BO);
  await say('retracted', { seq: 7 }, BO);
  await say('left', { person: BO });
  const projection = createForumProjection({ streams, model });
  const rows = async () => ({
    rooms: await model.rooms([room]),
    messages: await model.newestIn(room, { from: 1, to: 99 }, 99),
    members: await model.members([`${room}:${ANN}`, `${room}:${BO}`]),
    found: await model.withKeys(room, ['停水'], { from: 1, to: 99 }, 99),
  });
  return { model, projection, events, rows, room };
}

test('however its events arrive, in parts, again or with holes, a room ends up the same', async () => {
  const { model, projection, events, rows, room } = await aHistory();
  await projection.handle(events);
  const whole = await rows();
  expect(whole.rooms).toMatchObject([{ applied: 9, last: { seq: 4, text: '送水车在路上' } }]);
  expect(whole.messages.map((row) => [row.seq, row.text, row.retracted])).toEqual([
    [7, '', true],
    [4, '送水车在路上', false],
    [2, '三号院停水了', false],
  ]);
  expect(whole.found.map((row) => row.seq)).toEqual([2]);
  expect(whole.members.find((row) => row.person === BO)).toMatchObject({ in: false, spans: [{ from: 3, to: 9 }] });

  const arrivals: StreamEvent[][][] = [
    events.map((event) => [event]),
    [events.slice(0, 4), events.slice(2, 6), events.slice(1)],
    [events.slice(0, 3), events.slice(6)], // what lies between was written by another process
    [events.slice(8)],
    [events, events],
  ];
  for (const arrival of arrivals) {
    await model.clear();
    for (const batch of arrival) await projection.handle(batch);
    expect(await rows()).toEqual(whole);
  }
  await model.clear();
  await Promise.all([projection.bring(room), projection.handle(events), projection.bring(room)]);
  expect(await rows()).toEqual(whole);
});

test('a pointer only moves forward, and is not cleared with what can be made again', async () => {
  const { model, room } = await aHistory();
  await Promise.all([5, 2, 9, 7].map((seq) => model.point(ANN, room, seq)));
  await model.clear();
  expect(await model.pointersOf(ANN, [room, newId()])).toEqual(new Map([[room, 9]]));
});

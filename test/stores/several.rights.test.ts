import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createFollow } from '#server/platform/follow.ts';
import { eventually, newId } from '../support/client.ts';
import { openSeveral, said, sayIn, seqsOf, type Process } from '../support/several.ts';

const SOON = 1_500; // ms: a look each 0.4 s on a busy machine, and well below the two seconds between two whole rounds

/* Several processes write to one store: a right that one has taken is gone on all, by order and not by notification. */

test('a right that another process took is known before anything goes on, whatever the bus says', async () => {
  const { first, second, processes } = await openSeveral({ bus: 'silent' });
  for (const { streams } of processes) await sayIn(streams, 'before');
  const { event } = await sayIn(first.streams, 'out', { type: 'removed' });
  await second.streams.current?.();
  expect(second.told.at(-1)?.event).toEqual(event);
  await Promise.all(processes.map(({ streams }, i) => streams.add(`room:${i}`, said(i, 'removed'))));
  for (const process of processes) {
    await process.streams.current?.();
    for (let i = 0; i < 3; i++) expect(seqsOf(process, `room:${i}`)).toEqual([1]);
  }
});

test('a right that another process took is known soon where nobody asks and a bus that went silent still seems to be up', async () => {
  const { first, second } = await openSeveral({ bus: 'silent' });
  await second.follow();
  for (let n = 1; n <= 3; n++) {
    const began = performance.now();
    await sayIn(first.streams, '除名', { type: 'removed' });
    await eventually(() => seqsOf(second, 'room:a').includes(n), 10_000);
    // From the second time on it is a whole round, two seconds, until everything is looked for again.
    expect(performance.now() - began).toBeLessThan(SOON);
  }
});

test('where the store cannot say what was taken, nothing goes on, and it is known once it can', async () => {
  let broken = false;
  const { first, second } = await openSeveral({
    bus: 'silent',
    wrap: (model, process) => ({
      ...model,
      above: async (...asked) => {
        if (broken && process === 1) throw new Error('the store is away');
        return model.above(...asked);
      },
    }),
  });
  await sayIn(first.streams, 'out', { type: 'removed' });
  broken = true;
  await expect(second.streams.current?.()).rejects.toThrow('the store is away');
  expect(second.told).toEqual([]);
  broken = false;
  await second.streams.current?.();
  expect(seqsOf(second, 'room:a')).toEqual([1]);
});

test('who repeats a command whose writer died half-way makes the taken right known to all', async () => {
  const { first, second, third } = await openSeveral({
    bus: 'silent',
    wrap: (model, process) => ({
      ...model,
      insert: (row) =>
        process === 0 && row.stream === 'access:all' ? Promise.reject(new Error('dead')) : model.insert(row),
    }),
  });
  const id = newId();
  await expect(sayIn(first.streams, 'out', { id, type: 'removed' })).rejects.toMatchObject({ code: 'storage' });
  await third.streams.current?.();
  expect(third.told).toEqual([]); // acknowledged to nobody
  expect(await sayIn(second.streams, 'out', { id, type: 'removed' })).toMatchObject({ repeated: true });
  await third.streams.current?.();
  expect(third.told.map(({ event }) => event.id)).toContain(id);
});

/** Somebody who follows a room on one process until they are removed there; what they were sent of it. */
async function follows({ streams }: Process, stream: string) {
  let version = 0;
  const sent: number[] = [];
  const lost: string[] = [];
  const reader = { floor: 1, view: <Event>(event: Event) => event };
  const follow = createFollow({
    streams,
    readers: { room: () => Promise.resolve(version === 0 ? reader : undefined) },
    access: { version: () => version },
    send: (_, events) => sent.push(...events.map(({ seq }) => seq)),
    log: pino({ level: 'silent' }),
  });
  streams.onCommitted((event) => {
    if (event.type === 'removed') version++;
    follow.announce(event);
  });
  const actor = () => Promise.resolve({ person: 'eve', appointments: [], delegations: [] });
  const follower = { actor, lost: (of: string) => lost.push(of) };
  await follow.open(follower, { stream, have: 0 });
  return { sent, lost, read: () => follow.range(follower, { stream, from: 1, to: 9 }) };
}

test('what was said after another process took a right comes to nobody who lost it, though it is heard of first', async () => {
  const { first, second } = await openSeveral({ bus: 'silent' });
  const eve = await follows(second, 'room:a');
  await first.streams.add('room:a', said('for all'));
  await second.streams.hear('room:a');
  await eventually(() => eve.sent.length === 1);
  await first.streams.add('person:eve', said(null, 'removed'));
  await first.streams.add('room:a', said('no more for Eve'));
  await second.streams.hear('room:a'); // and nothing else
  await eventually(() => eve.lost.length === 1);
  expect(eve.sent).toEqual([1]);
});

test.each(['before', 'while'])(
  'who asks for a page gets none where another process took their right %s it is read',
  async (when) => {
    const on: { reading?: () => Promise<unknown> } = {};
    const { first, second } = await openSeveral({
      bus: 'down',
      wrap: (model, process) => ({
        ...model,
        range: async (...asked) => {
          const found = await model.range(...asked);
          if (process === 1) await on.reading?.();
          return found;
        },
      }),
    });
    await first.streams.add('room:a', said());
    const eve = await follows(second, 'room:a');
    expect((await eve.read()).events).toHaveLength(1);
    const remove = () => first.streams.add('person:eve', said(null, 'removed'));
    if (when === 'before') await remove();
    else on.reading = remove;
    await expect(eve.read()).rejects.toMatchObject({ code: 'not_found' });
  },
);

import { expect, test } from 'vitest';
import { newId } from '../support/client.ts';
import { openSeveral, said, sayIn, seqsOf } from '../support/several.ts';

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

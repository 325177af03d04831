import { expect, test } from 'vitest';
import { createFold } from '#server/platform/fold.ts';
import type { Streams } from '#server/platform/streams.ts';
import { newId } from '../support/client.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

const counter = {
  kind: 'room',
  initial: () => ({ said: 0 }),
  evolve: (state: { said: number }) => ({ said: state.said + 1 }),
};

const say = (streams: Streams) =>
  streams.inTurn('room:a', () => streams.append('room:a', { id: newId(), type: 'said', actor: 'ada', data: null }));

/** A hub that has just started on a room of 1,200 events; `whenReading` runs before each page is read. */
async function afterRestart() {
  const folder = await temporaryFolder();
  const first = await openStreams({ folder });
  await Promise.all(Array.from({ length: 1_200 }, () => say(first.streams)));
  await first.close();
  const pages: number[] = [];
  const on: { whenReading?: () => Promise<unknown> } = {};
  const { streams } = await openStreams({
    folder,
    wrap: (model) => ({
      ...model,
      range: async (...asked) => {
        const then = on.whenReading;
        delete on.whenReading;
        await then?.();
        const found = await model.range(...asked);
        pages.push(found.length);
        return found;
      },
    }),
  });
  return { streams, fold: createFold(streams, counter), pages, on };
}

test('everybody who opens a room after a restart shares one reading of it', async () => {
  const { fold, pages } = await afterRestart();
  const states = await Promise.all(Array.from({ length: 50 }, () => fold.load('a')));
  for (const { state, seq } of states) expect({ ...state, seq }).toEqual({ said: 1_200, seq: 1_200 });
  expect(pages).toEqual([500, 500, 200]);
});

test('who joins a reading under way still sees what was committed before they asked', async () => {
  const { streams, fold, on } = await afterRestart();
  let second: Promise<{ seq: number }> | undefined;
  on.whenReading = async () => {
    await say(streams);
    second = fold.load('a');
  };
  expect(await fold.load('a')).toMatchObject({ seq: 1_200 }); // the head as it was when they asked
  expect(await second).toMatchObject({ seq: 1_201 });
});

test('a reading that failed is not kept: the next one who asks gets the state', async () => {
  const { fold, on } = await afterRestart();
  on.whenReading = () => Promise.reject(new Error('EIO'));
  await expect(fold.load('a')).rejects.toThrow('EIO');
  expect(await fold.load('a')).toMatchObject({ seq: 1_200 });
});

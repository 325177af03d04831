import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { createLag } from '#server/platform/lag.ts';
import { chance } from '../support/yjs-fuzz.ts';

/** Streams as heads, rows as what was written of them, and how often. Reading and writing take turns of the loop. */
function createRows() {
  const heads = new Map<string, number>();
  const rows = new Map<string, number>();
  let commit: (event: StreamEvent) => void = () => undefined;
  let writes = 0;
  const lag = createLag({
    streams: { onCommitted: (listener) => (commit = (event) => { listener(event, 0); }) }, // prettier-ignore
    kind: 'incident',
    write: async (id) => {
      await nextTurn();
      const seq = heads.get(id) ?? 0;
      await nextTurn();
      rows.set(id, Math.max(rows.get(id) ?? 0, seq));
      writes++;
      return seq;
    },
  });
  return {
    lag,
    rows,
    heads: () => new Map(heads),
    writes: () => writes,
    append: (id: string): StreamEvent => {
      const seq = (heads.get(id) ?? 0) + 1;
      heads.set(id, seq);
      const event = { stream: `incident:${id}`, seq } as StreamEvent;
      commit(event);
      return event;
    },
  };
}

it('who asks sees everything committed before, whatever else is written meanwhile (60 seeds)', async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const below = chance(seed);
    const { lag, rows, heads, append } = createRows();
    const asked: Promise<void>[] = [];
    for (let step = 0; step < 80; step++) {
      const what = below(5);
      if (what < 2) append(`i${below(6)}`);
      else if (what === 2) await nextTurn();
      else if (what === 3) void lag.handle([append(`i${below(6)}`)]);
      else {
        const then = heads();
        const isThere = lag.current().then(() => {
          for (const [id, seq] of then) expect(rows.get(id), `seed ${seed}, ${id}`).toBeGreaterThanOrEqual(seq);
        });
        asked.push(isThere);
      }
    }
    await Promise.all(asked);
  }
});

it('two hundred who ask at once cost two hundred writes, not forty thousand', async () => {
  const { lag, append, writes } = createRows();
  for (let n = 0; n < 200; n++) append(`i${n}`);
  await Promise.all(Array.from({ length: 200 }, () => lag.current()));
  expect(writes()).toBeLessThanOrEqual(400);
});

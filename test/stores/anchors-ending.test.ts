import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ANCHORS } from '#server/platform/anchors.ts';
import { systemClock } from '#server/platform/clock.ts';
import { createLog } from '#server/platform/log.ts';
import { loadSigner } from '#server/platform/signing.ts';
import { anchorRegularly } from '#server/records.ts';
import { eventually, newId } from '../support/client.ts';
import { openStreams } from '../support/streams.ts';

/* Anchors of a hub that ends: nobody waits for one of a large store, and what was begun leaves nothing behind. */

const NAMES = ['room:a', 'room:b', 'unit:c', 'meeting:d'];

/** A record whose reading for an anchor stops at its third stream until the test lets it go on. */
async function slowly() {
  const gate = { reads: 0, open: (): void => undefined };
  const opened = new Promise<void>((resolve) => (gate.open = resolve));
  const { streams, folder } = await openStreams({
    wrap: (model) => ({
      ...model,
      headBefore: async (name) => {
        if (++gate.reads === 3) await opened;
        return model.headBefore(name);
      },
    }),
  });
  const post = (stream: string) => streams.append(stream, { id: newId(), type: 'posted', actor: 'system', data: {} });
  await Promise.all(NAMES.map((name) => streams.inTurn(name, () => post(name))));
  const signer = await loadSigner(path.join(folder, 'secrets'));
  const anchors = path.join(folder, 'anchors');
  const kept = anchorRegularly({ clock: systemClock, config: { anchors }, log: createLog('silent'), streams }, signer);
  return { gate, kept, streams, anchors };
}

test('a hub that drains leaves the anchor under way, and the last one says what it would have', async () => {
  const { gate, kept, streams, anchors } = await slowly();
  kept.begin();
  await eventually(() => gate.reads === 3);
  const stopped = kept.stop();
  gate.open();
  await stopped;
  expect(gate.reads).toBe(3); // nothing more was read for it
  expect(await readdir(anchors)).toEqual([]);
  expect((await streams.head(ANCHORS)).seq).toBe(0);
  await kept.lastAnchor();
  expect(await readdir(anchors)).toHaveLength(1);
  expect((await streams.head(ANCHORS)).seq).toBe(1);
});

test('what an anchor left that was never finished is removed at the start, and nothing else', async () => {
  const { streams, folder } = await openStreams();
  const signer = await loadSigner(path.join(folder, 'secrets'));
  const anchors = path.join(folder, 'anchors');
  await mkdir(anchors);
  const [young, old, ...others] = [`.${newId()}`, `.${newId()}`, '.keep', '2026-01-01T00-00-00.000Z.jsonl'];
  for (const name of [young, old, ...others]) await writeFile(path.join(anchors, name), '');
  for (const name of [old, ...others]) await utimes(path.join(anchors, name), 0, 0);
  await anchorRegularly({ clock: systemClock, config: { anchors }, log: createLog('silent'), streams }, signer).stop();
  expect((await readdir(anchors)).sort()).toEqual([young, ...others].sort());
});

import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { told, withStore } from '#server/cli/store.ts';
import { walk } from '#server/platform/chains.ts';
import type { EventRow } from '#server/platform/streams.model.ts';
import { cookieFor, eventually } from '../support/client.ts';
import { environmentOf, startHub } from '../support/hub.ts';
import { faultsOf, goToWork, openLedger, promisedSoFar, type Ledger } from '../support/kills.ts';
import { linli, recordIn } from '../support/linli.ts';
import { temporaryFolder } from '../support/streams.ts';

/*
 * What `linli backup` promises, beside a hub at work: the copy is the log as it stood at one moment after the command
 * was given. Everything acknowledged, saved or shown before is in it; of what came later either all up to some event, on
 * whatever stream, or nothing.
 */

const COPIES = 2;

const ackedIn = ({ writers }: Ledger): number => writers.reduce((sum, { acked }) => sum + acked.size, 0);

async function* upTo(rows: AsyncIterable<EventRow>, position: number): AsyncGenerator<EventRow> {
  for await (const row of rows) if (row._id <= position) yield row;
}

/** What a store's log was when the event at `position` was its last; of an idle one without it: what it is. */
const recordOf = (folder: string, position = Infinity): Promise<string> =>
  withStore(`embedded:${folder}`, { readOnly: true }, async ({ events }) =>
    told(await walk(upTo(events.all(), position))),
  );

const lastPosition = (folder: string): Promise<number> =>
  withStore(`embedded:${folder}`, { readOnly: true }, ({ events }) => events.lastPosition());

test('a backup beside people at work is the log as of one moment, and a hub restored from it keeps every promise made before', async () => {
  const folder = await temporaryFolder();
  const hub = await startHub(folder);
  onTestFinished(() => hub.kill());
  const ledger = await openLedger(hub);
  const goHome = await goToWork(hub, ledger);
  const copies: { at: string; promised: Ledger; record: string }[] = [];
  for (let n = 0; n < COPIES; n++) {
    const before = ackedIn(ledger);
    await eventually(() => ackedIn(ledger) > before + 20 && ledger.saved.size > 0);
    const promised = promisedSoFar(ledger);
    const at = path.join(await temporaryFolder(), 'backup');
    const record = recordIn(await linli(['backup', at], environmentOf(folder)));
    expect(ackedIn(ledger)).toBeGreaterThan(ackedIn(promised)); // nobody had to wait for it
    copies.push({ at, promised, record });
  }
  await goHome();
  expect(await hub.stop()).toBe(0);

  for (const { at, record } of copies) expect(await recordOf(folder, await lastPosition(at))).toBe(record);
  const { at = '', promised = ledger, record } = copies.at(-1) ?? {};
  const fresh = await temporaryFolder();
  const there = { ...environmentOf(fresh), LINLI_SECRETS: path.join(folder, 'secrets') };
  expect(recordIn(await linli(['restore', at], there))).toBe(record);
  expect(recordIn(await linli(['verify'], there))).toBe(record);
  const restored = await startHub(fresh, there);
  onTestFinished(() => restored.kill());
  const onlooker = await cookieFor(restored.url, 'officer'); // nobody is signed in by a backup
  expect(await faultsOf(restored, { ...promised, onlooker }, { all: true })).toEqual([]);
});

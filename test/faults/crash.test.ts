import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { startHub } from '../support/hub.ts';
import { faultsOf, openLedger, underFire } from '../support/kills.ts';
import { temporaryFolder } from '../support/streams.ts';

const CYCLES = Number(process.env['LINLI_TEST_KILLS'] ?? 50);
const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 1122);

test(`after ${CYCLES} kills under load everything acknowledged, saved or shown is there, once, in order (seed ${SEED})`, async () => {
  const random = createRandom(SEED);
  const folder = await temporaryFolder();
  let hub = await startHub(folder);
  onTestFinished(() => hub.kill());
  const ledger = await openLedger(hub);
  const starts: number[] = [];
  let shown = 0;

  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await underFire(hub, ledger, random);
    shown += ledger.shown.events.length;
    hub = await startHub(folder);
    starts.push(hub.startedIn);
    expect(await faultsOf(hub, ledger)).toEqual([]);
  }

  expect(await faultsOf(hub, ledger, { all: true })).toEqual([]);
  const acked = ledger.writers.reduce((sum, writer) => sum + writer.acked.size, 0);
  const slowest = Math.round(Math.max(...starts));
  console.log(`${CYCLES} kills, ${acked} acknowledged, ${shown} shown, 0 lost, 0 twice; slowest restart ${slowest} ms`);
  expect(acked).toBeGreaterThan(CYCLES);
  expect(shown).toBeGreaterThan(CYCLES);
});

test('a hub that is asked to stop finishes what it began and exits with 0', async () => {
  const folder = await temporaryFolder();
  const hub = await startHub(folder);
  expect(await hub.stop()).toBe(0);
  expect(hub.errors()).toBe('');
});

import { expect, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { FLIPS, noticed, unnoticeable } from '../support/policy-flips.ts';
import { startRun } from '../support/policy-run.ts';

/* A test that never failed proves nothing: each cell of the hub's table is turned round, and the cells must complain. */

const isFull = process.env['LINLI_POLICY'] === 'full';
const SEED = Number(process.env['LINLI_SEED'] ?? 20_261_128);
const SAMPLE = 25;

test('turning round any cell of the table is noticed', { timeout: 600_000 }, async () => {
  const began = performance.now();
  const run = await startRun(({ condition }) => condition === 'active');
  const { next } = createRandom(SEED);
  const possible = FLIPS.filter((flip) => unnoticeable(flip) === undefined);
  const chosen = isFull ? possible : possible.filter(() => next() < SAMPLE / possible.length);
  const unnoticed: string[] = [];
  let withSight = 0;
  for (const flip of chosen) {
    const notice = await noticed(run, flip);
    if (notice === undefined) unnoticed.push(`${flip.action} × ${flip.column} × ${flip.place}`);
    else if (notice === 'with sight') withSight++;
  }
  const ms = Math.round(performance.now() - began);
  const killed = `${chosen.length - unnoticed.length} of ${chosen.length} flips noticed, ${withSight} of them with sight`;
  console.info(`${killed}, in ${ms} ms; ${FLIPS.length - possible.length} of ${FLIPS.length} change nothing`);
  expect(unnoticed).toEqual([]);
});

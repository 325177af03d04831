import process from 'node:process';
import { expect, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { startProcesses } from '../support/processes.ts';
import { removalStorm, told } from '../support/removals.ts';

/* Three hubs on one store (security A1, H11, H14): what is committed after a removal never comes to who lost the right. */

const HUBS = 3;
const REMOVALS = Number(process.env['LINLI_TEST_REMOVALS'] ?? 18);
const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 1122);
/** LINLI_TEST_REDIS=gone: for all of them, instead of one that is cut off from it. */
const IS_GONE = process.env['LINLI_TEST_REDIS'] === 'gone';
const REDIS = IS_GONE ? 'Redis gone' : 'one cut off from Redis';
const CLOSED_WITHIN = 5_000; // ms; a process that is cut off from the others is to notice within that

test(`three processes, ${REDIS}: after ${REMOVALS} removals nobody was sent what was said later (seed ${SEED})`, async () => {
  const { urls, way, hubs, redis } = await startProcesses(HUBS);
  if (IS_GONE) await redis.kill();
  else way.cut(true);
  const outcome = await removalStorm(urls, REMOVALS, createRandom(SEED));
  console.log(told(outcome));
  for (const hub of hubs) if (hub.errors() !== '') console.log(hub.errors().slice(0, 2_000));
  expect(outcome.late).toEqual([]);
  expect(outcome.lateEdits).toBe(0);
  expect(Math.max(...outcome.streams, ...outcome.texts)).toBeLessThan(CLOSED_WITHIN);
  expect(outcome.delivered).toBeGreaterThan(REMOVALS);
});

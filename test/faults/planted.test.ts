import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { startHub } from '../support/hub.ts';
import { faultsOf, openLedger, underFire } from '../support/kills.ts';
import { plantedBuild, removePlanted, type Plant } from '../support/planted.ts';
import { temporaryFolder } from '../support/streams.ts';

/*
 * A pass of crash.test.ts means nothing unless the same people, kills and oracle convict a hub that breaks its word.
 * Each plant is one such hub; the first build has none and is acquitted, so it is the plants that are found.
 */

const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 1122);
const MAX_KILLS = 20; // one to four are the rule; a window of a millisecond can be missed

const INSERT = 'server/platform/insert.ts';
const MODEL = 'server/platform/streams.model.ts';
const FOLD = 'server/platform/fold.ts';
const ROOM = 'server/ydocs/ydocs.room.ts';

interface Case {
  name: string;
  /** What the oracle must say. */
  says: RegExp;
  plants: readonly Plant[];
}

const CASES: readonly Case[] = [
  {
    name: 'acknowledges-before-insert',
    says: /^lost: room:/,
    plants: [
      {
        file: INSERT,
        from: 'await model.insert({ _id: at, ...event, print });',
        to: 'model.insert({ _id: at, ...event, print }).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'forgets-repeats',
    says: /^doubled: room:/,
    plants: [
      {
        file: MODEL, // the store made by the sound hub has the index already
        from: 'init: () => model.createIndexes(),',
        to: "init: () => model.collection.dropIndex('stream_1_id_1').catch(() => undefined),",
      },
      {
        file: FOLD,
        from: 'const first = await streams.find(nameOf(id), write.id);',
        to: 'const first = undefined;',
      },
    ],
  },
  {
    name: 'announces-before-durable',
    says: /^ghost: room:/,
    plants: [
      {
        file: INSERT,
        from: 'await model.insert({ _id: at, ...event, print });',
        to: 'settle(event, at);\nawait model.insert({ _id: at, ...event, print });',
      },
    ],
  },
  {
    name: 'relays-before-append',
    says: /^ghost: (\d+ places|a deletion)/,
    plants: [
      { file: ROOM, from: 'await keeper.keep(', to: 'const kept = keeper.keep(' },
      { file: ROOM, from: 'keeper.snapshotIfDue(loaded);', to: 'await kept;\nkeeper.snapshotIfDue(loaded);' },
    ],
  },
  {
    name: 'says-saved-at-once',
    says: /^lost: \d+ places/,
    plants: [
      {
        file: 'server/ydocs/ydocs.intake.ts',
        from: 'if (link.ext) give({ after: { link, token, say } });',
        to: 'if (link.ext) say();',
      },
    ],
  },
];

let seeded = '';
let sound = '';

beforeAll(async () => {
  seeded = await mkdtemp(path.join(tmpdir(), 'linli-planted-'));
  sound = await plantedBuild('nothing', []);
  await (await startHub(seeded, {}, sound)).stop();
});

afterAll(async () => {
  await rm(seeded, { recursive: true, force: true });
  await removePlanted();
});

/** The faults found after the first kill that shows any, and how many kills it took. */
async function killUntilFound(cli: string, kills: number): Promise<{ found: string[]; killed: number }> {
  const random = createRandom(SEED);
  const folder = await temporaryFolder();
  await cp(seeded, folder, { recursive: true });
  let hub = await startHub(folder, {}, cli);
  onTestFinished(() => hub.kill());
  const ledger = await openLedger(hub);
  for (let killed = 1; ; killed++) {
    await underFire(hub, ledger, random);
    hub = await startHub(folder, {}, cli);
    const found = await faultsOf(hub, ledger);
    if (found.length > 0 || killed === kills) return { found, killed };
  }
}

test('a hub without a plant is acquitted', async () => {
  const { found, killed } = await killUntilFound(sound, 4);
  expect(found).toEqual([]);
  expect(killed).toBe(4);
});

for (const { name, says, plants } of CASES) {
  test(`a hub that ${name.replaceAll('-', ' ')} is convicted within ${MAX_KILLS} kills (seed ${SEED})`, async () => {
    const { found, killed } = await killUntilFound(await plantedBuild(name, plants), MAX_KILLS);
    console.log(`${name}: ${killed} kills, ${found.length} faults, first: ${found[0] ?? 'none'}`);
    expect(found.some((fault) => says.test(fault))).toBe(true);
  });
}

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRandom, type Random } from '#server/demo/random.ts';
import { walkFolder } from '#server/cli/store.ts';
import { checkStore } from '#server/platform/embedded/backup.ts';
import { checkIndexes } from '#server/platform/embedded/check.ts';
import { openStore, type Store } from '#server/platform/embedded/store.ts';
import { newId } from '../support/client.ts';
import { isEmbedded, temporaryFolder } from '../support/store.ts';
import { openStreams } from '../support/streams.ts';
import { WORKS, type State } from './embeddedLanes.ts';
import { buildVictim, startVictim, type Victim } from './embeddedProcess.ts';

/*
 * The store under kill -9, wherever it comes. LINLI_TEST_KILLS: how many; LINLI_TEST_SEED: other work, other moments.
 * Only the order of writes is at stake here, since the system keeps what a killed process wrote: that each was synced
 * before it was acknowledged is counted in embedded.test.ts.
 */

const KILLS = Number(process.env['LINLI_TEST_KILLS'] ?? 60);
const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 20_261_124);
const REOPENING = 2000; // ms, at most

type Name = keyof typeof WORKS;
/** Of twenty kills, how many come in which work. */
const SHARES: [Name | 'copy' | 'backup', number][] = [
  ['append', 5],
  ['churn', 4],
  ['index', 4],
  ['drop', 2],
  ['expire', 2],
  ['copy', 1],
  ['backup', 2],
];
const ROUND = SHARES.flatMap(([name, share]) => Array<typeof name>(share).fill(name));
/** How long after an acknowledgement the kill comes at most, in ms: as long as the longest step takes. */
const MOMENT: Record<Name, number> = { append: 12, churn: 12, index: 500, drop: 60, expire: 60 };

interface Ledger {
  /** The next step of each lane, and what those before it made of it. */
  lanes: { n: number; state: State }[];
}
interface Found {
  acknowledged: number;
  /** Steps that were done, though nobody was told. */
  beyond: number;
  reopened: number;
}

/** Notes an acknowledgement. Each lane is told in order: one that is not, is a fault of the victim. */
function note(name: Name, { lanes }: Ledger, line: string): void {
  const [lane, n] = line.split(' ').map(Number);
  const entry = lanes[lane ?? -1];
  if (entry === undefined || entry.n !== n) throw new Error(`not expected: ${name} ${line}`);
  WORKS[name].fold(entry.state, lane ?? 0, n);
  entry.n++;
}

/** Gives a victim its work, and kills it some time after some acknowledgements. */
async function killAtWork(victim: Victim, name: Name, ledger: Ledger, at: { folder: string; random: Random }) {
  const wanted = at.random.below(name === 'append' || name === 'churn' ? 60 : 3);
  let acknowledged = 0;
  await new Promise<void>((resolve, reject) => {
    if (wanted === 0) resolve();
    void victim.ended.then(() => {
      reject(new Error(`the victim ended by itself at ${name}`));
    });
    const job = { work: name, folder: at.folder, from: ledger.lanes.map(({ n }) => n) };
    victim.obey(job, (line) => {
      note(name, ledger, line);
      if (++acknowledged === wanted) resolve();
    });
  });
  await wait(at.random.next() * MOMENT[name]); // the moment of the fault, not a wait for a result
  expect(await victim.kill()).toBe(true);
  return acknowledged;
}

/** What a kill left is not what was acknowledged, nor one whole step more: in words. Takes such a step into the ledger. */
async function compare(store: Store, name: Name, { lanes }: Ledger): Promise<{ faults: string[]; beyond: number }> {
  const { read, fold } = WORKS[name];
  const faults: string[] = [];
  let beyond = 0;
  for (const [lane, entry] of lanes.entries()) {
    const there = await read(store, lane);
    if (isDeepStrictEqual(there, entry.state)) continue;
    const further = { ...entry.state };
    fold(further, lane, entry.n);
    if (!isDeepStrictEqual(there, further)) {
      const sizes = [there, entry.state, further].map((state) => Object.keys(state).length);
      faults.push(`${name}: lane ${lane} is neither before nor after step ${entry.n}: ${sizes.join(', ')}`);
    }
    beyond++;
    entry.state = further;
    entry.n++;
  }
  return { faults, beyond };
}

async function workAndDie(victim: Victim, name: Name, ledger: Ledger, at: { folder: string; random: Random }) {
  const acknowledged = await killAtWork(victim, name, ledger, at);
  const began = performance.now();
  const store = await openStore(at.folder);
  const reopened = performance.now() - began;
  try {
    const { faults, beyond } = await compare(store, name, ledger);
    expect([...faults, ...checkIndexes(store)]).toEqual([]);
    return { acknowledged, beyond, reopened };
  } finally {
    await store.release();
  }
}

/** A folder for each size of work, so that what is looked through after a kill is what was worked on. */
async function prepared(): Promise<Record<Name, { folder: string; ledger: Ledger }>> {
  const [small, large] = [await temporaryFolder(), await temporaryFolder()];
  const entries = (Object.keys(WORKS) as Name[]).map((name) => {
    const lanes = Array.from({ length: WORKS[name].lanes }, () => ({ n: 0, state: {} }));
    return [name, { folder: name === 'index' ? large : small, ledger: { lanes } }] as const;
  });
  for (const [name, { folder }] of entries) {
    const store = await openStore(folder);
    await WORKS[name].prepare(store);
    await store.release();
  }
  return Object.fromEntries(entries) as Record<Name, { folder: string; ledger: Ledger }>;
}

/** A store this process has open and writes to, as a hub does, while others copy it. */
async function live() {
  const folder = await temporaryFolder();
  const { streams } = await openStreams({ folder });
  const post = (n: number) =>
    streams.inTurn(`room:${n % 7}`, () =>
      streams.append(`room:${n % 7}`, {
        id: newId(),
        type: 'posted',
        actor: newId(),
        data: { text: '字'.repeat(900), n },
      }),
    );
  for (let n = 0; n < 2000; n += 100) await Promise.all(Array.from({ length: 100 }, (_, i) => post(n + i)));
  let posted = 2000;
  /** Writes until `over`. */
  const busy = async (over: Promise<unknown>) => {
    const state = { isOver: false };
    const stop = (): void => {
      state.isOver = true;
    };
    void over.then(stop, stop);
    while (!state.isOver) await post(posted++);
  };
  return { folder, busy, posted: () => posted };
}

type Live = Awaited<ReturnType<typeof live>>;

/** Kills who copies the store. What has a backup's name is a whole one; the store itself has noticed nothing. */
async function copyAndDie(victim: Victim, work: 'copy' | 'backup', store: Live, random: Random): Promise<boolean> {
  const target = path.join(await temporaryFolder(), 'backup');
  if (work === 'copy') await mkdir(target);
  const before = store.posted();
  const said: string[] = [];
  const dead = new Promise<void>((resolve, reject) => {
    victim.obey({ work, folder: store.folder, target }, (line) => {
      said.push(line);
      if (line === 'begun')
        wait(random.next() * 500)
          .then(victim.kill)
          .then(() => {
            resolve();
          }, reject);
    });
  });
  await Promise.all([dead, store.busy(dead)]);
  const isWhole = work === 'copy' ? said.includes('done') : existsSync(target);
  if (isWhole) {
    expect(await checkStore(target)).toEqual([]);
    const { faults, events } = await walkFolder(target);
    expect(faults).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(before);
  }
  if (work === 'backup') expect(existsSync(path.join(target, 'backup.json'))).toBe(isWhole);
  expect(await checkStore(store.folder)).toEqual([]);
  const { faults, events } = await walkFolder(store.folder);
  expect(faults).toEqual([]);
  expect(events).toBe(store.posted());
  return isWhole;
}

describe.skipIf(!isEmbedded)(`the embedded store under ${KILLS} kills, seed ${SEED}`, () => {
  it(
    'has every acknowledged write, nothing half, and in every index what it must hold',
    { timeout: KILLS * 3000 + 60_000 },
    async () => {
      const random = createRandom(SEED);
      const victims = await buildVictim(await temporaryFolder());
      const works = await prepared();
      const store = await live();
      let next = startVictim(victims);
      onTestFinished(async () => {
        await (await next).kill();
      });
      const found: Found[] = [];
      let copies = 0;
      let whole = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const victim = await next;
        next = startVictim(victims); // is loaded while this one works and is judged
        const name = ROUND[(kill * 7) % ROUND.length] ?? 'append';
        if (name === 'copy' || name === 'backup') {
          copies++;
          if (await copyAndDie(victim, name, store, random)) whole++;
        } else {
          const { folder, ledger } = works[name];
          found.push(await workAndDie(victim, name, ledger, { folder, random }));
        }
      }
      const sum = (what: (one: Found) => number) => found.reduce((total, one) => total + what(one), 0);
      const slowest = Math.round(Math.max(...found.map(({ reopened }) => reopened)));
      console.log(
        `${KILLS} kills: ${sum((one) => one.acknowledged)} steps acknowledged, 0 lost, ${sum((one) => one.beyond)} done ` +
          `and not told; ${whole} of ${copies} copies were whole; slowest reopening ${slowest} ms`,
      );
      expect(slowest).toBeLessThan(REOPENING);
      expect(sum((one) => one.beyond)).toBeGreaterThan(0); // some kills did come in the middle
    },
  );
});

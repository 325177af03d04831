import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { eventually } from './client.ts';
import { startHub, type Hub } from './hub.ts';
import { temporaryFolder } from './streams.ts';

/** What the hub's process says of itself. */
export interface Condition {
  /** Properties found on prototypes everybody shares that were not there when the process began. */
  polluted: string[];
  /** The longest the event loop was held up since the last question, ms. */
  heldUp: number;
  /** What is left of the heap after a collection, bytes. */
  heap: number;
}

export interface ProbedHub extends Hub {
  condition: () => Promise<Condition>;
  /** Memory of its own, bytes: not the pages of the store's file, which the system takes back when it likes. */
  memory: () => Promise<number>;
  /** Files and connections it holds. */
  descriptors: () => Promise<number>;
}

/** Loaded into the process before the hub: it only looks, and collects garbage, when it is asked to by a signal. */
const PROBE = `
const { writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const all = { Object, Array, Function, String, Number, Promise, Map, Set, Uint8Array, Error };
const look = () => Object.entries(all).flatMap(([name, of]) => Reflect.ownKeys(of.prototype).map((key) => name + '.' + String(key)));
const delay = monitorEventLoopDelay({ resolution: 5 });
let born;
setImmediate(() => { born = new Set(look()); delay.enable(); });
process.on('SIGUSR2', () => {
  const heldUp = delay.max / 1e6;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const said = { polluted: look().filter((name) => !born.has(name)), heldUp, heap: process.memoryUsage().heapUsed };
  delay.reset();
  writeFileSync(process.env.LINLI_TEST_SAYS, JSON.stringify(said));
});
`;

/** A hub that can be asked how it is, without a word of it in the product. */
export async function startProbedHub(env: Record<string, string> = {}): Promise<ProbedHub> {
  const folder = await temporaryFolder();
  const store = path.join(folder, 'store');
  const probe = path.join(folder, 'probe.cjs');
  const says = path.join(folder, 'says.json');
  await writeFile(probe, PROBE);
  const hub = await startHub(store, { ...env, NODE_OPTIONS: `--require ${probe}`, LINLI_TEST_SAYS: says });
  onTestFinished(() => hub.kill());
  return {
    ...hub,
    condition: async () => {
      await rm(says, { force: true });
      process.kill(hub.pid, 'SIGUSR2');
      return eventually(async () => {
        const said = await readFile(says, 'utf8').catch(() => '');
        return said.endsWith('}') ? (JSON.parse(said) as Condition) : undefined;
      });
    },
    memory: async () => {
      const status = await readFile(`/proc/${hub.pid}/status`, 'utf8');
      return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    descriptors: async () => (await readdir(`/proc/${hub.pid}/fd`)).length,
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { cannotOf } from '../support/cannot-list.ts';
import { installRedis } from '../support/redis.ts';
import { kindOf, startServer } from '../support/wire.ts';

/*
 * `tsx test/wire/run.ts <server> [<counts.json> [<command> …]]`: installs a server that speaks MongoDB's wire into a
 * temporary folder, starts it, runs the hub's tests on it (or the command, with LINLI_TEST_STORE set) and ends it.
 */

/** What runs on every server: the acceptance suite, what the hub keeps in a store, whole hubs, moves, and the store's absence. */
const HUBS = ['story', 'demo', 'forum', 'people', 'minutes'].map((name) => `test/server/${name}.test.ts`);
const STORES = ['collections', 'crud', 'streams', 'hub', 'keeping', 'documents'].map((name) => `test/stores/${name}.`);
/** Left out where it takes minutes, on a server that reads without indexes, and asks nothing of it that others do not. */
const TOO_SLOW: Readonly<Record<string, readonly string[]>> = { ferretdb: ['test/server/demo.test.ts'] };
const suiteOf = (server: string): string[] => {
  const tooSlow = TOO_SLOW[server] ?? [];
  return [...STORES, ...HUBS.filter((file) => !tooSlow.includes(file)), 'test/cli/', 'test/wire/'];
};
const PROJECTS = ['stores', 'server', 'cli', 'wire'].flatMap((name) => ['--project', name]);

interface Results {
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

const since = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

/** Runs a command to its end; its exit code. */
async function told([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Says what ran, and whether the list of what the server cannot names tests that are not there. */
async function judge(server: string, results: string): Promise<{ passed: number; failed: number }> {
  const { testResults } = JSON.parse(await readFile(results, 'utf8')) as Results;
  const tests = testResults.flatMap((file) => file.assertionResults);
  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  const cannot = Object.entries(cannotOf(server));
  // The reporter parts a name by spaces, the list by " > " as the console does.
  const names = new Set(tests.map(({ fullName }) => fullName));
  const unknown = cannot.map(([name]) => name).filter((name) => !names.has(name.replaceAll(' > ', ' ')));
  for (const name of unknown) console.log(`FAILED: test/stores/cannot.json names a test that is not there: ${name}`);
  const passed = count('passed') - cannot.length + unknown.length;
  const failed = count('failed') + unknown.length;
  console.log(`${server}: ${passed} passed, ${failed} failed, ${cannot.length} it cannot:`);
  for (const [name, why] of cannot) console.log(`  ${name}: ${why}`);
  return { passed, failed };
}

async function main(server: string, counts: string | undefined, command: readonly string[]): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), `linli-${server}-`));
  try {
    const installed = path.join(folder, 'installed');
    await mkdir(installed);
    const began = performance.now();
    kindOf(server).install(installed);
    installRedis(installed);
    const afterInstall = performance.now();
    const running = await startServer(server, { installed, folder: path.join(folder, 'shared') });
    console.log(
      `${server}: installed in ${((afterInstall - began) / 1000).toFixed(1)} s, up in ${since(afterInstall)}`,
    );
    const results = path.join(folder, 'results.json');
    const vitest = ['npx', 'vitest', 'run', ...PROJECTS, ...suiteOf(server)];
    const report = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const env = { LINLI_TEST_STORE: running.url, LINLI_TEST_SERVER: server, LINLI_TEST_INSTALLED: installed };
    try {
      const code = await told(command.length > 0 ? command : [...vitest, ...report], env);
      if (command.length > 0) return code;
      if (!existsSync(results)) return code || 1;
      const judged = await judge(server, results);
      if (counts !== undefined) await writeFile(counts, JSON.stringify(judged));
      return judged.failed > 0 ? 1 : code;
    } finally {
      await running.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [server = '', counts, ...command] = process.argv.slice(2);
try {
  process.exitCode = await main(server, counts, command);
} catch (error) {
  console.error(`${server} cannot be tried here. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

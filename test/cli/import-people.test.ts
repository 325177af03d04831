import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { withStore } from '#server/cli/store.ts';
import { createRandom } from '#server/demo/random.ts';
import { startApp } from '../support/app.ts';
import { storeAt } from '../support/store-url.ts';
import { cookieFor, eventually } from '../support/client.ts';
import { BUILT, environmentOf, startHub } from '../support/hub.ts';
import { linli } from '../support/linli.ts';
import { temporaryFolder } from '../support/streams.ts';

const SEED = Number(process.env['LINLI_SEED'] ?? 20_261_128);
const KILLS = Number(process.env['LINLI_TEST_KILLS'] ?? 3);
const PEOPLE = Array.from({ length: 24 }, (_, n) => ({ login: `worker-${n + 100}`, name: `李${n}` }));
const TABLE = ['登录名,姓名,单位,岗位', ...PEOPLE.map(({ login, name }) => `${login},${name},文殊社区,社区工作者`)];
const WITHIN = 1_500; // ms in which a run writes: hashing all the passwords takes about as long

const spawned = (file: string, env: Record<string, string>) => {
  const args = ['--disable-proto=throw', path.resolve(BUILT), 'import-people', file, '--by', 'admin', '--apply'];
  return spawn(process.execPath, args, { env: { ...process.env, LINLI_LOG: 'error', ...env }, stdio: 'ignore' });
};

/** Ends a run so many ms after it has begun to write; whether it was still at work. */
async function broken(run: ReturnType<typeof spawned>, begins: Promise<unknown>, delay: number): Promise<boolean> {
  const ended = once(run, 'exit');
  await begins;
  await wait(delay); // the moment of the kill is what is tried, not how long something takes
  run.kill('SIGKILL');
  await ended;
  return run.signalCode === 'SIGKILL';
}

const secretsIn = async (file: string): Promise<string[][]> =>
  (await readFile(`${file}.passwords.csv`, 'utf8'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

/** How often each of the table's people was enrolled, and given a post. */
async function counted(folder: string): Promise<{ enrolled: number[]; posts: number[] }> {
  const enrolled = new Map<string, string[]>();
  const posts = new Map<string, number>();
  await withStore(storeAt(folder), { readOnly: true }, async ({ events }) => {
    for await (const event of events.all()) {
      const { login, person } = event.data as { login?: string; person?: string };
      if (event.type === 'people.enrolled' && login !== undefined)
        enrolled.set(login, [...(enrolled.get(login) ?? []), event.stream.slice('person:'.length)]);
      if (event.type === 'people.appointed' && person !== undefined) posts.set(person, (posts.get(person) ?? 0) + 1);
    }
  });
  const of = PEOPLE.map(({ login }) => enrolled.get(login) ?? []);
  return { enrolled: of.map(({ length }) => length), posts: of.map(([id = '']) => posts.get(id) ?? 0) };
}

test(
  'an import that is killed again and again is completed by the next run: nobody twice, nobody missing, same passwords',
  { timeout: 240_000 },
  async () => {
    console.info(`seed ${SEED}`);
    const { next } = createRandom(SEED);
    const folder = await temporaryFolder();
    const env = environmentOf(folder);
    await (await startApp({ folder, env })).close(); // the demo's people, without its story
    const file = path.join(folder, 'people.csv');
    await writeFile(file, TABLE.join('\n'));
    const began = performance.now();
    const first = spawned(file, env);
    // The passwords are on the disk before anything else is written.
    const writes = eventually(() => existsSync(`${file}.passwords.csv`), 60_000).then(() => performance.now() - began);
    let amid = (await broken(first, writes, next() * WITHIN)) ? 1 : 0;
    const begins = await writes;
    for (let n = 1; n < KILLS; n++) if (await broken(spawned(file, env), wait(begins), next() * 2 * WITHIN)) amid++;
    const kept = await secretsIn(file);
    await linli(['import-people', file, '--by', 'admin', '--apply'], env);
    expect(amid).toBeGreaterThan(0);
    expect(await secretsIn(file)).toEqual(kept);
    const once = PEOPLE.map(() => 1);
    expect(await counted(folder)).toEqual({ enrolled: once, posts: once });
    await linli(['verify'], env);
    const hub = await startHub(folder);
    onTestFinished(() => hub.kill());
    for (const [login = '', , password = ''] of [kept.at(0) ?? [], kept.at(-1) ?? []])
      await cookieFor(hub.url, login, password);
  },
);

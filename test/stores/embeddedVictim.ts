import process from 'node:process';
import { createInterface } from 'node:readline';
import { backup } from '#server/cli/backup.ts';
import { copyStore } from '#server/platform/embedded/backup.ts';
import { openStore } from '#server/platform/embedded/store.ts';
import { WORKS } from './embeddedLanes.ts';

/*
 * A process that is killed in the middle. It says `loaded`, is told its job in one line, and says of each step
 * `<lane> <n>` after it was acknowledged, never before; of a copy, `begun` and `done`.
 */

export type Job =
  | { work: keyof typeof WORKS; folder: string; from: number[] }
  | { work: 'copy' | 'backup'; folder: string; target: string };

const say = (line: string): unknown => process.stdout.write(`${line}\n`);

async function obey(job: Job): Promise<void> {
  if ('from' in job) {
    const store = await openStore(job.folder);
    const { step } = WORKS[job.work];
    const run = async (first: number, lane: number): Promise<never> => {
      for (let n = first; ; n++) {
        await step(store, lane, n);
        say(`${lane} ${n}`);
      }
    };
    await Promise.all(job.from.map(run));
    return;
  }
  say('begun');
  process.env['LINLI_STORE'] = `embedded:${job.folder}`;
  await (job.work === 'copy' ? copyStore(job.folder, job.target) : backup([job.target]));
  say('done');
}

createInterface({ input: process.stdin }).once('line', (line) => void obey(JSON.parse(line) as Job));
say('loaded');

import { existsSync } from 'node:fs';
import process from 'node:process';
import { bundle } from './bundle.ts';
import { coldStart } from './cold-start.ts';
import { fanout } from './fanout.ts';
import { memory } from './memory.ts';
import { insert } from './insert.ts';
import { scale } from './scale.ts';
import { machine } from './table.ts';

interface Benchmark {
  about: string;
  run: (passes: number) => void | Promise<void>;
  /** Too long to run unless it is named. */
  isLong?: boolean;
}

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  bundle: { about: 'client JavaScript before the first message of a room, gzip', run: bundle },
  'cold-start': { about: 'process start to the listening line, beside an empty node', run: coldStart },
  memory: { about: 'memory of an idle connection in a room, against bare Socket.IO', run: memory },
  fanout: { about: 'durable chat to 1,000 sockets in one room, against bare Socket.IO', run: fanout },
  insert: { about: 'durable inserts on the embedded engine, against LMDB doing the same writes', run: insert },
  scale: {
    about: 'what a user waits for at 1,000,000 messages, against 10,000; only if named',
    run: scale,
    isLong: true,
  },
};

function help(): void {
  console.log('npm run bench [-- [names] [--passes <n>]]   (after npm run build; Linux; ulimit -n above 4,000)\n');
  for (const [name, { about }] of Object.entries(BENCHMARKS)) console.log(`  ${name.padEnd(12)}${about}`);
}

const args = process.argv.slice(2);
const passesAt = args.indexOf('--passes');
const passes = passesAt < 0 ? 3 : Number(args.splice(passesAt, 2)[1]);
const unknown = args.find((arg) => !(arg in BENCHMARKS));
if (unknown !== undefined || !(passes > 0)) {
  help();
  process.exit(unknown === '--help' ? 0 : 64);
}
if (!existsSync('dist/server/cli.js')) {
  console.error('Nothing is built: npm run build.');
  process.exit(78);
}
console.log(`${machine()}\n`);
for (const [name, { run, isLong = false }] of Object.entries(BENCHMARKS)) {
  if ((args.length === 0 && !isLong) || args.includes(name)) await run(passes);
}

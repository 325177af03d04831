import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import mongoose from 'mongoose';
import { driver } from '#server/platform/embedded/driver.ts';

/*
 * A process that writes until it is killed, until the disk is full, or a hundred times one after another:
 * `embeddedWriter.ts <url> <first id> [full|faulty|hundred]`. It says each id after the write was acknowledged, never before.
 */
const [url = '', first = '0', mode = 'killed'] = process.argv.slice(2);
const instance = new mongoose.Mongoose();
instance.setDriver(driver);
await instance.connect(url);
const events = instance.connection.collection<{ _id: number; stream: string; seq: number; n?: number; pad?: string }>(
  'events',
);
await events.createIndex({ stream: 1, seq: 1 }, { unique: true }, {});

/** Longer than a sync: so that none which comes late is taken for the next one's. */
const quiet = (): Promise<void> => (mode === 'hundred' ? wait(20) : Promise.resolve());

let next = Number(first);
async function write(lane: number): Promise<void> {
  while (mode !== 'hundred' || next < 100) {
    const id = next++;
    const pad = mode === 'full' || mode === 'faulty' ? 'x'.repeat(500) : '';
    await events.insertOne({ _id: id, stream: `lane:${lane}`, seq: id, pad });
    if (mode !== 'hundred' && id % 3 === 0) await events.updateOne({ _id: id }, { $set: { n: id } });
    process.stdout.write(`${id}\n`);
    await quiet();
  }
}

function sayWhy(error: unknown): void {
  const { name, code } = error as { name: string; code: string };
  process.stdout.write(`${name} ${code}\n`);
}

await quiet();
process.stdout.write('ready\n');
await Promise.all(Array.from({ length: mode === 'hundred' ? 1 : 8 }, (_, lane) => write(lane))).catch(sayWhy);
await events.insertOne({ _id: -1, stream: 'late', seq: 0 }).catch(sayWhy);
await events.countDocuments({}).then((count) => process.stdout.write(`readable ${count}\n`), sayWhy);
if (mode === 'faulty') process.kill(process.pid, 'SIGKILL'); // after some failures LMDB lets no process end by itself
await instance.disconnect();

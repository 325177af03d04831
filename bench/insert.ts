import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { open } from 'lmdb';
import mongoose from 'mongoose';
import { driver } from '#server/platform/embedded/driver.ts';
import { median, print, spread } from './table.ts';

const WRITERS = [1, 16, 256];
const SECONDS = 3; // of each way, number of writers and pass

/** As long and as deep as an event of a room; two unique indexes, as the streams have. */
interface Row {
  _id: number;
  stream: string;
  seq: number;
  id: string;
  type: string;
  actor: string;
  at: string;
  data: { text: string };
  hash: string;
}

const rowOf = (n: number): Row => ({
  _id: n,
  stream: `room:${n % 50}`,
  seq: n,
  id: randomUUID(),
  type: 'posted',
  actor: 'worker',
  at: '2026-11-28T08:00:00.000Z',
  data: { text: '文殊院街12号院3单元电梯故障，已经联系物业，下午去看。' },
  hash: createHash('sha256').update(String(n)).digest('hex'),
});

interface Way {
  insert: (row: Row) => Promise<unknown>;
  close: () => Promise<unknown>;
}

async function embedded(folder: string): Promise<Way> {
  mongoose.setDriver(driver);
  const db = await mongoose.createConnection(`embedded:${folder}`).asPromise();
  const rows = db.collection<Row>('events');
  await rows.createIndex({ stream: 1, seq: 1 }, { unique: true }, {});
  await rows.createIndex({ stream: 1, id: 1 }, { unique: true }, {});
  return { insert: (row) => rows.insertOne(row), close: () => db.close() };
}

/** The same bytes into the same three tables by LMDB alone, each write answered when it is synced. Nothing is checked. */
function raw(folder: string): Promise<Way> {
  const env = open<Uint8Array, Uint8Array>(folder, { encoding: 'binary', keyEncoding: 'binary', noSubdir: false });
  const [rows, bySeq, byId] = ['rows', 'seq', 'id'].map((name) =>
    env.openDB<Uint8Array, Uint8Array>(name, { encoding: 'binary', keyEncoding: 'binary' }),
  );
  const { BSON } = mongoose.mongo;
  const insert = async (row: Row): Promise<unknown> => {
    const id = Buffer.alloc(10);
    id.writeDoubleBE(row._id, 1);
    const bytes = BSON.serialize(row);
    const seq = Buffer.alloc(10);
    seq.writeDoubleBE(row.seq, 1);
    await env.transaction(() => {
      void rows?.put(id, bytes);
      void bySeq?.put(Buffer.concat([Buffer.from(`${row.stream}\0`), seq]), id);
      void byId?.put(Buffer.from(`${row.stream}\0${row.id}\0`), id);
    });
    return await env.flushed;
  };
  return Promise.resolve({ insert, close: () => env.close() });
}

/** Inserts a second, each acknowledged after its sync, by so many who each wait for the answer before the next. */
async function rate(start: (folder: string) => Promise<Way>, writers: number): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-bench-'));
  const way = await start(folder);
  let n = 0;
  const write = async (until: number): Promise<void> => {
    while (performance.now() < until) await way.insert(rowOf(++n));
  };
  await write(performance.now() + 300); // warm
  n = 1_000_000;
  const began = performance.now();
  await Promise.all(Array.from({ length: writers }, () => write(began + SECONDS * 1000)));
  const perSecond = (n - 1_000_000) / ((performance.now() - began) / 1000);
  await way.close();
  await rm(folder, { recursive: true, force: true });
  return perSecond;
}

/** Durable inserts on the embedded engine, against LMDB doing the same writes. */
export async function insert(passes: number): Promise<void> {
  console.log(`insert: rows with two unique indexes, synced before the answer, ${passes} passes of ${SECONDS} s`);
  const table: string[][] = [];
  for (const writers of WRITERS) {
    const bare: number[] = [];
    const ours: number[] = [];
    for (let pass = 0; pass < passes; pass++) {
      bare.push(await rate(raw, writers));
      ours.push(await rate(embedded, writers));
    }
    const ratio = median(ours.map((value, i) => value / (bare[i] ?? NaN)));
    table.push([String(writers), spread(bare), spread(ours), `${ratio.toFixed(2)}×`]);
  }
  print(['writers', 'LMDB, inserts a second', 'embedded engine', 'ratio'], table);
}

import { execFile, spawn, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mongoose from 'mongoose';
import { describe, expect, it } from 'vitest';
import { driver } from '#server/platform/embedded/driver.ts';
import { StorageError } from '#server/platform/embedded/errors.ts';
import { deleteExpired } from '#server/platform/embedded/indexes.ts';
import { openStore as openEmbedded } from '#server/platform/embedded/store.ts';
import { isEmbedded, openStore, temporaryFolder } from '../support/store.ts';

/* What only the embedded engine has to prove: its folder, its process, its disk. */

/** Counts system calls; where it is missing or forbidden, that test is left out. */
const TRACER = process.env['STRACE'] ?? 'strace';
const WRITER = fileURLToPath(new URL('./embeddedWriter.ts', import.meta.url));
type Event = { _id: number; stream?: string; seq?: number; n?: number };

/** Starts a process that writes until it is killed, and reads what it says. */
function startWriter(folder: string, first: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, `embedded:${folder}`, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return { child, ended, lines: createInterface({ input: child.stdout }) };
}

describe.skipIf(!isEmbedded)('the embedded store', () => {
  it.skipIf(spawnSync(TRACER, ['-qq', 'true']).status !== 0)(
    'syncs to the disk between any write and its acknowledgement', // a kill would not show it: the system keeps what was written
    { timeout: 30_000 },
    async () => {
      const folder = await temporaryFolder();
      const trace = path.join(folder, 'trace');
      const writer = [process.execPath, '--import', 'tsx', WRITER, `embedded:${folder}/store`, '0', 'hundred'];
      await promisify(execFile)(TRACER, [
        '-f',
        '-qq',
        '-e',
        'trace=fdatasync,fsync,write',
        '-e',
        'inject=fdatasync:delay_enter=5000',
        '-o',
        trace,
        ...writer,
      ]);
      const calls = (await readFile(trace, 'utf8')).split('\n');
      let synced = 0;
      let acknowledged = 0;
      for (const call of calls) {
        if (call.includes('write(1, "ready')) synced = 0;
        if (/(fdatasync|fsync)(\(| resumed).* = 0( \(DELAYED\))?$/.test(call)) synced++;
        if (!/write\(1, "\d+\\n"/.test(call)) continue;
        acknowledged++;
        expect(synced).toBeGreaterThanOrEqual(acknowledged); // one after another, so each had its own
      }
      expect(acknowledged).toBe(100);
    },
  );

  it('is refused to a second process while the first lives, and given to it after', { timeout: 20_000 }, async () => {
    const folder = await temporaryFolder();
    const { child, ended, lines } = startWriter(folder, 0);
    await lines[Symbol.asyncIterator]().next();
    const second = new mongoose.Mongoose();
    second.setDriver(driver);
    await expect(second.connect(`embedded:${folder}`)).rejects.toThrow(`in use by process ${String(child.pid)}`);
    child.kill('SIGKILL');
    await ended;
    await second.connect(`embedded:${folder}`);
    expect(JSON.parse(await readFile(path.join(folder, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid });
    await second.disconnect();
    await expect(readFile(path.join(folder, 'owner.json'))).rejects.toThrow('ENOENT');
  });

  it('takes an owner whose number lives on in another process for dead', async () => {
    const folder = await temporaryFolder();
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const owner = { pid: process.ppid, boot: boot.trim(), started: '1', token: 'x' };
    await writeFile(path.join(folder, 'owner.json'), JSON.stringify(owner));
    if (boot !== '') await openStore(folder); // elsewhere a number is all there is to go by
  });

  it('is shared within a process, and closed by the last', async () => {
    const first = await openStore();
    const second = await openStore(first.url.slice('embedded:'.length));
    await first.collection('events').insertOne({ n: 1 });
    await first.close();
    expect(await second.collection('events').countDocuments({ n: 1 })).toBe(1);
    await second.reopen();
    expect(await second.collection('events').countDocuments({ n: 1 })).toBe(1);
  });

  it('does not end a cursor or a model in a crash when it closes', async () => {
    const store = await openStore();
    const events = store.collection('events');
    await events.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
    const cursor = events.find({});
    await cursor.next();
    await store.close();
    await expect(events.insertOne({ n: 1 })).rejects.toThrow(StorageError);
    await expect(events.find({}).toArray()).rejects.toThrow();
    await expect(cursor.toArray()).rejects.toThrow();
  });

  it.skipIf(process.platform === 'win32')(
    'says so when the disk is full, reads on, and survives',
    { timeout: 20_000 },
    async () => {
      const folder = await temporaryFolder();
      // A file size limit stands for a full disk; its signal is ignored so that the write fails instead.
      const script = `trap '' XFSZ; ulimit -f 1500; exec "${process.execPath}" --import tsx "${WRITER}" "embedded:${folder}" 0 full`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script]);
      const said = stdout.trim().split('\n');
      expect(said.slice(-3)).toEqual([
        'StorageError storage',
        'StorageError storage',
        expect.stringMatching(/^readable \d+$/),
      ]);
      const acknowledged = said.filter((line) => /^\d+$/.test(line)).map(Number);
      expect(acknowledged.length).toBeGreaterThan(100);
      const store = await openStore(folder);
      const events = store.mongoose.connection.collection<Event>('events');
      for (const _id of acknowledged) expect(await events.findOne({ _id })).not.toBeNull();
    },
  );

  it('forgets what has expired, and nothing without a date', async () => {
    const store = await openStore();
    const sessions = store.collection('sessions');
    await sessions.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    await sessions.insertMany([{ at: new Date(0) }, { at: new Date() }, { at: 'never' }, {}]);
    const embedded = await openEmbedded(store.url.slice('embedded:'.length));
    await deleteExpired(embedded, embedded.table('linli.sessions'));
    await embedded.release();
    expect((await sessions.find({}).toArray()).map(({ at }) => at)).toEqual([expect.any(Date), 'never', undefined]);
  });

  it('opens collections and builds indexes while others write', { timeout: 20_000 }, async () => {
    const store = await openStore();
    let isDone = false;
    let written = 0;
    const writers = Array.from({ length: 20 }, async () => {
      while (!isDone) await store.collection('busy').insertOne({ n: written++ });
    });
    for (let i = 0; i < 30; i++) {
      const fresh = store.collection(`fresh${String(i)}`);
      await Promise.all([
        fresh.insertOne({ i }),
        fresh.createIndex({ i: 1 }),
        store.collection(`other${String(i)}`).findOne({}),
      ]);
      expect(await fresh.findOne({ i })).toMatchObject({ i });
    }
    isDone = true;
    await Promise.all(writers);
    expect(await store.collection('busy').countDocuments({})).toBe(written);
  });

  it('finds every document while an index is being made, and has it on the disk when it says so', async () => {
    const store = await openStore();
    const events = store.collection('events');
    await events.insertMany(Array.from({ length: 3000 }, (_, n) => ({ n })));
    const made = [events.createIndex({ n: 1 }), events.createIndex({ n: 1 })];
    const state = { isMade: false };
    for (const one of made) void one.then(() => (state.isMade = true));
    while (!state.isMade) {
      expect(await events.countDocuments({ n: 7 })).toBe(1);
      expect(await events.distinct('n')).toHaveLength(3000);
      await new Promise(setImmediate);
    }
    await Promise.all(made);
    const { queryPlanner } = (await events.find({ n: 7 }).explain()) as { queryPlanner: { winningPlan: unknown } };
    expect(JSON.stringify(queryPlanner.winningPlan)).toContain('IXSCAN');
  });

  it('refuses what it does not have', async () => {
    const store = await openStore();
    const events = store.collection('events');
    const session = await store.mongoose.startSession();
    expect(() => {
      session.startTransaction();
    }).toThrow('no transactions');
    await expect(store.mongoose.connection.transaction(() => Promise.resolve(1))).rejects.toThrow('no transactions');
    await expect(events.createIndex({ text: 'text' })).rejects.toMatchObject({ code: 67 });
    await expect(events.aggregate([{ $out: 'other' }]).toArray()).rejects.toThrow('$out');
    await expect(events.countDocuments({}, { collation: { locale: 'de' } })).rejects.toThrow('collation');
    expect(() => events.watch()).toThrow('change streams');
  });

  it('refuses keys it could only keep cut short, and looks them up all the same', async () => {
    const store = await openStore();
    const events = store.collection('events');
    await events.createIndex({ name: 1 }, { unique: true });
    const long = '长'.repeat(4000);
    await expect(events.insertOne({ name: long })).rejects.toMatchObject({ code: 17_280 });
    expect(await events.countDocuments({})).toBe(0);
    await events.insertOne({ name: '长'.repeat(600) });
    expect(await events.findOne({ name: long })).toBeNull();
    expect(await events.countDocuments({ name: { $lt: long } })).toBe(1);
    expect(await events.countDocuments({ name: { $gte: long } })).toBe(0);
  });

  it('tells how it reads: by index where there is one, by the whole collection where not', async () => {
    const store = await openStore();
    const events = store.collection('events');
    await events.createIndex({ scope: 1, keys: 1 });
    await events.insertMany(
      Array.from({ length: 3000 }, (_, i) => ({ scope: 's', keys: ['all', `rare${i % 100}`], i })),
    );
    const explain = async (filter: Record<string, unknown>) => {
      const { executionStats, queryPlanner } = (await events.find(filter).explain()) as {
        executionStats: { totalKeysExamined: number };
        queryPlanner: { winningPlan: unknown };
      };
      return { keys: executionStats.totalKeysExamined, plan: JSON.stringify(queryPlanner.winningPlan) };
    };
    expect(await explain({ i: 5 })).toMatchObject({ keys: 0, plan: expect.stringContaining('COLLSCAN') as string });
    expect(await explain({ scope: 's', keys: { $all: ['all', 'rare7'] } })).toMatchObject({ keys: 30 });
    const either = await explain({
      $or: [
        { scope: 's', keys: 'rare1' },
        { scope: 's', keys: 'rare2' },
      ],
    });
    expect(either).toMatchObject({ keys: 60, plan: expect.stringContaining('OR') as string });
    await expect(events.find({}).hint('nothing').toArray()).rejects.toMatchObject({ code: 2 });
  });
});

import { execFile, spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checkStore } from '#server/platform/embedded/backup.ts';
import { isEmbedded, openStore, temporaryFolder } from '../support/store.ts';

/* A disk that refuses: what failed is said to have failed, nothing is written after it, and reads go on. */

const run = promisify(execFile);
const TRACER = process.env['STRACE'] ?? 'strace';
const LIMITER = 'prlimit';
const canTrace = spawnSync(TRACER, ['-qq', 'true']).status === 0;
const canLimit = spawnSync(LIMITER, ['--fsize']).status === 0;
const REFUSED = fileURLToPath(new URL('./embeddedRefused.ts', import.meta.url));
const WRITER = fileURLToPath(new URL('./embeddedWriter.ts', import.meta.url));
const BEFORE = { listed: ['_id_', 'n_1'], tables: ['rows'], counts: [500, 1, 1, 100], faults: [] };

describe.skipIf(!isEmbedded)('the embedded store on a disk that refuses', () => {
  it.skipIf(!canLimit).each(['createIndex', 'createNewIndex', 'dropIndex', 'drop', 'bulkWrite', 'insertIntoNew'])(
    'refuses %s and every write after it, and shows what was there before', // left out where prlimit is missing
    async (call) => {
      const folder = await temporaryFolder();
      const command = `trap '' XFSZ; exec "${process.execPath}" --import tsx "${REFUSED}" "${folder}" ${call}`;
      const { stdout } = await run('bash', ['-c', command]);
      const said = JSON.parse(stdout.slice(stdout.indexOf('{'))) as unknown;
      expect(said).toEqual({ refused: 'StorageError', later: ['StorageError', 'StorageError'], ...BEFORE });
      const rows = (await openStore(folder)).collection('rows');
      expect((await rows.indexes()).map(({ name }) => name)).toEqual(BEFORE.listed);
      expect(await rows.countDocuments({})).toBe(500);
      expect(await checkStore(folder)).toEqual([]);
    },
  );

  // One that fails once is answered by all is well the next time, as Linux does once it has told of a failure.
  it.skipIf(!canTrace).each([
    ['a sync that fails once', 'fdatasync:error=EIO:when=40'],
    ['syncs that fail from some time on', 'fdatasync:error=EIO:when=40+'],
    // Each of these is another page: of a document, of what says what is synced, of what says what is committed.
    ['a 40th page that is not written', 'pwrite64,pwritev:error=EIO:when=40'],
    ['a 41st page that is not written', 'pwrite64,pwritev:error=EIO:when=41'],
    ['a 42nd page that is not written', 'pwrite64,pwritev:error=EIO:when=42'],
    ['a 46th page that is not written', 'pwrite64,pwritev:error=ENOSPC:when=46'],
  ])('says so after %s, writes no more, and has everything acknowledged', async (_, fault) => {
    const folder = await temporaryFolder(); // left out where strace is missing or forbidden
    const trace = ['-f', '-qq', '-e', 'trace=fdatasync,pwrite64,pwritev', '-e', `inject=${fault}`, '-o', '/dev/null'];
    const writer = [process.execPath, '--import', 'tsx', WRITER, `embedded:${folder}`, '0', 'faulty'];
    const { stdout } = (await run(TRACER, [...trace, ...writer]).catch((killed: unknown) => killed)) as {
      stdout: string;
    };
    const said = stdout.trim().split('\n');
    const acknowledged = said.filter((line) => /^\d+$/.test(line)).map(Number);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(said.slice(-3, -1)).toEqual(['StorageError storage', 'StorageError storage']);
    // LMDB reads no more after its last page failed, or waits for ever: then reads are refused as well.
    if (fault.startsWith('pwrite')) expect(said.at(-1)).toMatch(/^(readable \d+|StorageError storage)$/);
    else expect(said.at(-1)).toMatch(/^readable \d+$/);
    const events = (await openStore(folder)).collection('events');
    for (const _id of acknowledged) expect(await events.findOne({ _id })).not.toBeNull();
    expect(await checkStore(folder)).toEqual([]);
  });
});

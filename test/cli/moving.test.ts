import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { environmentOf, startHub } from '../support/hub.ts';
import { linli, recordIn } from '../support/linli.ts';
import { temporaryFolder } from '../support/streams.ts';

/** Everything in an export but the moment it was made at, by file; rows have no order of their own. */
async function contentsOf(folder: string): Promise<Record<string, string | string[]>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'manifest.json');
  const read = files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file);
    const text = await readFile(file, 'utf8');
    return [name, name.startsWith('rows') ? text.split('\n').sort() : text] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** The last event of each stream in an export: its seq and its hash. */
const headsIn = (contents: Record<string, string | string[]>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(contents).flatMap(([name, lines]) => {
      if (typeof lines !== 'string') return [];
      const { seq, hash } = JSON.parse(lines.trimEnd().split('\n').at(-1) ?? '') as { seq: number; hash: string };
      return [[name, { seq, hash }]];
    }),
  );

test('a hub moves from a folder to another store and back into a folder, and no event, head or row is another', async () => {
  const first = await temporaryFolder();
  const away = await temporaryFolder();
  const last = await temporaryFolder();
  const exports = await temporaryFolder();
  const here = environmentOf(first, `embedded:${first}`);
  const there = environmentOf(away); // on the server the tests run on, where they run on one
  const back = environmentOf(last, `embedded:${last}`);
  const hub = await startHub(first, here);
  onTestFinished(() => hub.kill());
  expect(await hub.stop()).toBe(0);

  const [out, home] = [path.join(exports, 'out'), path.join(exports, 'home')];
  const record = recordIn(await linli(['export', out], here));
  expect(recordIn(await linli(['import', out], there))).toBe(record);
  expect(recordIn(await linli(['export', home], there))).toBe(record);
  expect(recordIn(await linli(['import', home], back))).toBe(record);
  expect(recordIn(await linli(['verify'], back))).toBe(record);

  const [before, after] = [await contentsOf(out), await contentsOf(home)];
  expect(Object.keys(headsIn(before)).length).toBeGreaterThan(40);
  expect(headsIn(after)).toEqual(headsIn(before));
  expect(after).toEqual(before);
});

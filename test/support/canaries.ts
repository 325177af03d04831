import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { App } from '#server/app.ts';

/** Where in the store any of these words still stands, as `collection: word`, and in which files beside it. */
export async function foundIn({ db }: Pick<App, 'db'>, words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await db.listCollections()) {
    for await (const row of db.collection(name).find({})) {
      const text = JSON.stringify(row);
      found.push(...words.filter((word) => text.includes(word)).map((word) => `${name}: ${word}`));
    }
  }
  return [...new Set(found)];
}

/** The same for files in a folder; the store's own pages are left out, since freed ones keep what they held. */
export async function foundInFiles(folder: string, words: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.mdb'));
  const read = files.map(async (entry) => {
    const at = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(at);
    return words.filter((word) => bytes.includes(word)).map((word) => `${path.relative(folder, at)}: ${word}`);
  });
  return (await Promise.all(read)).flat();
}

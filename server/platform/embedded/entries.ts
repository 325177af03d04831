import { Buffer } from 'node:buffer';
import { serverError } from './errors.ts';
import { MAX_KEY, type Doc } from './keys.ts';
import { indexKeys, type IndexKey } from './paths.ts';
import type { Index, Table } from './store.ts';

/*
 * What an index stores. A unique one maps its key to the key of the document. In any other the document's key follows,
 * to tell equal entries apart, and the value says only how long it is: written twice it made up a third of a large store.
 */

export interface Entry {
  index: Index;
  stored: Buffer;
  value: Buffer;
  /** What it was made of. */
  key: IndexKey;
}

function entryFor(index: Index, key: IndexKey, id: Buffer): Entry {
  if (index.unique) return { index, stored: key.key, value: id, key };
  const stored = Buffer.concat([key.key, id]);
  if (stored.length > MAX_KEY) {
    throw serverError('keyTooLong', `index key too long: ${stored.length} bytes in ${index.name}, at most ${MAX_KEY}`);
  }
  const value = Buffer.allocUnsafe(2);
  value.writeUInt16BE(id.length);
  return { index, stored, value, key };
}

/** The key of the document that an entry leads to. */
export function documentOf(index: Index, { key, value }: { key: Uint8Array; value: Uint8Array }): Uint8Array {
  if (index.unique) return value;
  return key.subarray(key.length - ((value[0] ?? 0) * 256 + (value[1] ?? 0)));
}

/** What one index must hold for a document, and which of its paths turned out to be arrays. */
export function entriesIn(index: Index, doc: Doc, id: Buffer): { entries: Entry[]; arrays: string[] } {
  if (!(index.matches?.(doc) ?? true)) return { entries: [], arrays: [] };
  const { keys, arrays, missing } = indexKeys(doc, index.fields, index.directions);
  if (index.sparse && missing) return { entries: [], arrays: [] };
  const entries = keys.map((key) => entryFor(index, key, id));
  return { entries, arrays: arrays.filter((path) => !index.arrays.includes(path)) };
}

/** What each index must hold for a document, and which paths turned out to be arrays. */
export function entriesOf(table: Table, doc: Doc, id: Buffer): { entries: Entry[]; arrays: [Index, string][] } {
  const entries: Entry[] = [];
  const arrays: [Index, string][] = [];
  for (const index of table.indexes) {
    const found = entriesIn(index, doc, id);
    entries.push(...found.entries);
    for (const path of found.arrays) arrays.push([index, path]);
  }
  return { entries, arrays };
}

import { Buffer } from 'node:buffer';
import mongoose from 'mongoose';
import { entriesOf } from './entries.ts';
import { encodeKey } from './keys.ts';
import type { Store, Table } from './store.ts';

const { BSON } = mongoose.mongo;
const MOST = 100; // disagreements told of one collection; the first ones say what kind of damage it is

/** What of a collection and its indexes does not agree; nothing where every index holds what it must and no more. */
function disagreements(table: Table): string[] {
  const found: string[] = [];
  const expected = new Map(table.indexes.map((index) => [index, 0]));
  const say = (what: string): void => {
    if (found.length < MOST) found.push(`${table.namespace}: ${what}`);
  };
  for (const { key, value: bytes } of table.primary.getRange({})) {
    const doc = BSON.deserialize(bytes);
    const id = Buffer.from(key);
    const name = JSON.stringify(doc['_id']);
    if (!encodeKey([doc['_id']]).equals(id)) say(`document ${name} stands in another's place`);
    for (const { index, stored, value } of entriesOf(table, doc, id).entries) {
      expected.set(index, (expected.get(index) ?? 0) + 1);
      const entry = index.entries.get(stored);
      if (entry === undefined || !value.equals(entry)) say(`index ${index.name} does not know document ${name}`);
    }
  }
  for (const [index, count] of expected) {
    const { entryCount } = index.entries.getStats() as { entryCount: number };
    // All that must be there is there; so any difference is entries that lead nowhere.
    if (entryCount !== count) say(`index ${index.name} holds ${entryCount} entries where ${count} belong`);
  }
  return found;
}

/**
 * Compares every document of the store with every index. Each collection in one turn, so on one state of the store,
 * whoever writes meanwhile; that turn takes about 20 s for a million documents, so not in a process that serves.
 */
export const checkIndexes = (store: Store): string[] => [...store.tables.values()].flatMap(disagreements);

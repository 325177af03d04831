import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { EmbeddedCollection } from '#server/platform/embedded/collection.ts';
import { checkIndexes } from '#server/platform/embedded/check.ts';
import { openStore } from '#server/platform/embedded/store.ts';

/*
 * A process whose disk is full for the length of one call: `embeddedRefused.ts <folder> <call>`. A limit on the size of
 * its files stands for the disk. In one line it says what the call and later writes came to, and what it reads then.
 */

const LIMITER = 'prlimit';
const [folder = '', call = ''] = process.argv.slice(2);
const store = await openStore(folder);
const collection = (name: string) => new EmbeddedCollection(store, name, (of) => `linli.${of}`);
const rows = collection('rows');
await rows.insertMany(Array.from({ length: 500 }, (_, _id) => ({ _id, n: _id, m: _id, tags: 'one' })));
await rows.createIndex({ n: 1 });
await rows.createIndex({ m: 1 }); // its database is there, so that the next time it is the commit that fails
await rows.dropIndex('m_1');

const twoTags = { insertOne: { document: { _id: 500, n: 500, tags: ['one', 'two'] } } };
const CALLS: Record<string, () => Promise<unknown>> = {
  createIndex: () => rows.createIndex({ m: 1 }),
  createNewIndex: () => rows.createIndex({ tags: 1 }),
  dropIndex: () => rows.dropIndex('n_1'),
  drop: () => rows.drop(),
  bulkWrite: () => rows.bulkWrite([twoTags, { deleteMany: { filter: { n: { $lt: 100 } } } }]),
  insertIntoNew: () => collection('others').insertOne({ _id: 1 }),
};
const limit = (size: string): unknown => spawnSync(LIMITER, ['--pid', String(process.pid), `--fsize=${size}:`]);
const outcome = (of: Promise<unknown> | undefined): Promise<string> | undefined =>
  of?.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );

limit('4096');
const refused = await outcome(CALLS[call]?.());
limit('unlimited');
const later = [await outcome(rows.insertOne({ _id: 900, n: 900 })), await outcome(rows.createIndex({ k: 1 }))];
const listed = (await rows.indexes()).map(({ name }) => name);
const tables = [...store.tables.values()].filter(({ isSaved }) => isSaved).map(({ name }) => name);
const counts = [{}, { n: 5 }, { m: 5 }, { n: { $lt: 100 } }].map((filter) => rows.countDocuments(filter));
const reads = { listed, tables, counts: await Promise.all(counts), faults: checkIndexes(store) };
process.stdout.write(JSON.stringify({ refused, later, ...reads }));
process.exit(0);

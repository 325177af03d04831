import { ConfigError } from '#server/config.ts';
import { walk } from '#server/platform/chains.ts';
import { importFrom } from '#server/platform/transfer.ts';
import { KEPT } from '#server/tables.ts';
import { config, oneFolder, told, withStore } from './store.ts';

/**
 * `linli import <export>`: takes an export into the hub's store, which must hold no events. Read models are made at the
 * next start.
 */
export async function importAll(args: readonly string[]): Promise<void> {
  const from = oneFolder(args, 'linli import <export>');
  const { store } = config();
  const found = await withStore(store, { readOnly: false }, async ({ db, events }) => {
    await events.init();
    if ((await events.lastPosition()) > 0)
      throw new ConfigError('The store holds events already: import into an empty one.');
    const manifest = await importFrom(from, {
      events: events.take,
      collections: KEPT,
      rows: async (name, rows) => {
        await db.collection(name).insertMany(rows);
      },
    });
    const there = await walk(events.all());
    if (there.digest !== manifest.digest) throw new ConfigError('What is in the store now is not what was exported.');
    return there;
  });
  console.log(`Imported ${told(found)}.`);
}

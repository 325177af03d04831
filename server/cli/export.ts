import { exportTo, type Rows } from '#server/platform/transfer.ts';
import { KEPT } from '#server/tables.ts';
import { config, embeddedFolder, mustBeFree, mustHoldStore, oneFolder, told, withStore } from './store.ts';

/**
 * `linli export <folder>`: the record as text, a file for each stream, to read or to import into the other engine. Of a
 * hub that runs, streams are taken one after the other: stop it where all must be of one moment.
 */
export async function exportAll(args: readonly string[]): Promise<void> {
  const target = oneFolder(args, 'linli export <folder>');
  const settings = config();
  if (settings.store.startsWith('embedded:')) mustHoldStore(embeddedFolder(settings, 'export'));
  mustBeFree(target);
  const manifest = await withStore(settings.store, { readOnly: true }, async ({ db, events }) => {
    const there = new Set((await db.listCollections()).map(({ name }) => name));
    const rows = KEPT.filter((name) => there.has(name)).map((name): Rows => ({
      name,
      rows: db.collection(name).find({}),
    }));
    return exportTo(target, events.all(), rows);
  });
  console.log(`Exported ${told(manifest)}`);
  console.log(`to ${target}.`);
}

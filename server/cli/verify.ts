import path from 'node:path';
import { ConfigError } from '#server/config.ts';
import { walk } from '#server/platform/chains.ts';
import { checkStore } from '#server/platform/embedded/backup.ts';
import { config, filesFaults, mustHoldStore, told, withStore } from './store.ts';

/**
 * `linli verify [<backup>]`: follows every chain of the hub's store, which may be running, or of a backup; on the
 * embedded engine also compares documents and indexes, and reads every file that events name. Ends with 1 where anything is wrong.
 */
export async function verify(args: readonly string[]): Promise<void> {
  if (args.length > 1) throw new ConfigError('Usage: linli verify [<backup>]');
  const [given] = args;
  const url = given === undefined ? config().store : `embedded:${path.resolve(given)}`;
  const folder = url.startsWith('embedded:') ? url.slice('embedded:'.length) : undefined;
  if (folder !== undefined) mustHoldStore(folder);
  const { faults, ...found } = await withStore(url, { readOnly: true }, ({ events }) => walk(events.all()));
  const kept = given === undefined ? config().files : path.join(path.resolve(given), 'files');
  const beside = folder === undefined ? [] : [...(await checkStore(folder)), ...(await filesFaults(folder, kept))];
  const all = [...faults, ...beside];
  for (const fault of all) console.error(fault);
  if (all.length > 0) {
    console.error(`Damaged: ${told(found)}`);
    process.exit(1);
  }
  console.log(`Whole: ${told(found)}`);
}

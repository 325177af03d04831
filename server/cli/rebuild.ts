import type { Config } from '#server/config.ts';
import { CHECKPOINTS, isMadeAgain } from '#server/tables.ts';
import { closedApp } from './closed-app.ts';
import { config, withStore } from './store.ts';

/**
 * Empties every read model and makes it again from the events. If it is broken off, the next start of the hub goes on
 * where it stood: the checkpoints go first, so nothing half made is taken for whole.
 */
export async function rebuildStore(settings: Config): Promise<string[]> {
  const dropped = await withStore(settings.store, { readOnly: false }, async ({ db }) => {
    const names = (await db.listCollections()).map(({ name }) => name).filter(isMadeAgain);
    const first = names.filter((name) => name === CHECKPOINTS);
    for (const name of [...first, ...names.filter((other) => other !== CHECKPOINTS)]) await db.dropCollection(name);
    return names;
  });
  const app = await closedApp(settings);
  await app.consumers.settled();
  const stuck = app.consumers.stuck();
  await app.close();
  if (stuck.length > 0) throw new Error(`${stuck.join(', ')} could not be made again: the log says at what`);
  return dropped;
}

/** `linli rebuild`: the read models anew, for instance after an import, or when one is not believed. */
export async function rebuild(): Promise<void> {
  const began = performance.now();
  const made = await rebuildStore(config());
  console.log(`Made again in ${((performance.now() - began) / 1000).toFixed(1)} s: ${made.sort().join(', ')}.`);
}

import { closedApp } from './closed-app.ts';
import { config } from './store.ts';

/**
 * `linli init`: makes the store, its indexes and the hub's keys without serving, so that an operator can look at them,
 * back the keys up and hand over the set-up code. Does nothing to a store that is there.
 */
export async function init(): Promise<void> {
  const settings = config();
  const app = await closedApp(settings);
  const { directory, setup } = app.features;
  const isNew = directory.isEmpty();
  await app.close();
  console.log(`The store is ready. Its keys are in ${settings.secrets}: keep a copy elsewhere.`);
  if (isNew) console.log(`The first administrator needs the set-up code ${setup.code}`);
}

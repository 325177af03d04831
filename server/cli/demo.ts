import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '#server/config.ts';
import { DEMO_PASSWORD, NAMED } from '#server/demo/demo.cast.ts';
import { seedDemo } from '#server/demo/demo.ts';
import { run } from '#server/run.ts';
import { clientFolder } from './client-folder.ts';

/**
 * `linli demo`: a hub with demo people and data. Without LINLI_STORE it lives in a fresh temporary folder; a store that
 * holds something already is left as it is.
 */
export async function demo(): Promise<void> {
  const folder =
    process.env['LINLI_STORE'] === undefined ? await mkdtemp(path.join(tmpdir(), 'linli-demo-')) : undefined;
  const store = folder === undefined ? {} : { store: `embedded:${folder}` };
  const config = readConfig(process.env, { demo: true, ...store });
  await run(config, { dev: false, client: clientFolder(), prepare: seedDemo });
  console.log(`Sign in as ${NAMED.map(({ login, name }) => `${login} (${name})`).join(', ')}`);
  console.log(`with the password ${DEMO_PASSWORD}`);
}

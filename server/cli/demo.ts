import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, readConfig } from '#server/config.ts';
import { DEMO_PASSWORD, NAMED } from '#server/demo/demo.cast.ts';
import { seedLoad, type Load } from '#server/demo/demo.load.ts';
import { seedDemo } from '#server/demo/demo.ts';
import { run } from '#server/run.ts';
import { clientFolder } from './client-folder.ts';

const LOAD = /^rooms=([1-9]\d{0,3}),members=([1-9]\d{0,3})(?:,messages=([1-9]\d{0,4}))?(?:,incidents=([1-9]\d{0,4}))?$/;

/** What `--load rooms=200,members=25,messages=50,incidents=100` asks for; undefined without it. */
function loadFrom(args: readonly string[]): Load | undefined {
  if (args.length === 0) return undefined;
  const found = args.length === 2 && args[0] === '--load' ? LOAD.exec(args[1] ?? '') : null;
  if (found === null)
    throw new ConfigError(
      'linli demo takes nothing but --load rooms=<1–9999>,members=<1–9999>[,messages=<1–99999 a room>][,incidents=<1–99999>].',
    );
  const [rooms, members, messages, incidents] = found.slice(1).map((digits?: string) => digits && Number(digits));
  return { rooms, members, messages, incidents } as Load;
}

/**
 * `linli demo`: a hub with demo people and data. Without LINLI_STORE it lives in a fresh temporary folder; a store that
 * holds something already is left as it is. With `--load` people and rooms for load tests are added.
 */
export async function demo(args: readonly string[]): Promise<void> {
  const load = loadFrom(args);
  const folder =
    process.env['LINLI_STORE'] === undefined ? await mkdtemp(path.join(tmpdir(), 'linli-demo-')) : undefined;
  const store = folder === undefined ? {} : { store: `embedded:${folder}` };
  const config = readConfig(process.env, { demo: true, ...store });
  await run(config, {
    dev: false,
    client: clientFolder(),
    prepare: async (app, clock) => {
      await seedDemo(app, clock);
      if (load !== undefined) await seedLoad(app, load);
    },
  });
  console.log(`Sign in as ${NAMED.map(({ login, name }) => `${login} (${name})`).join(', ')}`);
  console.log(`with the password ${DEMO_PASSWORD}`);
}

import { readConfig } from '#server/config.ts';
import { run } from '#server/run.ts';
import { clientFolder } from './client-folder.ts';

/** `linli serve`: the hub for real use, from whatever folder it is called in. */
export async function serve(): Promise<void> {
  await run(readConfig(process.env, { demo: false }), { dev: false, client: clientFolder() });
}

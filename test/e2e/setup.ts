import path from 'node:path';
import { createBuilder } from 'vite';

export async function setup(): Promise<void> {
  const builder = await createBuilder({
    configFile: path.resolve('vite.config.ts'),
    logLevel: 'warn',
    mode: 'production',
  });
  const client = builder.environments['client'];
  if (client === undefined) throw new Error('no client environment');
  await builder.build(client);
}

import path from 'node:path';
import { ConfigError, readConfig } from './config.ts';
import { run } from './run.ts';

/** The hub for real use: `npm start`. */
try {
  const dev = process.argv.includes('--dev');
  const config = readConfig(process.env, { demo: dev });
  await run(config, { dev, client: path.resolve('dist/client') });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(78); // EX_CONFIG
}

import path from 'node:path';
import { readConfig } from './config.ts';
import { run, sentenceFor } from './run.ts';

/** The hub for real use: `npm start`. */
try {
  const dev = process.argv.includes('--dev');
  const config = readConfig(process.env, { demo: dev, dev });
  await run(config, { dev, client: path.resolve('dist/client') });
} catch (error) {
  const sentence = sentenceFor(error);
  if (sentence === undefined) throw error;
  console.error(sentence);
  process.exit(78); // EX_CONFIG
}

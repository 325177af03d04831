#!/usr/bin/env -S node --enable-source-maps --disable-proto=throw
import { ConfigError } from '#server/config.ts';
import { demo } from './demo.ts';
import { serve } from './serve.ts';

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { serve, demo };

const [verb = '', ...args] = process.argv.slice(2);
const run = VERBS[verb];
if (run === undefined) {
  console.error(`linli ${Object.keys(VERBS).join(' | ')}`);
  process.exit(64); // EX_USAGE
}
try {
  await run(args);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(78); // EX_CONFIG
}

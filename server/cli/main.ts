#!/usr/bin/env -S node --enable-source-maps --disable-proto=throw
import { sentenceFor } from '#server/run.ts';
import { backup } from './backup.ts';
import { demo } from './demo.ts';
import { exportAll } from './export.ts';
import { importAll } from './import.ts';
import { importPeopleVerb } from './import-people.ts';
import { rebuild } from './rebuild.ts';
import { resetFactorVerb } from './reset-factor.ts';
import { init } from './init.ts';
import { restore } from './restore.ts';
import { serve } from './serve.ts';
import { verify } from './verify.ts';

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  serve,
  demo,
  init,
  backup,
  restore,
  verify,
  rebuild,
  export: exportAll,
  import: importAll,
  'import-people': importPeopleVerb,
  'reset-factor': resetFactorVerb,
};

const [verb = '', ...args] = process.argv.slice(2);
const run = VERBS[verb];
if (run === undefined) {
  console.error(`linli ${Object.keys(VERBS).join(' | ')}`);
  process.exit(64); // EX_USAGE
}
try {
  await run(args);
} catch (error) {
  const sentence = sentenceFor(error);
  if (sentence === undefined) throw error;
  console.error(sentence);
  process.exit(78); // EX_CONFIG
}

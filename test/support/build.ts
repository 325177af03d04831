import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createBuilder } from 'vite';

const SOURCES = ['client', 'server', 'shared', 'package.json', 'vite.config.ts'];
const BUILT = ['dist/server/cli.js', 'dist/client/index.html'];

function newest(entry: string): number {
  const stat = statSync(entry);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const inside = readdirSync(entry, { recursive: true, encoding: 'utf8' });
  return Math.max(...inside.map((name) => statSync(path.join(entry, name)).mtimeMs));
}

function isFresh(): boolean {
  try {
    const built = Math.min(...BUILT.map((file) => statSync(file).mtimeMs));
    return SOURCES.every((entry) => newest(entry) < built);
  } catch {
    return false;
  }
}

/** Builds client and server as they ship, unless what is there is newer than every source. */
export async function setup(): Promise<void> {
  if (isFresh()) return;
  const configFile = path.resolve('vite.config.ts');
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production'; // else Svelte builds its development self
  try {
    const builder = await createBuilder({ configFile, logLevel: 'error', mode: 'production' }, null);
    await builder.buildApp();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

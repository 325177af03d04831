import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/*
 * `npm run build:twice`: builds the sources in two folders and compares what comes out, byte by byte. Whoever doubts that
 * a build is made of these sources makes their own and compares.
 */

const SOURCES = ['client', 'server', 'shared', 'package.json', 'tsconfig.json', 'vite.config.ts'];

/** Builds a copy of the sources; what came out, by path, as SHA-256. */
async function built(): Promise<Map<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-build-'));
  try {
    await Promise.all(SOURCES.map((name) => cp(name, path.join(folder, name), { recursive: true })));
    await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
    const vite = path.resolve('node_modules/vite/bin/vite.js');
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: folder, stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the build ended with ${code}`);
    const dist = path.join(folder, 'dist');
    const entries = await readdir(dist, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    const hashed = files.map(async (file) => {
      const hash = createHash('sha256').update(await readFile(file));
      return [path.relative(dist, file), hash.digest('hex')] as const;
    });
    return new Map((await Promise.all(hashed)).sort(([a], [b]) => (a < b ? -1 : 1)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [one, other] = [await built(), await built()];
const names = [...new Set([...one.keys(), ...other.keys()])];
const differing = names.filter((name) => one.get(name) !== other.get(name));
for (const name of differing) console.error(`${name} differs`);
const whole = createHash('sha256')
  .update(JSON.stringify([...one]))
  .digest('hex');
console.log(`${names.length} files, ${differing.length} differ, SHA-256 over all ${whole}`);
if (differing.length > 0) process.exitCode = 1;

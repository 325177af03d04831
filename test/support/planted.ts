import { readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type Plugin } from 'vite';

/** A fault put into the source on its way into a build. `from` must stand in the file exactly once. */
export interface Plant {
  file: string;
  from: string;
  to: string;
}

const FOLDER = path.resolve('node_modules/.planted', String(process.pid)); // where the server's own packages are found

/** The file as it would be with the fault in it. Throws when the source has moved on from what the plant expects. */
function planted(source: string, { file, from, to }: Plant): string {
  if (source.split(from).length !== 2) throw new Error(`${file} has no single place for the plant: ${from}`);
  return source.replace(from, () => to);
}

function plugin(plants: readonly Plant[]): Plugin {
  return {
    name: 'plants',
    enforce: 'pre',
    load: (id) => {
      const mine = plants.filter(({ file }) => path.resolve(file) === id);
      return mine.length === 0 ? undefined : mine.reduce(planted, readFileSync(id, 'utf8'));
    },
  };
}

/** Takes every planted build away. */
export const removePlanted = (): Promise<void> => rm(FOLDER, { recursive: true, force: true });

/** Builds the server with faults in it, until `removePlanted`. Resolves with its command line. */
export async function plantedBuild(name: string, plants: readonly Plant[]): Promise<string> {
  const folder = path.join(FOLDER, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await symlink(path.resolve('dist/client'), path.join(folder, 'client'));
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: [plugin(plants), svelte({ configFile: false })],
    build: {
      ssr: true,
      outDir: path.join(folder, 'server'),
      copyPublicDir: false,
      target: 'node20',
      rolldownOptions: { input: { cli: 'server/cli/main.ts' } },
    },
  });
  return path.join(folder, 'server/cli.js');
}

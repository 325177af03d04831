import { readFileSync } from 'node:fs';

interface Manifest {
  [source: string]: { file?: string; css?: string[] } | undefined;
}

/** Where the built stylesheet of the public pages is, or where Vite serves it while nothing is built. */
export function publicStylesheet(manifestFile: string): string {
  try {
    const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as Manifest;
    const entry = manifest['styles/public.css'];
    const file = entry?.file ?? entry?.css?.[0];
    if (file !== undefined) return `/${file}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // no build: development or a test
  }
  return '/styles/public.css';
}

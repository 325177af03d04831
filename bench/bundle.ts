import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { print } from './table.ts';

const FOLDER = path.resolve('dist/client');
const FLOOR = 60; // KiB, performance.md goal 15 of the design

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
  src?: string;
}

type Manifest = Record<string, Chunk | undefined>;

/** A chunk and everything it imports before it can run. */
function withImports(manifest: Manifest, key: string, found: Set<string>): void {
  const chunk = manifest[key];
  if (chunk === undefined || found.has(chunk.file)) return;
  found.add(chunk.file);
  for (const other of chunk.imports ?? []) withImports(manifest, other, found);
}

/** What a browser loads of JavaScript before the first message of a room can be shown. */
export function bundle(): void {
  const manifest = JSON.parse(readFileSync(path.join(FOLDER, '.vite/manifest.json'), 'utf8')) as Manifest;
  const page = 'pages/MessagesPage.svelte'; // no chunk of its own where the entry imports it
  const found = new Set<string>();
  for (const key of ['index.html', page]) withImports(manifest, key, found);
  const sizes = [...found]
    .filter((file) => file.endsWith('.js'))
    .map((file) => {
      const bytes = readFileSync(path.join(FOLDER, file));
      return { file, plain: bytes.length / 1024, packed: gzipSync(bytes, { level: 9 }).length / 1024 };
    });
  const sum = sizes.reduce((total, { packed }) => total + packed, 0);
  console.log(
    `bundle: index.html${page in manifest ? ` and ${page}` : ' (the page of messages is in it)'}, with static imports`,
  );
  print(
    ['file', 'KiB', 'KiB gzip'],
    [
      ...sizes.map(({ file, plain, packed }) => [file, plain.toFixed(1), packed.toFixed(1)]),
      ['together', '', `${sum.toFixed(1)} of ${FLOOR} (${(sum / FLOOR).toFixed(2)}×)`],
    ],
  );
}

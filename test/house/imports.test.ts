import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { allSources, importsOf, targetOf, type Source } from '../support/sources.ts';

const arrows = JSON.parse(readFileSync('test/house/arrows.json', 'utf8')) as Record<string, string[]>;
const FEATURES = ['people', 'forum', 'minutes', 'incidents', 'responses'];
const house = allSources().filter(({ file }) => !file.startsWith('test/'));

/** The narrowest entry of the arrow list a file belongs to. */
function homeOf(file: string): string {
  const entries = Object.keys(arrows).flatMap((entry) =>
    entry.endsWith('/*') ? FEATURES.map((feature) => entry.replace('*', feature)) : [entry],
  );
  const homes = entries.filter((entry) => file === entry || file.startsWith(`${entry}/`));
  return homes.sort((a, b) => b.length - a.length)[0] ?? path.posix.dirname(file);
}

/** What a home may import besides itself; a folder named by itself beats its `*`. */
function allowedFrom(home: string): string[] {
  const rule = arrows[home] ?? arrows[home.replace(/[^/]+$/, '*')] ?? [];
  return [home, ...rule.flatMap((to) => (to.endsWith('/*') ? FEATURES.map((f) => to.replace('*', f)) : [to]))];
}

const isAllowed = (from: string, to: string): boolean =>
  allowedFrom(homeOf(from)).some((allowed) => to === allowed || to.startsWith(`${allowed}/`));

test('every import follows an arrow of the list', () => {
  const wrong = house.flatMap((source) =>
    importsOf(source)
      .map((specifier) => targetOf(source.file, specifier))
      .filter((target): target is string => target !== undefined && !isAllowed(source.file, target))
      .map((target) => `${source.file} → ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no import climbs out of its folder with ../', () => {
  const climbing = house.filter((source) => importsOf(source).some((specifier) => specifier.startsWith('../')));
  expect(climbing.map(({ file }) => file)).toEqual([]);
});

test('nothing imports in a circle', () => {
  // Types vanish when the program is built: only what is there at run time can go round.
  const values = ({ text }: Source): string => text.replace(/(?:^|\n)import type [^;]+;/g, '\n');
  const graph = new Map(
    house.map((source) => {
      const stripped = { ...source, text: values(source) };
      const targets = importsOf(stripped).flatMap((specifier) => targetOf(source.file, specifier) ?? []);
      return [source.file, targets] as const;
    }),
  );
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...trail, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  const circles = [...graph.keys()].map((file) => visit(file, [])).filter((circle) => circle !== undefined);
  expect(circles).toEqual([]);
});

/** Packages with one owner: who may import them, as the beginning of a file's name. */
const OWNERS: Record<string, RegExp> = {
  mongoose: /\.model\.ts$|^server\/platform\/(embedded\/|store\.ts|rows\.ts|blobs\.grid\.ts)|^bench\//,
  sharp: /^server\/platform\/picture\.child\.ts$/,
  lmdb: /^server\/platform\/embedded\/|^bench\//,
  mingo: /^server\/platform\/embedded\//,
  'socket.io': /^server\/platform\/|^bench\//,
  'socket.io-client': /^client\/platform\/|^bench\//,
  '@valibot/to-json-schema': /^server\/platform\//,
  '@redis/client': /^server\/platform\/bus\.ts$/,
};

test('each package that decides something has one owner', () => {
  const packageOf = (specifier: string): string =>
    specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
  const strangers = house.flatMap((source) =>
    importsOf(source)
      .map(packageOf)
      .filter((name) => name in OWNERS && OWNERS[name]?.test(source.file) !== true)
      .map((name) => `${source.file} imports ${name}`),
  );
  expect(strangers).toEqual([]);
});

test('shared code imports valibot and itself alone', () => {
  const shared = house.filter(({ file }) => file.startsWith('shared/'));
  const foreign = shared.flatMap((source) =>
    importsOf(source).filter((specifier) => targetOf(source.file, specifier) === undefined && specifier !== 'valibot'),
  );
  expect(foreign).toEqual([]);
});

test('only the configuration reads the environment, only the entry points end the process', () => {
  const server = house.filter(({ file }) => file.startsWith('server/'));
  const readers = server.filter(({ text }) => text.includes('process.env')).map(({ file }) => file);
  const enders = server.filter(({ text }) => text.includes('process.exit')).map(({ file }) => file);
  expect(readers.filter((file) => !/^server\/(cli\/|main\.ts)/.test(file))).toEqual([]);
  expect(enders.filter((file) => !/^server\/(cli\/|main\.ts|run\.ts|platform\/picture\.child\.ts)/.test(file))).toEqual(
    [],
  );
});

test('every path the documents name is there', () => {
  const named = ['flows', 'operations', 'stores'].map((name) => `docs/${name}.md`);
  const documents = ['README.md', 'CONTRIBUTING.md', ...named].filter((file) => existsSync(file));
  const missing = documents.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/`((?:server|client|shared|test|docs|bench)\/[\w./-]+)`/g)]
      .map((match) => match[1] ?? '')
      .filter((named) => !existsSync(named))
      .map((named) => `${file}: ${named}`),
  );
  expect(missing).toEqual([]);
});

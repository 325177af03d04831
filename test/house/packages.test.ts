import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/* What we build on, as the lock file says it: nothing here asks a network. */

interface Package {
  version?: string;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  optional?: boolean;
  link?: boolean;
}
type Manifest = Partial<Record<'dependencies' | 'devDependencies', Record<string, string>>> & {
  allowScripts: Record<string, boolean>;
};

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const lock = (readJson('package-lock.json') as { packages: Record<string, Package> }).packages;
const manifest = readJson('package.json') as Manifest;
const installed = Object.entries(lock).filter(([at]) => at !== '');
const nameOf = (at: string): string => at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** The first version without a hole that is known and would be felt here. */
const FLOORS: Readonly<Record<string, string>> = {
  'body-parser': '2.3.0',
  'engine.io': '6.6.9',
  express: '5.1.0',
  lmdb: '3.5.6',
  mingo: '7.2.7',
  mongoose: '9.12.1',
  'path-to-regexp': '8.4.0',
  'socket.io': '4.8.3',
  'socket.io-parser': '4.2.6',
  svelte: '5.53.5',
  ws: '8.21.0',
};

const isBelow = (version: string, floor: string): boolean => {
  const [a, b] = [version, floor].map((one) => one.split(/[.-]/).map(Number));
  const at = [0, 1, 2].find((i) => a?.[i] !== b?.[i]);
  return at !== undefined && (a?.[at] ?? 0) < (b?.[at] ?? 0);
};

test('every package comes from a registry, and its bytes are known', () => {
  const odd = installed.filter(
    ([, one]) =>
      one.link === true || !/^sha512-/.test(one.integrity ?? '') || /^(?:git|file|http:)/.test(one.resolved ?? ''),
  );
  expect(odd.map(([at]) => at)).toEqual([]);
});

test('what we ask for is one version, not a range', () => {
  const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('no version is below the one that closed a hole', () => {
  const below = installed.filter(([at, { version = '0.0.0' }]) => isBelow(version, FLOORS[nameOf(at)] ?? '0.0.0'));
  expect(below.map(([at, { version }]) => `${at} ${version ?? ''}`)).toEqual([]);
  expect(Object.keys(FLOORS).filter((name) => !installed.some(([at]) => nameOf(at) === name))).toEqual([]);
});

test('who may run something while it is installed is written down, and parsers of multipart are not here', () => {
  const scripts = installed.filter(([, one]) => one.hasInstallScript === true).map(([at]) => nameOf(at));
  expect(scripts.filter((name) => !(name in manifest.allowScripts))).toEqual([]);
  const refused = ['multer', 'multiparty', 'busboy', 'formidable', 'morgan'];
  expect(installed.map(([at]) => nameOf(at)).filter((name) => refused.includes(name))).toEqual([]);
});

test('the list of what is inside names every package that runs, each at its version and with its hash', () => {
  const said = execFileSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const list = JSON.parse(said) as { bomFormat: string; components: { purl: string; hashes?: object[] }[] };
  expect(list.bomFormat).toBe('CycloneDX');
  const hashed = new Set(list.components.filter(({ hashes = [] }) => hashes.length > 0).map(({ purl }) => purl));
  const runs = installed.filter(([, one]) => one.dev !== true && one.optional !== true);
  const purlOf = ([at, { version = '' }]: [string, Package]): string =>
    `pkg:npm/${nameOf(at).replace('@', '%40')}@${version}`;
  expect(runs.length).toBeGreaterThan(50);
  expect(runs.map(purlOf).filter((purl) => !hashed.has(purl))).toEqual([]);
});

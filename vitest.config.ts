import { availableParallelism } from 'node:os';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findChromium } from './test/support/chromium.ts';

const plugins = [svelte({ configFile: false })];
const inNode = (name: string, more: object = {}): TestProjectConfiguration => ({
  plugins,
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: 20_000, ...more },
});

/** Side by side also on two cores, where Vitest would take one: these wait for a disk and a socket half of their time. */
const SIDE_BY_SIDE = { maxWorkers: Math.max(2, availableParallelism() - 1), sequence: { groupOrder: 1 } };

/** The built command line as processes. */
const BUILT = { globalSetup: ['test/support/build.ts'], fileParallelism: false, hookTimeout: 60_000 };

/** On a server that speaks MongoDB's wire (test/wire/run.ts): what it cannot is on a list, and the embedded engine rests. */
const onServer = (name: string, more: object = {}): TestProjectConfiguration => ({
  plugins,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    exclude: ['test/stores/embedded*', 'test/cli/backup*'],
    setupFiles: ['test/support/cannot.ts'],
    testTimeout: 600_000, // one that reads without indexes takes minutes to make the demo on a busy machine
    hookTimeout: 60_000,
    ...more,
  },
});
const hasOwnServer = process.env['LINLI_TEST_INSTALLED'] !== undefined; // one that can be started and killed

/** Faults are done to the hub as it ships: a process of its own that is killed, fed nonsense, or starved. */
const faults: TestProjectConfiguration = {
  plugins,
  test: {
    name: 'faults',
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 300_000,
    ...BUILT,
  },
};

const cli: TestProjectConfiguration = {
  plugins,
  test: { name: 'cli', include: ['test/cli/**/*.test.ts'], testTimeout: 120_000, ...BUILT },
};

const chromium = await findChromium();
const inBrowser: TestProjectConfiguration[] =
  chromium === undefined
    ? []
    : [
        {
          plugins,
          optimizeDeps: { entries: ['client/**/*.svelte', 'client/**/*.ts', 'test/client/**/*.ts'] }, // one found late reloads a running test
          test: {
            name: 'client',
            include: ['test/client/**/*.test.ts'],
            browser: {
              enabled: true,
              headless: true,
              screenshotFailures: false,
              provider: playwright({ launchOptions: chromium }),
              instances: [{ browser: 'chromium' }],
            },
          },
        },
        {
          plugins,
          test: {
            name: 'e2e',
            include: ['test/e2e/**/*.test.ts'],
            globalSetup: ['test/support/build.ts'],
            provide: { chromium },
            testTimeout: 60_000, // for a whole morning of several people; each step has its own deadline
            hookTimeout: 30_000,
          },
        },
      ];

const everything = [
  ...['stores', 'house'].map((name) => inNode(name)),
  ...['rules', 'server', 'realtime'].map((name) => inNode(name, SIDE_BY_SIDE)),
  ...[cli, faults, ...inBrowser],
];
const served = [
  ...['stores', 'server'].map((name) => onServer(name)),
  ...['cli', ...(hasOwnServer ? ['wire'] : [])].map((name) => onServer(name, BUILT)),
];

export default defineConfig({
  test: { projects: process.env['LINLI_TEST_STORE'] === undefined ? everything : served },
});

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findChromium } from './test/support/chromium.ts';

const plugins = [svelte({ configFile: false })];
const inNode = (name: string): TestProjectConfiguration => ({
  plugins,
  test: { name, include: [`test/${name}/**/*.test.ts`] },
});

const chromium = await findChromium();
const inBrowser: TestProjectConfiguration[] =
  chromium === undefined
    ? []
    : [
        {
          plugins,
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
            globalSetup: ['test/e2e/setup.ts'],
            provide: { chromium },
            testTimeout: 20_000,
            hookTimeout: 30_000,
          },
        },
      ];

export default defineConfig({
  test: {
    projects: [...['rules', 'stores', 'server', 'realtime', 'house'].map(inNode), ...inBrowser],
  },
});

import { chmodSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** npx runs the package's own bin as a file: it must be executable. */
const executable: Plugin = {
  name: 'executable-cli',
  applyToEnvironment: (environment) => environment.name === 'ssr',
  writeBundle: () => {
    chmodSync('dist/server/cli.js', 0o755);
  },
};

export default defineConfig({
  root: 'client',
  plugins: [svelte({ configFile: false }), executable],
  builder: {}, // so that `vite build` builds both environments below
  environments: {
    client: {
      build: {
        outDir: '../dist/client',
        emptyOutDir: true,
        manifest: true,
        rolldownOptions: { input: { index: 'client/index.html', public: 'client/styles/public.css' } },
      },
    },
    ssr: {
      build: {
        outDir: '../dist/server',
        copyPublicDir: false,
        emptyOutDir: true,
        target: 'node20',
        sourcemap: true,
        rolldownOptions: { input: { main: 'server/main.ts', cli: 'server/cli/main.ts' } },
      },
    },
  },
});

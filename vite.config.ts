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

/**
 * An icon of Lucide is data, drawn by a component that can change everything about it. Ours never change: as fixed
 * markup they cost a room's first visit less, and every message fewer nodes to work out.
 */
const fixedIcons: Plugin = {
  name: 'fixed-icons',
  enforce: 'pre',
  transform: {
    filter: { id: /@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/ },
    handler: (code) => {
      const data = /const iconData = (\{.*\});/.exec(code)?.[1];
      if (data === undefined) return;
      const { node } = JSON.parse(data) as { node: [string, Record<string, string>][] };
      const shapes = node.map(([tag, attributes]) => {
        const written = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
        return `<${tag} ${written.join(' ')} />`;
      });
      const pen = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
      const svg = `<svg class="lucide" width="24" height="24" viewBox="0 0 24 24" ${pen} aria-hidden="true">`;
      return { code: `${svg}${shapes.join('')}</svg>`, map: { mappings: '' } };
    },
  },
};

export default defineConfig({
  root: 'client',
  plugins: [fixedIcons, svelte({ configFile: false }), executable],
  builder: {}, // so that `vite build` builds both environments below
  environments: {
    client: {
      build: {
        outDir: '../dist/client',
        emptyOutDir: true,
        manifest: true,
        modulePreload: { polyfill: false },
        rolldownOptions: {
          input: { index: 'client/index.html', public: 'client/styles/public.css' },
          checks: { bundlerTimings: false },
          treeshake: {
            // True of these packages, though they do not say so: what only a later page uses then comes with that page.
            moduleSideEffects: [
              { test: /\/node_modules\/svelte\/src\/(?!internal\/(disclose-version|flags))/, sideEffects: false },
              { test: /\/node_modules\/(engine|socket)\.io/, sideEffects: false },
            ],
          },
          output: {
            // One file packs better than many small ones: what a room needs, then the pieces that several pages share.
            codeSplitting: {
              groups: [
                { name: 'room', tags: ['$initial'], test: /^(?!.*\/client\/(main\.ts|index\.html|styles\/))/ },
                {
                  name: 'asked',
                  test: /\/client\/forum\/(asked|actions|forum\.errors|History|MessageMenu|Naming|Re(move|fused)|Room(Note|Search))/,
                },
                { name: 'files', test: /\/client\/(forum\/(Attach|Files|files\.|Picture)|platform\/upload)/ },
                { name: 'pieces', test: /\/client\/ui\/[\w.]+$|\/@lucide\//, minShareCount: 2 },
              ],
            },
          },
        },
      },
    },
    ssr: {
      build: {
        outDir: '../dist/server',
        copyPublicDir: false,
        emptyOutDir: true,
        target: 'node20',
        sourcemap: true,
        rolldownOptions: {
          input: { main: 'server/main.ts', cli: 'server/cli/main.ts', picture: 'server/platform/picture.child.ts' },
          checks: { bundlerTimings: false },
        },
      },
    },
  },
});

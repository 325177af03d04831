import { readFileSync } from 'node:fs';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';

/** Folder → what it may import besides itself; `*` stands for each feature. The same file rules test/house. */
const arrows = JSON.parse(readFileSync(new URL('./test/house/arrows.json', import.meta.url), 'utf8'));
const features = ['people', 'forum', 'minutes', 'incidents', 'responses'];
const each = (path) => (path.endsWith('/*') ? features.map((f) => path.replace('*', f)) : [path]);
const regex = (path) => (path.includes('.') ? `${path.replace('.', '\\.')}$` : `${path}/`);

const house = Object.entries(arrows)
  .flatMap(([key, allowed]) => each(key).map((folder) => ({ key, folder, allowed })))
  .filter(({ key, folder }) => key === folder || !(folder in arrows)) // a folder of its own name beats `*`
  .sort((a, b) => a.folder.length - b.folder.length) // the later, narrower block wins
  .map(({ folder, allowed }) => ({
    files: [folder.includes('.') ? folder : `${folder}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^(?:\\.\\./|#(?!${[folder, ...allowed.flatMap(each)].map(regex).join('|')}))`,
              message: `${folder} may import ${allowed.join(', ') || 'nothing else'} (test/house/arrows.json)`,
            },
          ],
        },
      ],
    },
  }));

export default defineConfig(
  { ignores: ['dist/**', 'data/**'] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  svelte.configs.recommended,
  prettier,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'server/dev/*.js'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },
  { files: ['**/*.svelte'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // flags every mongoose schema literal
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', 60],
      'max-params': ['error', 3],
      'max-depth': ['error', 3],
    },
  },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off' } },
  house,
);

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

const FUNCTION_LINES = 60;

/**
 * Functions of at most 60 lines of their own: lines of the functions inside are theirs. A factory `createX(deps)` is a
 * list of small functions that share what they were handed, and is measured as such.
 */
const ownLines = {
  create(context) {
    const stack = [];
    const enter = () => stack.push(0);
    const leave = (node) => {
      const inner = stack.pop();
      const all = node.loc.end.line - node.loc.start.line + 1;
      if (stack.length > 0) stack[stack.length - 1] += all;
      const own = all - inner;
      if (own > FUNCTION_LINES)
        context.report({ node, message: `${own} lines of its own; at most ${FUNCTION_LINES}.` });
    };
    const kinds = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
    return Object.fromEntries(
      kinds.flatMap((kind) => [
        [kind, enter],
        [`${kind}:exit`, leave],
      ]),
    );
  },
};

export default defineConfig(
  { ignores: ['dist/**', 'data/**', 'client/public/**'] },
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
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    plugins: { house: { rules: { 'own-lines': ownLines } } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // flags every mongoose schema literal
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'max-lines': ['error', 300],
      'house/own-lines': 'error',
      'max-params': ['error', 4], // decide(state, command, actor, now)
      'max-depth': ['error', 3],
    },
  },
  { files: ['**/*.js'], extends: [ts.configs.disableTypeChecked] },
  { files: ['test/**'], rules: { 'house/own-lines': 'off' } },
  house,
);

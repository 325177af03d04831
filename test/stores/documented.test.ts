import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

test('the script in the document runs as it stands there', async () => {
  const script = /```js\n([\s\S]+?)```/.exec(await readFile('docs/stores.md', 'utf8'))?.[1] ?? '';
  await mkdir('dist', { recursive: true });
  const folder = await mkdtemp(path.resolve('dist/script-')); // inside the project, so that its imports resolve
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'script.ts');
  await writeFile(file, script);
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
    cwd: folder,
  });
  expect(stdout).toContain("name: '李华'");
});

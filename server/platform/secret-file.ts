import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newId } from './crypto.ts';

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** What stands in a file, or undefined where there is none. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Written aside and then named, which fails where another process was faster: nothing is replaced, no half is read. */
async function make(folder: string, file: string, content: Uint8Array | string): Promise<void> {
  const aside = path.join(folder, `.${newId()}`);
  await writeFile(aside, content, { mode: 0o400, flag: 'wx', flush: true });
  try {
    await link(aside, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await unlink(aside);
  }
}

/**
 * What a file of the secrets folder holds; made there where it is missing, readable by the service alone. Processes
 * that start at the same moment all get the same. Throws where the folder cannot be used.
 */
export async function secretFile(secrets: string, name: string, fresh: () => Uint8Array | string): Promise<Buffer> {
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const file = path.join(secrets, name);
  const there = await readIfThere(file);
  if (there !== undefined) return there;
  await make(secrets, file, fresh());
  return readFile(file);
}

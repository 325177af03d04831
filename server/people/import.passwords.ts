import { randomInt } from 'node:crypto';
import { lstat, open, readFile, rename, rm } from 'node:fs/promises';

/** Letters that are not taken for one another when they are read from paper. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Four times four letters: 79 bits. */
const startPassword = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('')).join(
    '-',
  );

const HEADINGS = '登录名,姓名,密码';
const MARK = '\ufeff'; // without it Excel in China reads UTF-8 as something else

/** A file of passwords that others can read, or that is none of ours. */
export class PasswordFileError extends Error {}

async function read(file: string): Promise<string> {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return '';
  if (!found.isFile() || (found.mode & 0o077) !== 0)
    throw new PasswordFileError(`${file} is there already and others can read it: move it away.`);
  return readFile(file, 'utf8');
}

/**
 * Start passwords by sign-in name, in a file that its owner alone can read. It is on the disk before the first of them
 * is used, and one that stands there is kept: a run that was broken off goes on with the same passwords.
 */
export async function keepPasswords(
  file: string,
  people: readonly { login: string; name: string }[],
): Promise<Map<string, string>> {
  const before = await read(file);
  const lines = before.replace(MARK, '').split('\n').slice(1).filter(Boolean);
  const kept = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(',')), line.slice(line.lastIndexOf(',') + 1).trim()] as const),
  );
  const added = people.filter(({ login }) => !kept.has(login));
  for (const { login } of added) kept.set(login, startPassword());
  if (added.length === 0) return kept;
  const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const all = [
    HEADINGS,
    ...lines,
    ...added.map(({ login, name }) => `${login},${quoted(name)},${kept.get(login) ?? ''}`),
  ];
  const aside = `${file}.part`;
  await rm(aside, { force: true }); // of a run that died, with whatever rights it has
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${MARK}${all.join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
  return kept;
}

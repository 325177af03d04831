import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { timingSafeEqual } from 'node:crypto';
import path from 'node:path';
import { newSecret, sha256 } from '#server/platform/crypto.ts';

/** The code a hub prints at its first start: who can read the server's terminal may make the first administrator. */
export interface SetupCode {
  code: string;
  isRight: (given: string) => boolean;
}

/** Reads the code from the secrets folder or makes it there, readable by the service alone. */
export async function loadSetupCode(secrets: string): Promise<SetupCode> {
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  const file = path.join(secrets, 'setup-code');
  let code: string;
  try {
    code = (await readFile(file, 'utf8')).trim();
  } catch {
    code = newSecret().slice(0, 24);
    await writeFile(file, `${code}\n`, { mode: 0o600, flag: 'wx' });
  }
  // Compared by hash, so that neither length nor content shows in the time.
  return { code, isRight: (given) => timingSafeEqual(sha256(given), sha256(code)) };
}

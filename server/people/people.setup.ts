import { timingSafeEqual } from 'node:crypto';
import { newSecret, sha256 } from '#server/platform/crypto.ts';
import { secretFile } from '#server/platform/secret-file.ts';

/** The code a hub prints at its first start: who can read the server's terminal may make the first administrator. */
export interface SetupCode {
  code: string;
  isRight: (given: string) => boolean;
}

/** Reads the code from the secrets folder or makes it there, readable by the service alone. */
export async function loadSetupCode(secrets: string): Promise<SetupCode> {
  const code = (await secretFile(secrets, 'setup-code', () => `${newSecret().slice(0, 24)}\n`)).toString().trim();
  // Compared by hash, so that neither length nor content shows in the time.
  return { code, isRight: (given) => timingSafeEqual(sha256(given), sha256(code)) };
}

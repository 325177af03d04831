import { parseArgs } from 'node:util';
import { ConfigError, type Config } from '#server/config.ts';
import { newId } from '#server/platform/crypto.ts';
import { closedApp } from './closed-app.ts';
import { config } from './store.ts';

const USAGE = 'linli reset-factor --login <name>';

function loginIn(args: readonly string[]): string {
  try {
    const { login } = parseArgs({ args: [...args], options: { login: { type: 'string' } } }).values;
    if (login !== undefined) return login.toLowerCase();
  } catch {
    // Said below.
  }
  throw new ConfigError(`Usage: ${USAGE}`);
}

/**
 * Takes somebody's second factor and every session of theirs, on a hub that is closed: whoever may use its machine could
 * do so anyway, and here it stands on the person's stream and in the security log. Resolves with the code their posts
 * begin with again, where they hold some that take two. @throws ConfigError for nobody
 */
export async function resetFactor(
  settings: Config,
  login: string,
): Promise<{ code: string; until: string } | undefined> {
  const app = await closedApp(settings);
  try {
    const person = app.features.directory.withLogin(login)?._id;
    if (person === undefined) throw new ConfigError(`Nobody signs in as ${login}.`);
    await app.features.resets.resetByOperator(person, newId());
    const given = await app.features.vouching.giveByOperator(person, newId());
    await app.consumers.settled();
    return given;
  } finally {
    await app.close();
  }
}

/** `linli reset-factor`: for the last administrator, whom nobody else can help. The hub is stopped meanwhile. */
export async function resetFactorVerb(args: readonly string[]): Promise<void> {
  const login = loginIn(args);
  const given = await resetFactor(config(), login);
  console.log(`${login} signs in with the password and enrols another factor. Every session of theirs has ended.`);
  if (given === undefined) return;
  const { code, until } = given;
  console.log(`Their posts begin again with this code, entered under “Me”. Hand it to them in person; until ${until}:`);
  console.log(code);
}

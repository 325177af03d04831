import { BreachedFileError, openBreached, type Breached } from '#server/people/people.breached.ts';
import { ConfigError } from './config.ts';

/**
 * The operator's list of breached passwords, open; an empty one without the setting. A hub that was told to refuse them
 * and cannot does not start. @throws ConfigError that names the setting
 */
export async function openBreachedList(file: string | undefined): Promise<Breached> {
  try {
    return await openBreached(file);
  } catch (error) {
    if (!(error instanceof BreachedFileError)) throw error;
    throw new ConfigError(`LINLI_BREACHED is not usable: ${file ?? ''} ${error.message}.`);
  }
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError, type Config } from '#server/config.ts';
import { isOver } from '#server/people/people.audit.ts';
import { anchorFile } from '#server/platform/anchors.ts';
import { createAnchorCheck } from '#server/platform/anchors.check.ts';
import { walk } from '#server/platform/chains.ts';
import { checkStore } from '#server/platform/embedded/backup.ts';
import { readVerifier, verifierOf, type Verifier } from '#server/platform/signing.ts';
import { config, filesFaults, mustHoldStore, told, withStore } from './store.ts';

const USAGE = 'Usage: linli verify [<backup>] [--anchors <folder>] [--key <file>]…';

interface Asked {
  backup: string | undefined;
  anchors: string | undefined;
  keys: readonly string[];
}

function asked(args: readonly string[]): Asked {
  const options = { anchors: { type: 'string' }, key: { type: 'string', multiple: true } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length <= 1) return { backup: positionals[0], anchors: values.anchors, keys: values.key ?? [] };
  } catch {
    // Said below, like everything that is no way to ask.
  }
  throw new ConfigError(USAGE);
}

/** The keys named, or the hub's own. */
async function keysFor({ keys }: Asked, { secrets }: Config): Promise<Verifier[]> {
  const given = keys.map(async (file) => {
    try {
      return verifierOf(await readFile(file, 'utf8'));
    } catch {
      throw new ConfigError(`${file} holds no Ed25519 key.`);
    }
  });
  if (given.length > 0) return Promise.all(given);
  const own = await readVerifier(secrets);
  return own === undefined ? [] : [own];
}

/**
 * `linli verify [<backup>] [--anchors <folder>] [--key <file>]…`: follows every chain of the hub's store, which may be
 * running, or of a backup, and holds it against the anchors beside it, or in that folder; on the embedded engine also
 * compares documents and indexes, and reads every file that events name. Ends with 1 where anything is wrong, or the file
 * of the newest anchor made here is not there: without it the end of the record could have been cut off unseen.
 */
export async function verify(args: readonly string[]): Promise<void> {
  const ask = asked(args);
  const { backup } = ask;
  const settings = config();
  const url = backup === undefined ? settings.store : `embedded:${path.resolve(backup)}`;
  const folder = url.startsWith('embedded:') ? url.slice('embedded:'.length) : undefined;
  if (folder !== undefined) mustHoldStore(folder);
  const beside = (name: 'files' | 'anchors'): string =>
    backup === undefined ? settings[name] : path.join(path.resolve(backup), name);
  const keys = await keysFor(ask, settings);
  const now = new Date();
  const anchors = createAnchorCheck({ keys, isOver: (stream) => isOver(stream, now) });
  const where = ask.anchors ?? beside('anchors');
  await anchors.load(where);
  const { faults, ...found } = await withStore(url, { readOnly: true }, ({ events }) =>
    walk(events.all(), anchors.see),
  );
  await anchors.lookAgain(where);
  const around =
    folder === undefined ? [] : [...(await checkStore(folder)), ...(await filesFaults(folder, beside('files')))];
  const all = [...faults, ...anchors.faults(), ...around];
  for (const fault of all) console.error(fault);
  for (const { keyId, publicKey } of keys) console.log(`Anchors are signed with ${keyId}:\n${publicKey.trim()}`);
  const { held, without, strangers } = anchors.told();
  for (const keyId of strangers)
    console.log(`Anchors on the record are signed with ${keyId}, which is not known here.`);
  if (without !== undefined) console.log(`The newest anchor, of ${without.at}, was not proven: its file is elsewhere.`);
  console.log(held === 0 ? 'No anchors were there to hold it against.' : `Held against ${held} anchors.`);
  if (all.length > 0) {
    console.error(`Damaged: ${told(found)}`);
    process.exit(1);
  }
  if (without?.isOurs === true) {
    console.error(`${anchorFile(without)} is not in ${where}: name the folder it was carried to with --anchors.`);
    console.error(
      'Was the hub ended while it made that anchor, the next one, a day later or when it drains, says the same.',
    );
    console.error(`Not proven: ${told(found)}`);
    process.exit(1);
  }
  console.log(`Whole: ${told(found)}`);
}

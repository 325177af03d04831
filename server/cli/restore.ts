import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ConfigError } from '#server/config.ts';
import { checkStore, DATA, syncAll } from '#server/platform/embedded/backup.ts';
import { Backup } from './backup.ts';
import { STAYING } from '#server/tables.ts';
import { config, embeddedFolder, filesFaults, holdsStore, oneFolder, told, walkFolder, withStore } from './store.ts';

async function manifestIn(folder: string) {
  const text = await readFile(path.join(folder, 'backup.json'), 'utf8').catch(() => '{}');
  const parsed = v.safeParse(Backup, JSON.parse(text));
  if (!parsed.success) throw new ConfigError(`${folder} is no finished backup.`);
  return parsed.output;
}

/** Folder within the store's, in which the data are prepared. */
const PART = '.restoring';

/** Who was signed in then may have signed out since, or been made to: no cookie of before opens anything. */
async function signOut(folder: string): Promise<void> {
  await withStore(`embedded:${folder}`, { readOnly: false }, async ({ db }) => {
    for (const name of STAYING) await db.collection(name).deleteMany({});
  });
}

const anchorsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();

/**
 * `linli restore <backup>`: puts a backup where the hub's store belongs, proved first, and only where no store is. The
 * folder holds the whole store or none at any moment.
 */
export async function restore(args: readonly string[]): Promise<void> {
  const from = oneFolder(args, 'linli restore <backup>');
  const settings = config();
  const folder = embeddedFolder(settings, 'restore');
  if (holdsStore(folder))
    throw new ConfigError(`${folder} holds a store already. Move it away first: nothing is overwritten.`);
  const manifest = await manifestIn(from);
  const found = await walkFolder(from);
  const lost = await filesFaults(from, path.join(from, 'files'));
  const fault = found.faults[0] ?? (await checkStore(from))[0] ?? lost[0];
  if (fault !== undefined) throw new ConfigError(`The backup is damaged: ${fault}.`);
  if (found.digest !== manifest.digest) throw new ConfigError('The backup is not the one its backup.json speaks of.');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const kept = path.join(from, 'files');
  if (existsSync(kept)) await cp(kept, settings.files, { recursive: true });
  const anchors = path.join(from, 'anchors');
  // None is overwritten: those that lie there may be newer than the backup, and say what it lacks.
  if (existsSync(anchors)) await cp(anchors, settings.anchors, { recursive: true, force: false });
  const part = path.join(folder, PART);
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { mode: 0o700 });
  await copyFile(path.join(from, DATA), path.join(part, DATA));
  await signOut(part);
  await syncAll(part);
  await rename(path.join(part, DATA), path.join(folder, DATA));
  await syncAll(folder);
  await rm(part, { recursive: true, force: true });
  console.log(`Restored ${told(found)}`);
  console.log(`to ${folder}, as of ${manifest.at}. Everybody signs in again.`);
  const newer = (await anchorsIn(settings.anchors)).filter((name) => !existsSync(path.join(anchors, name)));
  if (newer.length > 0)
    console.log(
      `${settings.anchors} holds ${newer.length} anchors that are not of this backup, up to ${newer.at(-1) ?? ''}: linli verify names what it lacks.`,
    );
}

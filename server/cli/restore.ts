import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ConfigError } from '#server/config.ts';
import { checkStore, DATA, syncAll } from '#server/platform/embedded/backup.ts';
import { Backup } from './backup.ts';
import { config, embeddedFolder, filesFaults, holdsStore, oneFolder, told, walkFolder } from './store.ts';

async function manifestIn(folder: string) {
  const text = await readFile(path.join(folder, 'backup.json'), 'utf8').catch(() => '{}');
  const parsed = v.safeParse(Backup, JSON.parse(text));
  if (!parsed.success) throw new ConfigError(`${folder} is no finished backup.`);
  return parsed.output;
}

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
  if (existsSync(anchors)) await cp(anchors, settings.anchors, { recursive: true });
  const part = path.join(folder, `${DATA}.part`);
  await copyFile(path.join(from, DATA), part);
  await syncAll(folder);
  await rename(part, path.join(folder, DATA));
  await syncAll(folder);
  console.log(`Restored ${told(found)}`);
  console.log(`to ${folder}, as of ${manifest.at}.`);
}

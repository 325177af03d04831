import { existsSync } from 'node:fs';
import { cp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ConfigError } from '#server/config.ts';
import { anchorFile, ANCHORS, isAnchorPath, Seal } from '#server/platform/anchors.ts';
import { isBlobPath } from '#server/platform/blobs.ts';
import { copyStore, syncAll } from '#server/platform/embedded/backup.ts';
import {
  config,
  embeddedFolder,
  filesFaults,
  mustBeFree,
  mustHoldStore,
  oneFolder,
  told,
  walkFolder,
  withStore,
} from './store.ts';

/** What a backup says of itself, in `backup.json` beside the data. */
export const Backup = v.object({
  format: v.literal(1),
  at: v.string(),
  streams: v.number(),
  events: v.number(),
  digest: v.string(),
});

/** The anchor on record in the copy whose file was named after the others had been copied. */
async function takeLastAnchor(from: string, part: string): Promise<void> {
  const last = await withStore(`embedded:${part}`, { readOnly: true }, ({ events }) => events.last(ANCHORS));
  const seal = last?.event.data;
  if (!v.is(Seal, seal)) return;
  const name = anchorFile(seal);
  if (existsSync(path.join(from, name)))
    await cp(path.join(from, name), path.join(part, 'anchors', name), { recursive: true });
}

/**
 * `linli backup <folder>`: everything as of one moment, also while the hub runs. The copy is opened and proved before it
 * gets its name, so a folder of that name is a whole backup. Secrets are not in it.
 */
export async function backup(args: readonly string[]): Promise<void> {
  const target = oneFolder(args, 'linli backup <folder>');
  const settings = config();
  const folder = embeddedFolder(settings, 'backup');
  mustHoldStore(folder);
  mustBeFree(target);
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true }); // what an earlier try left when it was ended
  const at = new Date().toISOString();
  // Before the data: an anchor is on record before its file is there, and so each of these is in the copy.
  if (existsSync(settings.anchors))
    await cp(settings.anchors, path.join(part, 'anchors'), { recursive: true, filter: isAnchorPath });
  await copyStore(folder, part);
  await takeLastAnchor(settings.anchors, part);
  // After the data: a file is there before an event names it, and files are never changed.
  if (existsSync(settings.files))
    await cp(settings.files, path.join(part, 'files'), { recursive: true, filter: isBlobPath });
  const found = await walkFolder(part);
  if (found.faults[0] !== undefined)
    throw new ConfigError(`The store is damaged, and so would the backup be: ${found.faults[0]}. See linli verify.`);
  const [lost] = await filesFaults(part, path.join(part, 'files'));
  if (lost !== undefined) throw new ConfigError(`The files are not whole, and nor would the backup be: ${lost}.`);
  const { streams, events, digest } = found;
  const manifest: v.InferOutput<typeof Backup> = { format: 1, at, streams, events, digest };
  await writeFile(path.join(part, 'backup.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await syncAll(part);
  await rename(part, target);
  await syncAll(path.dirname(target));
  console.log(`Backed up ${told(found)}`);
  console.log(`to ${target}. Keys are not in it: keep a copy of ${settings.secrets} elsewhere.`);
}

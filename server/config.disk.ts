import { statfs } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { ConfigError } from './config.ts';

/**
 * Network file systems by the number that statfs(2) gives on Linux. What is reached through FUSE has one number whether
 * it is here or elsewhere: an encrypted folder on the same disk is none of the hub's business.
 */
const NETWORKED: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

/** Of the nearest folder that is there: the store's own is made at the first start. */
async function typeOf(folder: string): Promise<number> {
  try {
    return (await statfs(folder)).type;
  } catch (error) {
    if (path.dirname(folder) === folder) throw error;
    return typeOf(path.dirname(folder));
  }
}

/**
 * The embedded store maps its file into memory and locks it for one process: over a network neither holds, and two hubs
 * on two machines would write over one another (security #68). @throws ConfigError that names the setting
 */
export async function refuseNetworkDisk(
  store: string,
  ask: (folder: string) => Promise<number> = typeOf,
): Promise<void> {
  if (!store.startsWith('embedded:') || process.platform !== 'linux') return;
  const folder = store.slice('embedded:'.length);
  const kind = NETWORKED.get((await ask(folder)) >>> 0); // a number with the highest bit may come as a negative one
  if (kind !== undefined)
    throw new ConfigError(`LINLI_STORE is on a network file system (${kind}): ${folder} must be on a local disk.`);
}

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { StorageError } from './errors.ts';

/*
 * A folder belongs to one process. `owner.json` says to which: its number, and where the system tells, the boot and the
 * tick it started at, because numbers come round again (in a container the next server is process 1 as well). The file
 * appears complete (written aside, then linked), and a dead owner's file is taken away by renaming, which only one can.
 */

interface Owner {
  pid: number;
  boot: string;
  started: string;
  token: string;
}

export interface Hold {
  /** Checks that no one who judged us dead at the same moment has taken the folder. @throws StorageError */
  confirm: () => void;
  release: () => void;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** When process `pid` started, in ticks since boot; '' where the system does not say. */
function startOf(pid: number | 'self'): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''; // the name before it may contain blanks
}

function isAlive(owner: Owner): boolean {
  const boot = read('/proc/sys/kernel/random/boot_id').trim();
  if (owner.boot !== boot) return false;
  if (boot !== '') return startOf(owner.pid) === owner.started;
  if (owner.pid === process.pid) return false; // ours would be in the map of open stores
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes away the file of a dead owner, and puts it back if it turns out to be somebody else's by now. */
function clearStale(file: string, seen: string, aside: string): void {
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside) !== seen) link(aside, file);
  rmSync(aside, { force: true });
}

/** Makes this process the owner of `folder`, creating it. @throws StorageError naming the process that has it */
export function takeFolder(folder: string): Hold {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'owner.json');
  const token = randomBytes(8).toString('hex');
  const boot = read('/proc/sys/kernel/random/boot_id').trim();
  const mine = JSON.stringify({ pid: process.pid, boot, started: startOf('self'), token } satisfies Owner);
  const draft = `${file}.${token}`;
  writeFileSync(draft, mine);
  try {
    for (let tries = 0; !link(draft, file); tries++) {
      const seen = read(file);
      const owner = (seen === '' ? undefined : JSON.parse(seen)) as Owner | undefined;
      if (owner !== undefined && (isAlive(owner) || tries > 8)) {
        throw new StorageError(`The folder ${folder} is in use by process ${owner.pid}`);
      }
      clearStale(file, seen, `${draft}.stale`);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  syncFolder(folder);
  syncFolder(path.dirname(folder));
  return {
    confirm: () => {
      if (read(file) !== mine) throw new StorageError(`The folder ${folder} was taken by another process`);
    },
    release: () => {
      if (read(file) === mine) rmSync(file);
    },
  };
}

/** A new file is only found after a power loss if its folder was synced too. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // a folder cannot be opened there
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

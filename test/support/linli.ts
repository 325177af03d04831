import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { BUILT } from './hub.ts';

/**
 * Runs a verb of the built command line to its end, as a process of its own, and resolves with what it said. Throws what
 * it complained of where it ends with anything but 0.
 */
export async function linli(args: readonly string[], env: Record<string, string>, cli = BUILT): Promise<string> {
  const child = spawn(process.execPath, ['--disable-proto=throw', path.resolve(cli), ...args], {
    env: { ...process.env, LINLI_LOG: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0)
    throw new Error(`linli ${args[0] ?? ''} ended with ${String(child.exitCode)}: ${complaint}`);
  return said;
}

/** How much there is and its digest, as every verb tells it. */
export function recordIn(said: string): string {
  const found = /\d+ events on \d+ streams, digest [0-9a-f]{64}/.exec(said)?.[0];
  if (found === undefined) throw new Error(`no record told in: ${said}`);
  return found;
}

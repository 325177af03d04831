import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import mongoose from 'mongoose';

/*
 * Servers that speak MongoDB's wire and can be had from a package registry: they stand in for a `mongod`, which cannot.
 * Exact versions: test/wire/secantusdb.txt, test/wire/ferretdb/go.sum.
 */

interface Kind {
  /** Installs it into a folder of its own. */
  install: (folder: string) => void;
  /** How it is started on a port with its data in a folder. */
  command: (folder: string, port: number, data: string) => [string, string[]];
}

const python = (folder: string): string => path.join(folder, 'venv/bin/python');

const SERVERS: Readonly<Record<string, Kind>> = {
  secantusdb: {
    install: (folder) => {
      run('python3', ['-m', 'venv', path.join(folder, 'venv')]);
      const quietly = ['--quiet', '--disable-pip-version-check', '--no-input', '--only-binary=:all:'];
      run(python(folder), ['-m', 'pip', 'install', ...quietly, '-r', path.resolve('test/wire/secantusdb.txt')]);
    },
    command: (folder, port, data) => [
      path.join(folder, 'venv/bin/secantusd-py'),
      ['--host', '127.0.0.1', '--port', String(port), '--storage-path', data, '--sync-on-commit'],
    ],
  },
  ferretdb: {
    install: (folder) => {
      const out = ['-trimpath', '-tags', 'ferretdb_no_postgresql', '-o', path.join(folder, 'ferretdb')];
      run('go', ['build', ...out, '.'], { cwd: 'test/wire/ferretdb', env: { ...process.env, CGO_ENABLED: '0' } });
    },
    command: (folder, port, data) => [path.join(folder, 'ferretdb'), [`127.0.0.1:${port}`, data]],
  },
};

export function kindOf(name: string): Kind {
  const kind = SERVERS[name];
  if (kind === undefined) throw new Error(`the servers are called ${Object.keys(SERVERS).join(', ')}`);
  return kind;
}

function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): void {
  const { error, status, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args[0] ?? ''} failed:\n${stderr.slice(-2_000)}`);
}

export interface WireServer {
  url: string;
  port: number;
  pid: number;
  /** Asks it to end, and after ten seconds makes it. */
  stop: () => Promise<void>;
  /** Ends it at once, wherever it is. */
  kill: () => Promise<void>;
}

const PINGS_WITHIN = 30_000; // ms from the start of the process until it must answer

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(url: string): Promise<boolean> {
  const client = new mongoose.mongo.MongoClient(url, { serverSelectionTimeoutMS: 500 });
  try {
    return (await client.db('admin').command({ ping: 1 }))['ok'] === 1;
  } catch {
    return false;
  } finally {
    await client.close();
  }
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

interface Place {
  /** Where it was installed. */
  installed: string;
  /** Where its data are, and what it says. */
  folder: string;
  port?: number;
}

/** Starts a server and resolves when it answers a ping. Rejects with what it said when it ends before. */
export async function startServer(name: string, { installed, folder, port }: Place): Promise<WireServer> {
  const at = port ?? (await freePort());
  const data = path.join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const says = path.join(folder, 'server.log');
  const log = openSync(says, 'a');
  const [command, args] = kindOf(name).command(installed, at, data);
  const child: ChildProcess = spawn(command, args, { cwd: folder, stdio: ['ignore', log, log] });
  const ended = once(child, 'exit');
  const url = `mongodb://127.0.0.1:${at}/`;
  const until = performance.now() + PINGS_WITHIN;
  while (!(await answers(url))) {
    const isLate = performance.now() > until;
    if (isLate) child.kill('SIGKILL');
    if (isLate || !isRunning(child))
      throw new Error(`${name} does not answer: ${readFileSync(says, 'utf8').slice(-2_000)}`);
  }
  const kill = async (): Promise<void> => {
    if (isRunning(child)) child.kill('SIGKILL');
    await ended;
  };
  const stop = async (): Promise<void> => {
    if (isRunning(child)) child.kill('SIGTERM');
    await Promise.race([ended, wait(10_000, undefined, { ref: false })]);
    await kill();
  };
  return { url, port: at, pid: child.pid ?? 0, stop, kill };
}

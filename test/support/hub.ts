import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { storeAt } from './store-url.ts';

export interface Hub {
  url: string;
  pid: number;
  /** Milliseconds from the start of the process until it listened. */
  startedIn: number;
  /** Ends the process at once, wherever it is. */
  kill: () => Promise<void>;
  /** Asks it to drain; resolves with its exit code. */
  stop: () => Promise<number | null>;
  /** What it said on standard error. */
  errors: () => string;
  isRunning: () => boolean;
}

const DEADLINE = 120_000; // ms until it must listen; the demo's data are made at the first start, on a slow store as well

/** The hub as it ships. */
export const BUILT = 'dist/server/cli.js';

/** Where a hub keeps what: its store, and files and keys in the folder. */
export const environmentOf = (folder: string, store = storeAt(folder)): Record<string, string> => ({
  LINLI_STORE: store,
  LINLI_FILES: path.join(folder, 'files'),
  LINLI_SECRETS: path.join(folder, 'secrets'),
  LINLI_ANCHORS: path.join(folder, 'anchors'),
});

/** The built hub in demo mode as a process of its own, on a free port and the given store. */
export async function startHub(folder: string, env: Record<string, string> = {}, cli = BUILT): Promise<Hub> {
  const began = performance.now();
  const child: ChildProcess = spawn(process.execPath, ['--disable-proto=throw', path.resolve(cli), 'demo'], {
    env: {
      ...process.env,
      LINLI_PORT: '0',
      ...environmentOf(folder),
      LINLI_LIMITS: 'off',
      LINLI_LOG: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-20_000)));
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`the hub did not listen within ${DEADLINE} ms: ${errors}`));
    }, DEADLINE);
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /linli listening on (\S+)/.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
    void ended.then(() => {
      clearTimeout(late);
      reject(new Error(`the hub ended before it listened: ${errors}`));
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    url,
    pid: child.pid ?? 0,
    startedIn: performance.now() - began,
    errors: () => errors,
    isRunning,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      if (isRunning()) child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}

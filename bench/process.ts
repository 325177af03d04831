import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import process from 'node:process';

const TICKS = 100; // per second: CLK_TCK is 100 on every Linux there is
const DEADLINE = 120_000; // ms until a subject must listen, unless it has much to do

/** A server under test as a process of its own. */
export interface Subject {
  url: string;
  pid: number;
  /** ms from the start of the process to its listening line. */
  startedIn: number;
  /** Seconds of CPU used so far, user and system, all threads. */
  cpu: () => number;
  /** Memory of its own, bytes, after a collection; the pages of a store's file are the system's. */
  memory: () => Promise<number>;
  stop: () => Promise<void>;
}

/** Starts `node <args>` and resolves at its line `… listening on <url>`. */
export async function startSubject(
  args: readonly string[],
  env: Record<string, string> = {},
  deadline = DEADLINE,
): Promise<Subject> {
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`${args.join(' ')} did not listen`));
    }, deadline);
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /listening on (\S+)/.exec(said)?.[1];
      if (found === undefined) return;
      clearTimeout(late);
      resolve(found);
    });
    void ended.then(() => {
      clearTimeout(late);
      reject(new Error(`${args.join(' ')} ended before it listened`));
    });
  });
  const { pid = 0 } = child;
  return {
    url,
    pid,
    startedIn: performance.now() - began,
    cpu: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    stop: async () => {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Fields 14 and 15 of /proc/<pid>/stat; the name in field 2 may hold spaces. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Subjects collect garbage on SIGUSR2 (`hub.ts`); the lowest of a few looks, since pages are given back late. */
async function memoryOf(pid: number): Promise<number> {
  let lowest = Infinity;
  for (let look = 0; look < 3; look++) {
    process.kill(pid, 'SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const anonymous = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    lowest = Math.min(lowest, Number(anonymous) * 1024);
  }
  return lowest;
}

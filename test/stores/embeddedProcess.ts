import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Job } from './embeddedVictim.ts';

/** The victim as one file in `folder`: it starts in a third of the time its sources need, and hundreds are started. */
export async function buildVictim(folder: string): Promise<string> {
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules')); // for the one package that is no script
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['lmdb'] },
    build: {
      ssr: true,
      target: 'node20',
      outDir: folder,
      rolldownOptions: { input: { victim: fileURLToPath(new URL('./embeddedVictim.ts', import.meta.url)) } },
    },
  });
  return path.join(folder, 'victim.js');
}

/** A process that waits for its job; `told` gets each line it says once it has one. */
export async function startVictim(file: string) {
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return {
    /** Gives it its job. */
    obey: (job: Job, told: (line: string) => void): void => {
      lines.on('line', told);
      child.stdin.end(`${JSON.stringify(job)}\n`);
    },
    ended,
    /** Ends it wherever it is, and resolves when everything it said before was told. True if it was still alive. */
    kill: async (): Promise<boolean> => {
      child.kill('SIGKILL');
      await ended;
      return child.signalCode === 'SIGKILL';
    },
  };
}

export type Victim = Awaited<ReturnType<typeof startVictim>>;

import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { AppError } from '#shared/wire/error.ts';
import { FILE_ERRORS, type FileType } from '#shared/wire/files.ts';

/** What one picture may take: a large photograph takes one second, and a fifth of the memory. */
export const FOR_ONE = { time: 10_000, memory: 512 * 1024 * 1024 }; // ms of work, bytes resident

const TIME = 30_000; // ms; the process ends itself before, this is for one that cannot any more
const AT_ONCE = 2; // processes
const MAX_WAITING = 50; // uploads that wait for one of them

const Answer = v.union([
  v.object({ width: v.number(), height: v.number(), small: v.optional(v.literal(true)) }),
  v.object({ failed: v.picklist(['files.type', 'files.broken', 'files.too_many_pixels']) }),
]);

/** The other process: a file beside the built hub, or the source under the same loader that runs this one. */
function child(): string[] {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return ['--import', 'tsx', fileURLToPath(new URL('./picture.child.ts', here))];
  return [fileURLToPath(new URL(here.includes('/assets/') ? '../picture.js' : './picture.js', here))];
}

/** Where the copies of a picture go. */
export interface Copies {
  to: string;
  small: string;
}

function run(from: string, type: FileType, { to, small, most }: Copies & { most: typeof FOR_ONE }): Promise<string> {
  // Nothing of the hub’s surroundings: no address and no secret.
  const env = { VIPS_BLOCK_UNTRUSTED: '1', NODE_ENV: 'production' };
  const options = { env, timeout: TIME, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const;
  const args = ['--max-old-space-size=128', ...child(), from, type, to, small, `${most.time}`, `${most.memory}`];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, said) => {
      if (error === null) resolve(said);
      else reject(new Error('the picture’s process ended', { cause: error }));
    });
  });
}

const broken = (code: keyof typeof FILE_ERRORS): AppError => new AppError(code, FILE_ERRORS[code]);

/**
 * Makes a picture anew from its pixels in a process of its own, two at a time. Answers its size once upright, and whether
 * there is a smaller copy. @throws files.broken, files.too_many_pixels; `overloaded` where too many wait.
 */
export function createPictures(most = FOR_ONE) {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function enter(): Promise<void> {
    if (running < AT_ONCE) {
      running++;
      return;
    }
    if (waiting.length >= MAX_WAITING) throw new AppError('overloaded', undefined, { retryAfter: 10 });
    await new Promise<void>((resolve) => waiting.push(resolve)); // whoever leaves hands its place over
  }
  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  return async (
    from: string,
    type: FileType,
    copies: Copies,
  ): Promise<{ width: number; height: number; small: boolean }> => {
    await enter();
    try {
      const said = await run(from, type, { ...copies, most }).catch(() => '{"failed":"files.broken"}'); // it was ended, or ended itself
      const answer = v.parse(Answer, JSON.parse(said));
      if ('failed' in answer) throw broken(answer.failed);
      return { width: answer.width, height: answer.height, small: answer.small === true };
    } finally {
      leave();
    }
  };
}

export type Pictures = ReturnType<typeof createPictures>;

import { hash, verify } from '@node-rs/argon2';
import { AppError } from '#shared/wire/error.ts';

/* Argon2id with 64 MiB and three passes (OWASP Password Storage; security §4.2): about 50 ms. Two at once, fifty in
 * the queue, then `overloaded`: a wave of sign-ins must not starve the rooms. */
const OPTIONS = { memoryCost: 64 * 1024, timeCost: 3, parallelism: 1 }; // the algorithm's default is Argon2id
const AT_ONCE = 2;
const QUEUED = 50;

let running = 0;
const queue: (() => void)[] = [];

async function inLine<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) {
    if (queue.length >= QUEUED) throw new AppError('overloaded', 'Many people are signing in.', { retryAfter: 5 });
    await new Promise<void>((resolve) => queue.push(resolve));
  }
  running++;
  try {
    return await work();
  } finally {
    running--;
    queue.shift()?.();
  }
}

export const hashPassword = (password: string): Promise<string> => inLine(() => hash(password, OPTIONS));

let decoy: Promise<string> | undefined;

/**
 * Whether the password belongs to the hash. Without a hash (nobody of that name) the same work is done against a
 * decoy, so that the time tells nothing about who exists.
 */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  decoy ??= hash('nobody signs in with this', OPTIONS); // beside the queue: refused once, it would be refused for good
  const against = stored ?? (await decoy);
  const right = await inLine(() => verify(against, password));
  return right && stored !== undefined;
}

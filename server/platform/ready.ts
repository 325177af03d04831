import type { Log } from './log.ts';
import { withDeadline } from './store-errors.ts';

/*
 * A store that failed to commit takes no more writes in this process, because nobody knows which of them are on the
 * disk (security §3.3). The hub then refuses every write and goes on answering what it can read, which is more use to
 * a neighbourhood than a hub that is gone. Writing needs a new process on a disk somebody has looked at, so the hub
 * says by /readyz that it wants one, and does not end by itself.
 */

const KEPT = 1_000; // ms an answer holds, so that nobody can make the disk work by asking
const DEADLINE = 5_000; // ms

interface Deps {
  /** Resolves when a write has become durable. */
  write: () => Promise<unknown>;
  /** Consumers that stand still. */
  stuck: () => readonly string[];
  log: Log;
}

/**
 * Whether the hub can do all its work: its store takes a write within five seconds and no consumer stands still. The
 * reason for a no goes to the log, once as fatal until it is a yes again.
 */
export function createReadiness({ write, stuck, log }: Deps): () => Promise<boolean> {
  let wasReady = true;
  let asked = -Infinity;
  let answer: Promise<boolean> = Promise.resolve(true);

  async function ask(): Promise<boolean> {
    let reason: unknown;
    try {
      await withDeadline(write(), DEADLINE);
      const [name] = stuck();
      if (name !== undefined) reason = new Error(`${name} cannot get past an event`);
    } catch (error) {
      reason = error instanceof Error ? (error.cause ?? error) : error;
    }
    const isReady = reason === undefined;
    if (wasReady && !isReady) log.fatal({ error: reason }, 'not ready');
    if (!wasReady && isReady) log.warn('ready again');
    wasReady = isReady;
    return isReady;
  }

  return () => {
    if (performance.now() - asked > KEPT) {
      asked = performance.now();
      answer = ask();
    }
    return answer;
  };
}

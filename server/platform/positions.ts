import type { Clock } from './clock.ts';

export type Positions = ReturnType<typeof createPositions>;

/**
 * Numbers that only rise: microseconds by the clock, or more where it stands still or goes back. Each process gives its
 * own, and none below what it has seen of others, so that a slow clock keeps nobody's events from being found.
 */
export function createPositions(clock: Clock, isShared: boolean) {
  const within = isShared ? Math.floor(Math.random() * 1000) : 0; // µs of a millisecond, so that processes seldom meet
  let last = 0;
  return {
    next: (): number => {
      last = Math.max(last + 1, clock.now().getTime() * 1000 + within);
      return last;
    },
    last: (): number => last,
    /** Gives none up to here from now on. */
    rise: (to: number): void => {
      last = Math.max(last, to);
    },
    /** Another process has given the same: steps out of its way. */
    stepAside: (): void => {
      last += Math.floor(Math.random() * 1000);
    },
  };
}

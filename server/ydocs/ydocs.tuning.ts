import type { Tuning } from './ydocs.port.ts';

const NORMAL: Tuning = {
  evictAfter: 60_000,
  heartbeat: 15_000, // a stock client drops a connection that is silent for thirty seconds
  sweep: 60_000,
  retryFor: 10_000,
  gapFor: 30_000,
  slowFor: 10_000,
  tend: 1_000,
  poll: 5_000,
};

export const tuned = (changes: Partial<Tuning> | undefined): Tuning => ({ ...NORMAL, ...changes });

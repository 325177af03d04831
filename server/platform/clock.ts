/** The wall clock, handed in everywhere so that tests and the demo's past can hold it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** A clock that can be put somewhere and let go again: the demo tells two weeks in a few seconds. */
export interface SettableClock extends Clock {
  /** Stands still at `at` until the next call; without `at` it runs again. */
  set(at?: Date): void;
}

export function createClock(): SettableClock {
  let held: Date | undefined;
  return {
    now: () => held ?? new Date(),
    set: (at) => {
      held = at;
    },
  };
}

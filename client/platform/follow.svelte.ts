import type { WireEvent } from '#shared/wire/stream.ts';

/* What a feature says and gets when it follows a stream. */

/** Where the events a follower got begin and end. */
export interface Place {
  /** Lowest seq given; below it `older` may bring more. */
  low: number;
  have: number;
  /** From this device, not yet compared with the server. */
  stored: boolean;
  /** The reader was far behind: what it missed is below `low`. */
  gap: boolean;
}

export interface Follower {
  /** Forget everything; these are all the events, ascending. Comes before the first `apply`. */
  reset: (events: readonly WireEvent[], place: Place) => void;
  /** The next one, without a hole. */
  apply: (event: WireEvent) => void;
  /** This person may not, or no longer, see the stream. What the device kept of it is gone. */
  refused?: (code: string) => void;
}

export interface FollowOptions {
  /** 0: everything. A seq: what comes after it, for whoever holds a view of that version. `head`: the newest page. */
  from?: number | 'head';
  /** Events in the newest page (50); with `from: 'head'`. */
  page?: number;
  /** The head as a list said it, which saves asking for it; with `from: 'head'`. */
  head?: number;
}

/** `opening`: what is shown is the last known state. `behind`: more is coming. `live`: at the head. */
export type FollowState = 'opening' | 'behind' | 'live' | 'refused';

export interface Following {
  /** Reactive. */
  readonly state: FollowState;
  /** Reactive: lowest seq this follower was given. */
  readonly low: number;
  /** Reactive: nothing is left below `low`. */
  readonly complete: boolean;
  /** Up to `n` (≤ 200) events before the lowest given, ascending; from this device if it has them. */
  older: (n: number) => Promise<readonly WireEvent[]>;
  close: () => void;
}

const PAGE = 50;

/** One follower of a stream with what it was given so far. */
export class Follow implements Following {
  readonly follower: Follower;
  readonly options: FollowOptions;
  /** Events in the newest page, undefined for whoever wants all from some seq on. */
  readonly page: number | undefined;
  readonly after: number;
  /** True once `reset` was called. */
  active = false;
  low = $state(1);
  floor = $state(1);
  state = $state<FollowState>('opening');

  /** Set by whoever opens the stream. */
  older: Following['older'] = () => Promise.resolve([]);
  close: Following['close'] = () => undefined;

  constructor(follower: Follower, options: FollowOptions) {
    this.follower = follower;
    this.options = options;
    const from = options.from ?? 0;
    this.page = from === 'head' ? (options.page ?? PAGE) : undefined;
    this.after = from === 'head' ? 0 : from;
  }

  get complete(): boolean {
    return this.low <= this.floor;
  }

  /** Gives the follower its part of `events`, which end at `have`. */
  reset(events: readonly WireEvent[], have: number, { stored = false, gap = false } = {}): void {
    const mine = this.page === undefined ? events : events.slice(-this.page);
    this.active = true;
    this.low = mine[0]?.seq ?? have + 1;
    this.follower.reset(mine, { low: this.low, have, stored, gap });
  }

  give(events: readonly WireEvent[]): void {
    if (this.active) for (const event of events) this.follower.apply(event);
  }
}

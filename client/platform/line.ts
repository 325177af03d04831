import type { AskOf, OutputOf, RowOf } from '#shared/wire/define.ts';
import type { LinliContract, Name } from '#shared/contract.ts';
import type { WireEvent } from '#shared/wire/stream.ts';

/* The line to the server as the rest of the page sees it. `socket.ts` is the real one, tests bring their own. */

/** `offline`: nothing was heard for 12 seconds. `connecting`: the line is being made, or made again. */
export type Status = 'connecting' | 'online' | 'offline';

export type AskFor<N extends Name> = AskOf<RowOf<LinliContract, N>>;
export type AnswerTo<N extends Name> = OutputOf<RowOf<LinliContract, N>>;

export interface Opened {
  head: number;
  floor: number;
  events: WireEvent[];
  more: boolean;
}

export interface Ranged {
  events: WireEvent[];
  more: boolean;
}

/** What the server says unasked. */
export interface Heard {
  'stream:event': WireEvent;
  'stream:heads': Record<string, number>;
  /** The right to a stream that was open is gone. */
  'stream:lost': { stream: string };
  /** Another device of this person has read a stream up to `seq`. */
  'read:moved': { stream: string; seq: number };
  'session:ended': { reason?: string };
  'presence:people': { stream: string; people: string[] };
  'typing:people': { stream: string; people: string[] };
}

export interface Line {
  /** Reactive. */
  readonly status: Status;
  /** Reactive. HTTP gets through where the socket does not: commands and queries travel that way meanwhile. */
  readonly blocked: boolean;
  /**
   * Asks for one row of the contract and waits 8 s at most. Resolves with the output; throws `AppError` with the
   * server's code when refused, with `offline` when nothing has left this page, with `unknown` when no answer came:
   * it may have happened, so try again only with the same id.
   */
  request: <N extends Name>(name: N, input: AskFor<N>) => Promise<AnswerTo<N>>;
  /** `request` for a name only known at run time, such as one kept in the outbox. */
  ask: (name: string, input: object) => Promise<Record<string, unknown>>;
  open: (stream: string, have: number) => Promise<Opened>;
  /** Inclusive; the server answers 200 at most. */
  range: (stream: string, from: number, to: number) => Promise<Ranged>;
  close: (stream: string) => void;
  /** Volatile: lost without harm, never kept for later. */
  tell: (event: 'typing:on' | 'presence:here', stream: string) => void;
  on: <E extends keyof Heard>(event: E, listen: (payload: Heard[E]) => void) => () => void;
  onStatus: (listen: (status: Status) => void) => () => void;
}

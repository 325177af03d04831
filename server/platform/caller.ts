import type { Need } from '#shared/people/account.rules.ts';
import type { Actor } from '#shared/people/people.rules.ts';

/** Who calls: made from the session by the people feature, once per call. Never from a payload. */
export interface Caller {
  actor: Actor;
  /** The session's public id (not its secret). */
  session: string;
  /**
   * Gives the session's other secret to whoever asks, with the answer. Absent on a line: it can carry no cookie.
   */
  carry?: (secret: string) => void;
  /** Names the secret it was asked with (its hash); nothing where nobody signed in, as in the demo's own history. */
  key?: string;
  /** With what rows that must be `fresh` are refused; absent: its person proved who they are a moment ago. */
  refusal?: string;
  /** What this session must do first. Whoever needs something is handed to rows of their `own-account` alone. */
  need?: Need;
}

/** Who comes with a session's secret. */
export interface Keyed extends Caller {
  key: string;
}

/** What is remembered of who opened a line. */
export interface OpenLine {
  person: string;
  session: string;
  /** Names the secret it was opened with: once the session has another, the line proves nothing more. */
  key: string;
}

/** What the floor asks of the feature that knows sessions. */
export interface Sessions {
  /** The caller behind a session's secret as of now, or undefined when it has ended. Counts as use of the session. */
  caller: (secret: string) => Promise<Keyed | undefined>;
  /**
   * The caller on a line that is open: as of now, but with nothing proved since its session got another secret. `isUse`
   * false: the hub asks by itself, and an open page nobody touches keeps no session alive.
   */
  again: (line: OpenLine, isUse: boolean) => Promise<Caller | undefined>;
  /** Whoever holds the session, also while it may see to nothing but its person's own account. */
  holder: (secret: string) => Promise<Caller | undefined>;
}

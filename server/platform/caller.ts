import type { Actor } from '#shared/people/people.rules.ts';

/** Who calls: made from the session by the people feature, once per call. Never from a payload. */
export interface Caller {
  actor: Actor;
  /** The session's public id (not its secret). */
  session: string;
}

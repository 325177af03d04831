import { inForce, type Actor } from './people.rules.ts';

/** What a sign-in name looks like. */
export const LOGIN = /^[a-z0-9][a-z0-9._-]{1,39}$/;

/** What a session must do before anything else. */
export type Need = 'password' | 'code' | 'factor';

/** How long somebody who proved who they are is believed for what weighs most, ms (security §4.2, ASVS 7.5.3). */
const FRESH_FOR = 5 * 60_000;

/** What is known of a session and its person. */
export interface SessionFacts {
  asks: 'password' | 'code' | null;
  /** A second factor was shown in it. */
  proved: boolean;
  privileged: boolean;
  /** The demo: nobody has to have a second factor. */
  demo: boolean;
}

/**
 * Every post but a worker's, and whoever acts for somebody: what they do speaks for the office. Whose post has yet to
 * begin protects the account as if it had.
 */
export function isPrivileged(actor: Pick<Actor, 'appointments' | 'delegations' | 'begins'>, now: Date): boolean {
  if (actor.begins === true) return true;
  const posts = actor.appointments.filter((post) => post.role !== 'worker');
  return [...posts, ...actor.delegations].some((held) => inForce(held, now));
}

/**
 * What stands between a session and the rooms, or undefined. Asked at every call: whoever is appointed while they are
 * signed in needs a second factor from that moment on.
 */
export function needOf({ asks, proved, privileged, demo }: SessionFacts): Need | undefined {
  if (asks === 'password' || (asks === 'code' && !proved)) return asks;
  return privileged && !proved && !demo ? 'factor' : undefined;
}

/** What a session may do about what stands between it and the rooms, and nothing else. */
const OPEN: Readonly<Record<Need, readonly string[]>> = {
  password: ['account', 'change-password'],
  code: ['account', 'step-up'],
  factor: ['account', 'change-password', 'begin-factor', 'confirm-factor', 'step-up'],
};

/** Whether a session that needs something may use this row of the table. */
export const mayUse = (need: Need | undefined, verb: string): boolean =>
  need === undefined || OPEN[need].includes(verb);

/** Whether who they are was proved so lately that it need not be asked again. */
export const isFresh = (proved: number, now: number): boolean => now >= proved && now - proved <= FRESH_FOR;

/** The day a moment lies on, UTC: as exactly as it is shown when a device was last used (nobody's hours are shown). */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

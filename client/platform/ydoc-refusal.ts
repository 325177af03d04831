/** Why there is no line any more, or why what was written does not get in. */
export type Refusal =
  'unauthenticated' | 'not_found' | 'replaced' | 'too_large' | 'outdated' | 'locked' | 'readonly' | 'internal';

/** Client ids have one owner: this one belongs to somebody else, so the text needs a new document here. */
export const CLIENT_ID_TAKEN = 4409;
/** The right to the document is gone: nothing of it stays on this device. */
export const ACCESS_LOST = 4403;

const CLOSED: Readonly<Record<number, Refusal>> = {
  1009: 'too_large',
  4400: 'internal',
  4401: 'unauthenticated',
  [ACCESS_LOST]: 'not_found',
  4404: 'not_found',
  4410: 'replaced',
  4413: 'too_large',
  4426: 'outdated',
};
const REJECTED: Readonly<Record<string, Refusal>> = {
  READ_ONLY: 'readonly',
  LOCKED: 'locked',
  TOO_LARGE: 'too_large',
  SCHEMA: 'outdated',
};

/** What a terminal close code of `/collab` means. */
export const refusalOf = (closeCode: number): Refusal => CLOSED[closeCode] ?? 'internal';

/** What a refusal (104) that cannot be tried again means. */
export const rejectionOf = (code: string): Refusal => REJECTED[code] ?? 'internal';

const READERS: ReadonlySet<string> = new Set(['read', 'comment']);
const FROZEN: ReadonlySet<string> = new Set(['sealed', 'locked', 'frozen']);

/** Does a role of DocStatus (103) only read? */
export const onlyReads = (role: string): boolean => READERS.has(role);

/** Does a state of DocStatus mean that nobody writes any more? */
export const isFrozen = (state: string): boolean => FROZEN.has(state);

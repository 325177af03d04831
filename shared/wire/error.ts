/** Codes every client must know, with the HTTP status each one travels under (RFC 9110). */
export const PLATFORM_CODES = {
  bad_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  stale: 409,
  id_reused: 409,
  locked: 409,
  too_large: 413,
  rate_limited: 429,
  storage: 503,
  overloaded: 503,
  internal: 500,
} as const;

export type PlatformCode = keyof typeof PLATFORM_CODES;

/** What may stand beside a code. `retryAfter` is in seconds, `current` is the head seq that made a command stale. */
export interface ErrorDetails {
  retryAfter?: number;
  current?: number;
  [key: string]: unknown;
}

/** The one error class. Services throw it; the socket wrapper and one HTTP middleware turn it into a reply. */
export class AppError extends Error {
  readonly code: string;
  readonly details: ErrorDetails | undefined;

  constructor(code: string, message?: string, details?: ErrorDetails) {
    super(message ?? code);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** A refusal returned by a rule: plain data, so that rules stay pure and the client can show it before asking. */
export interface Failure {
  failed: string;
  details?: ErrorDetails;
}

/** Builds a refusal; `code` is a platform code or `<feature>.<reason>`. */
export function fail(code: string, details?: ErrorDetails): Failure {
  return details === undefined ? { failed: code } : { failed: code, details };
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'failed' in value;
}

/** Passes a rule's result on, or throws its refusal. For services, the only place that turns one into the other. */
export function orThrow<T extends object>(result: T | Failure): T {
  if (isFailure(result)) throw new AppError(result.failed, undefined, result.details);
  return result;
}

/** HTTP status of a code: platform codes as listed, a feature's own are 422. */
export function statusOf(code: string): number {
  return code in PLATFORM_CODES ? PLATFORM_CODES[code as PlatformCode] : 422;
}

import type { AppError } from './error.ts';

/** What every command and query is answered with, over the socket and over HTTP alike. */
export type Reply<T> = ({ ok: true } & T) | ErrorReply;

export interface ErrorReply {
  ok: false;
  error: { code: string; message: string; retryAfter?: number; [detail: string]: unknown };
}

/** The envelope of a refusal. Details are copied one level deep and can never replace `code` or `message`. */
export function errorReply(error: AppError): ErrorReply {
  return { ok: false, error: { ...error.details, code: error.code, message: error.message } };
}

import type { AppError } from './error.ts';

export interface ErrorReply {
  ok: false;
  error: { code: string; message: string; retryAfter?: number; [detail: string]: unknown };
}

/** The envelope of a refusal. Details are copied one level deep and can never replace `code` or `message`. */
export function errorReply(error: AppError): ErrorReply {
  return { ok: false, error: { ...error.details, code: error.code, message: error.message } };
}

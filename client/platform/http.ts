import { AppError } from '#shared/wire/error.ts';

/** How long an answer may take before its outcome counts as unknown, in milliseconds (forum.md §4.3). */
export const DEADLINE = 8000;

export interface Http {
  /** Scheme and host; empty: the page's own. */
  origin: string;
  /** For programs outside a browser: the cookie, the origin. */
  headers?: Record<string, string>;
}

interface Reply {
  ok: boolean;
  error?: { code: string; message: string; [detail: string]: unknown };
  [field: string]: unknown;
}

export interface Exchange {
  method?: 'GET' | 'POST' | 'DELETE';
  body?: string;
  onHeaders?: (headers: Headers) => void;
}

/** Passes a reply on without its envelope, or throws its refusal. What is no reply at all counts as no answer. */
export function opened(reply: unknown): Record<string, unknown> {
  if (typeof reply !== 'object' || reply === null || !('ok' in reply)) throw new AppError('unknown');
  const { ok, error, ...output } = reply as Reply;
  if (ok) return output;
  const { code, message, ...details } = error ?? { code: 'internal', message: '' };
  throw new AppError(code, message, details);
}

/**
 * One HTTP exchange in the envelope of the contract. Throws like `Line.request`; `unknown` also when nothing left,
 * because a browser does not tell the two apart.
 */
export async function exchange(http: Http, path: string, init: Exchange = {}): Promise<Record<string, unknown>> {
  const type = init.body === undefined ? {} : { 'content-type': 'application/json' };
  let reply: unknown;
  try {
    const { onHeaders, ...rest } = init;
    const headers = { ...http.headers, 'X-Linli': '1', ...type };
    const answer = await fetch(http.origin + path, { signal: AbortSignal.timeout(DEADLINE), ...rest, headers });
    onHeaders?.(answer.headers);
    reply = await answer.json();
  } catch (cause) {
    throw new AppError('unknown', String(cause));
  }
  return opened(reply);
}

const pathOf = (name: string): string => `/api/${name.replace(':', '/')}`;

/** A query of the contract over HTTP. */
function askOverHttp(http: Http, name: string, input: object): Promise<Record<string, unknown>> {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(input)) if (value !== undefined) asked.set(key, String(value));
  return exchange(http, `${pathOf(name)}?${asked.toString()}`);
}

/** The answer to a query, or nothing where HTTP brings none: then it is to be asked another way. Throws a refusal. */
export async function tryOverHttp(
  http: Http,
  name: string,
  input: object,
): Promise<Record<string, unknown> | undefined> {
  try {
    return await askOverHttp(http, name, input);
  } catch (error) {
    if (error instanceof AppError && error.code === 'unknown') return undefined;
    throw error;
  }
}

/** Names that the hub has said are queries. */
const queries = new Set<string>();

/**
 * A row of the contract over HTTP, when the socket turns out to be blocked. The table that tells a command (POST) from
 * a query (GET) would weigh on the first visit, and could not be fetched later where the line has just failed: a
 * browser does not ask again for a script that it once could not have. So the hub is asked, once for each name; never
 * the other way round, since what a command brings along has no business in an address.
 */
export async function overHttp(http: Http, name: string, input: object): Promise<Record<string, unknown>> {
  if (!queries.has(name)) {
    try {
      return await exchange(http, pathOf(name), { method: 'POST', body: JSON.stringify(input) });
    } catch (error) {
      if (!(error instanceof AppError && error.details?.['method'] === 'GET')) throw error;
      queries.add(name);
    }
  }
  return askOverHttp(http, name, input);
}

import express, { type Express, type Request, type RequestHandler } from 'express';
import { addressOf, type Believed } from './address.ts';
import type { Limiter, Rate } from './limits.ts';

/** Where browsers tell what they would not load or run on a page of ours (ASVS 3.4.7). */
export const CSP_REPORTS = '/api/csp-report';

const BODY_LIMIT = '16kb';
const MOST = 10; // reports in one body
const RATE: Rate = { burst: 20, perMinute: 30 }; // bodies from one address; what is refused is lost without harm

/** What is kept of a report: nothing of the page, of its address, or of what stood in it. */
export interface Violation {
  directive: string;
  /** An origin, or one of the words browsers have for what has none. */
  blocked: string;
}

const WORDS = ['inline', 'eval', 'wasm-eval', 'self', 'trusted-types-policy', 'trusted-types-sink', 'data', 'blob'];

function blockedIn(said: unknown): string {
  if (typeof said !== 'string') return 'unknown';
  if (WORDS.includes(said)) return said;
  try {
    const { origin, protocol } = new URL(said);
    if (origin !== 'null' && origin.length <= 100) return origin;
    const scheme = protocol.slice(0, -1);
    return WORDS.includes(scheme) ? scheme : 'unknown';
  } catch {
    return 'unknown';
  }
}

const objectIn = (said: unknown): Record<string, unknown> =>
  typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};

/** Both forms: one report of CSP level 2 (`report-uri`), or a list by the Reporting API (`report-to`). */
function violationsIn(body: unknown): Violation[] {
  const reports = Array.isArray(body)
    ? body.map(objectIn).filter(({ type }) => type === 'csp-violation')
    : [objectIn(body)];
  return reports.slice(0, MOST).flatMap((report) => {
    const said = objectIn(report['body'] ?? report['csp-report']);
    const directive = said['effectiveDirective'] ?? said['effective-directive'] ?? said['violated-directive'];
    if (typeof directive !== 'string' || !/^[a-z-]{1,40}/.test(directive)) return [];
    const [name = ''] = /^[a-z-]{1,40}/.exec(directive) ?? [];
    return [{ directive: name, blocked: blockedIn(said['blockedURL'] ?? said['blocked-uri']) }];
  });
}

interface Deps {
  app: Express;
  origins: () => readonly string[];
  limiter: Limiter | undefined;
  note: (violation: Violation) => void;
}

/**
 * Takes reports. A browser sends them by itself and without our header, so they stand before what asks for it; they
 * change nothing, and what they say is believed by nobody.
 */
export function cspReports({ app, origins, limiter, note }: Deps): RequestHandler[] {
  const fromOurPages = ({ headers }: Request): boolean => {
    const site = headers['sec-fetch-site'];
    const { origin } = headers;
    return (site === undefined || site === 'same-origin') && (origin === undefined || origins().includes(origin));
  };
  const few: RequestHandler = (request, response, next) => {
    if (!fromOurPages(request)) {
      response.status(403).end();
      return;
    }
    limiter?.take(`${addressOf(request, app.get('trust proxy fn') as Believed) ?? 'somewhere'} csp-report`, RATE);
    next();
  };
  const take: RequestHandler = (request, response) => {
    for (const violation of violationsIn(request.body)) note(violation);
    response.set('Cache-Control', 'no-store').status(204).end();
  };
  const type = ['application/csp-report', 'application/reports+json'];
  return [few, express.json({ type, limit: BODY_LIMIT, strict: true }), take];
}

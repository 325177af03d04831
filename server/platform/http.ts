import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { GenericSchema } from 'valibot';
import type { Row } from '#shared/wire/define.ts';
import { AppError, statusOf } from '#shared/wire/error.ts';
import { errorReply } from '#shared/wire/reply.ts';
import { isFromHere } from './address.ts';
import { anonymousLimit } from './anonymous.ts';
import type { Caller } from './caller.ts';
import type { Dispatch } from './dispatch.ts';
import { CSP_REPORTS, cspReports, type Violation } from './csp.ts';
import { securityHeaders } from './headers.ts';
import { rateOf, type Limiter } from './limits.ts';
import { openApi } from './openapi.ts';
import { cookieName, readCookie } from './origin.ts';
import type { Sessions } from './caller.ts';

const BODY_LIMIT = '64kb'; // the same as a socket frame

interface Deps {
  origins: () => readonly string[];
  /** Proxies before the hub: how many, or where. What anybody else says about an address is not believed (#59). */
  proxies: number | readonly string[];
  sessions: Sessions;
  /** Puts the secret of a session into the answer's cookie. */
  carry: (response: Response, secret: string) => void;
  dispatch: Dispatch;
  /** Told of each request that was refused because it came by way of another site's page. */
  strangers: () => void;
  /** Told of what a browser would not load or run on one of our pages. */
  violated: (violation: Violation) => void;
  limiter: Limiter | undefined;
  ready: () => Promise<boolean>;
  metrics: () => Promise<string>;
  /** Routes of the features that stand in no table, each on its own router. */
  routers: readonly { path: string; router: RequestHandler }[];
  /** The client: built files, or Vite's middleware in development. */
  page: RequestHandler;
}

/** The secret of the session a request carries, if any. */
const sessionSecret = (request: Request, origins: readonly string[]): string | undefined =>
  readCookie(request, cookieName(origins));

function refuse(strangers: () => void): never {
  strangers();
  throw new AppError('forbidden', 'Not from a page of this hub.');
}

const isSafe = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD';

/**
 * Unsafe requests must come from our own pages: same origin by `Origin` or `Sec-Fetch-Site`, by both where both are
 * there, and a header that no form and no cross-site script can set (security #61).
 */
function sameOrigin({ origins, strangers }: Pick<Deps, 'origins' | 'strangers'>): RequestHandler {
  return (request, _response, next) => {
    const origin = request.get('origin');
    const site = request.get('sec-fetch-site');
    const isOurs =
      (origin === undefined || origins().includes(origin)) && (site === undefined || site === 'same-origin');
    const isSaid = origin !== undefined || site !== undefined;
    if (!isSafe(request) && !(isOurs && isSaid && request.get('x-linli') === '1')) refuse(strangers);
    next();
  };
}

/** What the hub knows to do with a request. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];

/** By list, so that no route answers something it never thought of (ASVS 4.1.4). */
const onlyListed: RequestHandler = (request, response, next) => {
  if (METHODS.includes(request.method)) {
    next();
    return;
  }
  const error = new AppError('bad_input', 'There is no such method here.');
  response.status(405).set('Allow', METHODS.join(', ')).json(errorReply(error));
};

/** Where a browser comes back from another provider of identities. What comes along is held against its sealed cookie. */
const BACK = '/session/oidc/callback';

/** What the API answers is read by our pages, by programs and from the address line, through no page of others. */
const notThroughOthers =
  (strangers: () => void): RequestHandler =>
  (request, _response, next) => {
    const site = request.path === BACK ? undefined : request.get('sec-fetch-site');
    if (site === 'cross-site' || site === 'same-site') refuse(strangers);
    next();
  };

/** Query strings carry text alone: numbers and booleans are read as the schema expects them. */
function fromQuery(schema: GenericSchema, query: Record<string, unknown>): Record<string, unknown> {
  const entries = 'entries' in schema ? (schema.entries as Record<string, object>) : {};
  return Object.fromEntries(
    Object.entries(query).map(([key, value]) => {
      const kind = Object.hasOwn(entries, key) ? baseType(entries[key]) : undefined;
      if (kind === 'number' && typeof value === 'string' && /^-?\d{1,16}$/.test(value)) return [key, Number(value)];
      if (kind === 'boolean' && (value === 'true' || value === 'false')) return [key, value === 'true'];
      return [key, value];
    }),
  );
}

function baseType(schema: object | undefined): string | undefined {
  if (schema === undefined) return undefined;
  if ('wrapped' in schema) return baseType(schema.wrapped as object);
  return 'type' in schema && typeof schema.type === 'string' ? schema.type : undefined;
}

function api(deps: Deps): express.Router {
  const { dispatch, limiter, origins, sessions } = deps;
  const router = express.Router();
  const callerFor = (row: Row, secret: string): Promise<Caller | undefined> =>
    row.action === 'own-account' ? sessions.holder(secret) : sessions.caller(secret);
  const run = async (request: Request, response: Response, kind: 'command' | 'query'): Promise<void> => {
    const name = `${String(request.params['feature'])}:${String(request.params['verb'])}`;
    const row = dispatch.row(name);
    if (row === undefined) throw new AppError('not_found', 'There is no such command.');
    const method = row.kind === 'query' ? 'GET' : 'POST';
    if (row.kind !== kind) throw new AppError('not_found', `Ask with ${method}.`, { method });
    const secret = sessionSecret(request, origins());
    const caller = secret === undefined ? undefined : await callerFor(row, secret);
    if (caller === undefined) throw new AppError('unauthenticated');
    limiter?.take(`${caller.actor.person} ${name}`, rateOf(name));
    const carry = (other: string): void => {
      deps.carry(response, other);
    };
    const input: unknown = kind === 'query' ? fromQuery(row.input, request.query) : request.body;
    response.json({ ok: true, ...(await dispatch.ask(name, { ...caller, carry }, input)) });
  };
  router.get('/openapi.json', (_request, response) => {
    response.json(openApi(cookieName(origins())));
  });
  router.get('/:feature/:verb', (request, response) => run(request, response, 'query'));
  router.post('/:feature/:verb', (request, response) => run(request, response, 'command'));
  router.use(() => {
    throw new AppError('not_found');
  });
  return router;
}

/** Everything a browser or a program asks over HTTP. Listens nowhere; `main.ts` does. */
export function createHttp(deps: Deps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', typeof deps.proxies === 'number' ? deps.proxies : [...deps.proxies]);
  app.set('query parser', 'simple'); // no nested objects out of a query string
  app.use(securityHeaders(deps.origins));
  app.post(CSP_REPORTS, cspReports({ app, ...deps, note: deps.violated }));
  app.use(sameOrigin(deps));
  app.use(onlyListed);
  app.get('/healthz', (_request, response) => {
    response.type('text').send('ok\n');
  });
  app.get('/readyz', async (_request, response) => {
    const ready = await deps.ready();
    response
      .status(ready ? 200 : 503)
      .type('text')
      .send(ready ? 'ready\n' : 'not ready\n');
  });
  app.get('/metrics', async (request, response) => {
    if (!isFromHere(request)) throw new AppError('not_found');
    response.type('text/plain; version=0.0.4').send(await deps.metrics());
  });
  app.use('/api', noStore, notThroughOthers(deps.strangers), express.json({ limit: BODY_LIMIT, strict: true }));
  app.use('/public', anonymousLimit(app, deps.limiter));
  for (const { path, router } of deps.routers) app.use(path, router);
  app.use('/api', api(deps));
  app.use(deps.page);
  app.use(failed(deps.dispatch));
  return app;
}

const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store, private');
  next();
};

/** The one place where a throw becomes an HTTP answer. */
function failed(dispatch: Dispatch): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = dispatch.asAppError(fromParser(thrown), `${request.method} ${request.path}`);
    const retryAfter = error.details?.retryAfter;
    if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
    response.status(statusOf(error.code)).json(errorReply(error));
  };
}

/** What Express's own parsers throw, and Node's of a request that broke off halfway, in our words. */
function fromParser(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return thrown;
  if ('code' in thrown && String(thrown.code).startsWith('HPE_')) return new AppError('bad_input', 'Not readable.');
  if (!('status' in thrown)) return thrown;
  if (thrown.status === 413) return new AppError('too_large', 'At most 64 KiB.');
  if (typeof thrown.status === 'number' && thrown.status < 500) return new AppError('bad_input', 'Not readable.');
  return thrown;
}

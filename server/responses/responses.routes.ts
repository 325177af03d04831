import express, { type Request, type Response, type Router } from 'express';
import type { Component } from 'svelte';
import { render } from 'svelte/server';
import { REPORTED } from '#server/platform/headers.ts';
import type { Clock } from '#server/platform/clock.ts';
import type { PublicResponse, PublicUnit } from '#shared/responses/responses.view.ts';
import { capMessage } from './public.cap.ts';
import { atomFeed, jsonFeed } from './public.feeds.ts';
import { documentOf, frameOf, type Look } from './public.page.ts';
import { shortMark } from './responses.project.ts';
import PublicHome from './PublicHome.svelte';
import PublicMissing from './PublicMissing.svelte';
import PublicResponsePage from './PublicResponse.svelte';
import PublicVerify from './PublicVerify.svelte';

/** What residents can find: nothing here can see a session, a draft or a person's id. */
interface PublicModel {
  publicByCode: (code: string) => Promise<PublicResponse | undefined>;
  publicByMark: (mark: string) => Promise<PublicResponse | undefined>;
  publicRecent: (limit: number) => Promise<PublicResponse[]>;
  publicOfUnit: (unit: string, limit: number) => Promise<PublicResponse[]>;
  publicOfMatter: (matter: string) => Promise<PublicResponse[]>;
}

interface Deps {
  model: PublicModel;
  unitByCode: (code: string) => { id: string; code: string; name: string } | undefined;
  /** Where the hub is reached from outside, for addresses in feeds. */
  origin: () => string;
  stylesheet: string;
  clock: Clock;
}

const PAGE = 50; // responses on one page and in one feed
const CACHE = 'public, max-age=5'; // seconds; what is withdrawn is gone everywhere within five (security P2)
const HEADERS = {
  'Cache-Control': CACHE,
  'Content-Security-Policy': `default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; ${REPORTED}`,
};

const one = (value: unknown): string => (typeof value === 'string' ? value : '');

function lookOf(request: Request): Look {
  const { lang, text, ...rest } = request.query as Record<string, unknown>;
  const kept = Object.entries(rest).filter(([name]) => name === 'rev' || name === 'q');
  return {
    language: lang === 'en' ? 'en' : 'zh',
    large: text === 'large',
    path: `/public${request.path === '/' ? '' : request.path}`,
    rest: Object.fromEntries(kept.map(([name, value]) => [name, one(value)])),
  };
}

/** What somebody typed, as it is stored: a code, sixteen digits of a hash, or all sixty-four. */
function markIn(asked: string): { code: string } | { mark: string } | undefined {
  const bare = asked.replace(/[\s-]/g, '').toUpperCase();
  if (/^R[0-9A-HJKMNP-TV-Z]{10}$/.test(bare)) return { code: `R-${bare.slice(1, 6)}-${bare.slice(6)}` };
  const hash = bare.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hash)) return { mark: hash };
  return /^[0-9a-f]{16}$/.test(hash) ? { mark: hash } : undefined;
}

/** The units responses come from and touch, in order of appearance. */
function unitsIn(responses: readonly PublicResponse[]): PublicUnit[] {
  const found = new Map(responses.flatMap((response) => response.units).map((unit) => [unit.code, unit]));
  return [...found.values()];
}

interface Page<Props extends Record<string, unknown>> {
  page: Component<Props>;
  props: Props;
}

/** Renders one page; what people wrote is escaped by the renderer, and no script is ever in it. */
const sender =
  (stylesheet: string) =>
  <Props extends Record<string, unknown>>(response: Response, look: Look, { page, props }: Page<Props>): void => {
    const rendered = render(page as Component<Record<string, unknown>>, { props });
    response.type('html').send(documentOf(look, stylesheet, rendered));
  };

type Send = ReturnType<typeof sender>;

/** The one answer for what is unknown and what is not published. */
const missingWith =
  (send: Send) =>
  (request: Request, response: Response): void => {
    const look = { ...lookOf(request), path: '/public', rest: {} };
    response.status(404);
    send(response, look, { page: PublicMissing, props: { frame: frameOf(look) } });
  };

type Missing = ReturnType<typeof missingWith>;

function lists(router: Router, { model, unitByCode }: Deps, answer: { send: Send; missing: Missing }): void {
  router.get('/', async (request, response) => {
    const look = lookOf(request);
    const responses = await model.publicRecent(PAGE);
    const props = { frame: frameOf(look), unit: undefined, responses, units: unitsIn(responses) };
    answer.send(response, look, { page: PublicHome, props });
  });

  router.get('/units/:code', async (request, response) => {
    const unit = unitByCode(request.params.code);
    if (unit === undefined) {
      answer.missing(request, response);
      return;
    }
    const look = lookOf(request);
    const responses = await model.publicOfUnit(unit.id, PAGE);
    const units = unitsIn(responses).filter((other) => other.code !== unit.code);
    const props = { frame: frameOf(look, unit.name), unit: { code: unit.code, name: unit.name }, responses, units };
    answer.send(response, look, { page: PublicHome, props });
  });
}

function single(router: Router, { model, clock }: Deps, answer: { send: Send; missing: Missing }): void {
  router.get('/responses/:code', async (request, response) => {
    const found = await model.publicByCode(request.params.code.toUpperCase());
    const asked = one(request.query['rev']);
    const shown = asked === '' ? (found?.revisions.at(-1)?.n ?? 0) : Number(asked);
    if (found?.revisions.some((revision) => revision.n === shown) !== true) {
      answer.missing(request, response);
      return;
    }
    const look = lookOf(request);
    const others = (await model.publicOfMatter(found.matter)).filter((other) => other.code !== found.code);
    const now = clock.now().getTime();
    const props = { frame: frameOf(look, found.unit.name), response: found, shown, others, now };
    answer.send(response, look, { page: PublicResponsePage, props });
  });

  router.get('/verify', async (request, response) => {
    const look = lookOf(request);
    const asked = one(request.query['q']).slice(0, 200).trim();
    const wanted = markIn(asked);
    const found =
      wanted && ('code' in wanted ? await model.publicByCode(wanted.code) : await model.publicByMark(wanted.mark));
    const props = { frame: frameOf(look), asked, found: found && { response: found, n: versionOf(found, wanted) } };
    answer.send(response, look, { page: PublicVerify, props });
  });
}

function machines(router: Router, { model, origin }: Deps, missing: Missing): void {
  router.get('/feed.atom', async (_request, response) => {
    const responses = await model.publicRecent(PAGE);
    response.type('application/atom+xml').send(atomFeed({ origin: origin(), responses }));
  });

  router.get('/feed.json', async (_request, response) => {
    const responses = await model.publicRecent(PAGE);
    response.type('application/feed+json').send(JSON.stringify(jsonFeed({ origin: origin(), responses })));
  });

  router.get('/cap/:file', async (request, response) => {
    const [, code] = /^(.+)\.xml$/.exec(request.params.file) ?? [];
    const found = code === undefined ? undefined : await model.publicByCode(code.toUpperCase());
    const message = found && capMessage(found, origin());
    if (message === undefined) missing(request, response);
    else response.type('application/cap+xml').send(message);
  });
}

/**
 * The pages, feeds and messages residents reach without signing in, on a router of their own. Unknown and unpublished
 * give the same answer.
 */
export function publicRoutes(deps: Deps): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set(HEADERS);
    next();
  });
  const send = sender(deps.stylesheet);
  const missing = missingWith(send);
  lists(router, deps, { send, missing });
  single(router, deps, { send, missing });
  machines(router, deps, missing);
  router.use(missing);
  return router;
}

/** The version a hash names; a code names the newest. */
function versionOf(response: PublicResponse, wanted: { code: string } | { mark: string } | undefined): number {
  const newest = response.revisions.at(-1)?.n ?? 0;
  if (wanted === undefined || 'code' in wanted) return newest;
  const named = response.revisions.find(
    ({ contentHash }) => contentHash === wanted.mark || shortMark(contentHash) === wanted.mark,
  );
  return named?.n ?? newest;
}

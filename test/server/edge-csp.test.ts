import { beforeAll, describe, expect, test } from 'vitest';
import { startApp, startKeptApp, type TestApp } from '../support/app.ts';
import { cookieFor, eventually } from '../support/client.ts';

/* What browsers tell of what they would not load or run (ASVS 3.4.7): anybody can send it, so it is little and counted. */

let app: TestApp;
beforeAll(async () => {
  app = await startKeptApp();
});

const LEVEL_2 = 'application/csp-report';
const REPORTING = 'application/reports+json';

/** As a browser does it: without a header of ours. */
const tell = ({ url }: TestApp, body: unknown, type = LEVEL_2, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/csp-report`, {
    method: 'POST',
    headers: { 'content-type': type, origin: url, 'sec-fetch-site': 'same-origin', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const report = (directive: string, blocked: string) => ({
  'csp-report': {
    'document-uri': 'http://hub/rooms/of-whom',
    ...{ 'effective-directive': directive, 'blocked-uri': blocked, 'script-sample': 'words of a page' },
  },
});

async function noted({ app: { streams } }: TestApp): Promise<{ actor: string; data: unknown }[]> {
  const stream = `log:${new Date().toISOString().slice(0, 10)}`;
  const events = await streams.read(stream, 1, Number.MAX_SAFE_INTEGER, 200);
  return events.filter(({ type }) => type.startsWith('refused')).map(({ actor, data }) => ({ actor, data }));
}

test.each(['/', '/public', '/public/verify?q=x'])('%s says where a browser reports to', async (path) => {
  const { headers } = await fetch(`${app.url}${path}`, { headers: { accept: 'text/html' } });
  const policy = headers.get('content-security-policy');
  expect(policy).toContain('report-uri /api/csp-report');
  expect(policy).toContain('report-to csp');
  expect(headers.get('reporting-endpoints')).toBe('csp="/api/csp-report"');
});

test('both forms of a report are noted by directive and origin, and hold nothing of the page', async () => {
  const hub = await startApp();
  expect((await tell(hub, report('script-src-elem', 'https://evil.example/a.js?who=li'))).status).toBe(204);
  expect((await tell(hub, report('img-src', 'data'))).status).toBe(204);
  const list = ['inline', 'trusted-types-sink', 'javascript:alert(1)', `https://${'x'.repeat(200)}.example/`].map(
    (blockedURL) => ({
      type: 'csp-violation',
      url: 'http://hub/rooms/of-whom',
      body: { effectiveDirective: 'style-src', blockedURL, sample: 'words of a page' },
    }),
  );
  expect((await tell(hub, [...list, { type: 'deprecation', body: {} }], REPORTING)).status).toBe(204);
  await eventually(async () => (await noted(hub)).length === 5);
  const entry = (directive: string, blocked: string) => ({
    actor: 'nobody',
    data: { code: 'csp', directive, blocked },
  });
  expect(await noted(hub)).toEqual([
    entry('script-src-elem', 'https://evil.example'),
    entry('img-src', 'data'),
    entry('style-src', 'inline'),
    entry('style-src', 'trusted-types-sink'),
    entry('style-src', 'unknown'),
  ]);
});

describe('what is no report', () => {
  test('changes nothing, whoever sends it and whatever it is', async () => {
    const cookie = await cookieFor(app.url, 'worker');
    const before = (await noted(app)).length;
    for (const body of [{}, [], [1, null], { 'csp-report': 1 }, report('<script>', 'x'), report('', 'x')])
      expect((await tell(app, body, LEVEL_2, { cookie })).status, JSON.stringify(body)).toBe(204);
    expect((await tell(app, report('img-src', 'x'), 'text/plain')).status).toBe(204);
    expect((await tell(app, '{')).status).toBe(400);
    expect((await tell(app, report('img-src', 'x'.repeat(20_000)))).status).toBe(413);
    const foreign = { origin: 'https://evil.example' };
    expect((await tell(app, report('img-src', 'x'), LEVEL_2, foreign)).status).toBe(403);
    expect((await tell(app, report('img-src', 'x'), LEVEL_2, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect(await noted(app)).toHaveLength(before);
  });

  test('is refused when it comes too fast, and leaves eleven entries a minute at most', async () => {
    const hub = await startApp({ env: { LINLI_LIMITS: 'normal' } });
    const statuses = [];
    for (let n = 0; n < 25; n++) {
      const many = Array.from({ length: 50 }, (_, i) => ({
        type: 'csp-violation',
        body: { effectiveDirective: `directive-${'a'.repeat((n * 50 + i) % 30)}`, blockedURL: 'inline' },
      }));
      statuses.push((await tell(hub, many, REPORTING)).status);
    }
    expect(statuses.slice(0, 20)).toEqual(Array<number>(20).fill(204));
    expect(statuses.slice(-3)).toEqual([429, 429, 429]);
    await eventually(async () => (await noted(hub)).length === 10);
    await hub.app.features.refusals.settle();
    const all = await noted(hub);
    expect(all).toHaveLength(11);
    expect(JSON.stringify(all.at(-1))).toContain('"others"');
  });

  test('keeps nothing else that is refused to people nobody knows off the log', async () => {
    const hub = await startApp({ env: { LINLI_LIMITS: 'normal' } });
    for (let n = 0; n < 12; n++) await tell(hub, report('img-src', `https://${n}.example`));
    await eventually(async () => (await noted(hub)).length === 10);
    const foreign = { 'content-type': 'application/json', origin: 'https://evil.example' };
    await fetch(`${hub.url}/api/session`, { method: 'POST', headers: foreign, body: '{}' });
    await eventually(async () => (await noted(hub)).length === 11);
    expect((await noted(hub)).at(-1)).toEqual({ actor: 'nobody', data: { code: 'origin' } });
  });
});

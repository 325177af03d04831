import { connect } from 'node:net';
import type { Random } from '#server/demo/random.ts';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import { createSamples, HOSTILE, NOBODY, PUTS_OUT, scrambled, spoiled } from './fuzz-inputs.ts';

const ROWS = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, row]) => ({
    path: `/api/${feature}/${verb}`,
    ...row,
    putsOut: PUTS_OUT.has(`${feature}:${verb}`),
  })),
);
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'HEAD',
  'TRACE',
  'PROPFIND',
  'post',
  'CONNECT',
  'X',
];
const PATHS = [
  ...[
    '/',
    '//',
    '/api',
    '/api/',
    '/api/session',
    '/api/__proto__/constructor',
    '/api/forum/__proto__',
    '/api/openapi.json',
  ],
  ...[
    '/%',
    '/%ff',
    '/%00',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/../../../etc/passwd',
    '/assets/../../server/cli.js',
    '/.env',
  ],
  ...[
    '/public',
    '/public/units/%00',
    '/public/responses/R-00000-00000',
    '/public/verify?code=%ff',
    '/public/feed.json?unit[]=1',
  ],
  ...[
    'http://other/',
    '*',
    '//[',
    '/\\',
    '/socket.io/',
    '/socket.io/?EIO=3&transport=polling',
    '/socket.io/?EIO=4&sid=__proto__',
  ],
  ...[
    '/collab/',
    '/collab/x',
    '/collab/%',
    '/collab/__proto__',
    '/metrics',
    '/readyz',
    `/${'a'.repeat(5_000)}`,
    '?',
    '',
  ],
];
const HEADERS = [
  ...[
    'content-length: -1',
    'content-length: 99999999999999999999',
    'transfer-encoding: chunked',
    'transfer-encoding: gzip',
  ],
  ...[
    'content-type: application/json; charset=utf-99',
    'content-type: text/plain',
    'content-encoding: gzip',
    'expect: 100-continue',
  ],
  ...[
    'cookie: sid=__proto__',
    'cookie: =;;sid',
    'origin: null',
    'origin: http://evil.example',
    'host: [',
    'range: bytes=9-1',
  ],
  ...[
    'upgrade: websocket\r\nconnection: upgrade',
    'upgrade: h2c\r\nconnection: upgrade',
    `x-a: ${'b'.repeat(20_000)}`,
    'x\u0000: y',
  ],
  ...[
    'accept: */*;q=x',
    'if-none-match: "',
    'x-forwarded-for: 1,2',
    'sec-websocket-key: x\r\nsec-websocket-version: 13',
  ],
];

/** An endless supply of HTTP requests as bytes. */
export function createRequests(
  random: Random,
  { host, cookie, ids }: { host: string; cookie: string; ids: readonly string[] },
) {
  const words = ['停水了', 'a', '%', '{"$gt":""}', ...ids];
  const samples = createSamples(random, { ids, words });
  const aboutNobody = createSamples(random, { ids: [NOBODY], words });
  const inputOf = (row: (typeof ROWS)[number]): unknown => (row.putsOut ? aboutNobody : samples).of(row.input);
  const head = (method: string, path: string, headers: readonly string[]): string =>
    [
      `${method} ${path} HTTP/1.1`,
      `host: ${host}`,
      `origin: http://${host}`,
      'x-linli: 1',
      `cookie: ${cookie}`,
      'connection: close',
      ...headers,
      '',
      '',
    ].join('\r\n');
  const post = (path: string, body: string, headers: readonly string[] = []): string =>
    head('POST', path, ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`, ...headers]) +
    body;
  const query = (input: unknown): string =>
    Object.entries((input ?? {}) as Record<string, unknown>)
      .map(
        ([key, value]) =>
          `${key}${random.pick(['', '', '[]', '[$ne]', '[__proto__]'])}=${encodeURIComponent(random.below(3) === 0 ? random.pick(HOSTILE).slice(0, 300) : String(value))}`,
      )
      .join('&');
  const upgrade =
    'upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';

  const KINDS: readonly (() => string)[] = [
    () => {
      const row = random.pick(ROWS);
      return post(row.path, spoiled(inputOf(row), random));
    },
    () => {
      const row = random.pick(ROWS);
      return post(row.path, spoiled(inputOf(row), random));
    },
    () => {
      const row = random.pick(ROWS);
      return head('GET', `${row.path}?${query(inputOf(row))}`, []);
    },
    () => post('/api/session', spoiled({ name: random.pick(ids), password: 'x' }, random).replace('"x"', '1')),
    () => head(random.pick(METHODS), random.pick(PATHS), []),
    () => head('GET', random.pick(PATHS), [upgrade]),
    () => {
      const row = random.pick(ROWS);
      return post(row.path, JSON.stringify(inputOf(row)), [random.pick(HEADERS)]);
    },
    () => head(random.pick(METHODS), random.pick(PATHS), [random.pick(HEADERS), random.pick(HEADERS)]),
  ];
  return {
    next: (): Buffer => {
      const bytes = Buffer.from(random.pick(KINDS)());
      return random.below(6) === 0 ? scrambled(bytes, random) : bytes;
    },
  };
}

/** Sends bytes to a port and resolves with what came back when the hub closes, or `patience` ms later. */
export function rawRequest(port: number, bytes: Buffer, patience: number): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.end(bytes); // nothing more will come: a request that waits for the rest of its body is over
    });
    const late = setTimeout(() => socket.destroy(), patience);
    socket.on('data', (chunk) => {
      if (said.length < 4_096) said += chunk.toString('latin1');
    });
    socket.on('error', () => undefined); // a reset is an answer
    socket.on('close', () => {
      clearTimeout(late);
      resolve(said);
    });
  });
}

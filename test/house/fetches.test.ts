import { expect, test } from 'vitest';
import { allSources, importsOf } from '../support/sources.ts';

/*
 * The hub calls nobody by what somebody wrote: `openid-client` alone calls out, to the one provider an operator names.
 * What people write is full of addresses; a server that fetched one, for a preview or a check,
 * would be a way to whatever stands beside it in the network (security #58).
 */

const CALLS =
  /(?<![.#\w]|async |abstract |override )fetch\s*\(|\bhttps?\.(?:request|get)\s*\(|\bnew (?:WebSocket|EventSource|Agent)\b|\b(?:net|tls)\.connect\s*\(|\bnet\.createConnection\s*\(/;
const CALLERS = new Set([
  'node:net',
  'node:tls',
  'node:dgram',
  'node:https',
  'node:http2',
  'node:dns',
  'undici',
  'axios',
]);

/** Who may, and what for. */
const NAMED: readonly string[] = [];

const sources = allSources().filter(({ file }) => /^(server|shared)\//.test(file) && !NAMED.includes(file));
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

test('no file of the server calls another machine', () => {
  expect(sources.filter(({ text }) => CALLS.test(withoutComments(text))).map(({ file }) => file)).toEqual([]);
});

test('no file of the server takes in what it could call another machine with', () => {
  // A pure check of an address's form is no call.
  const takes = (text: string): boolean =>
    /import\s+(?!\{\s*isIP\s*\})[^;]*from\s*'node:net'/.test(text) ||
    /import\s*\{[^}]*\b(?:request|get)\b[^}]*\}\s*from\s*'node:http'/.test(text);
  const callers = sources.filter(
    (source) => takes(source.text) || importsOf(source).some((from) => from !== 'node:net' && CALLERS.has(from)),
  );
  expect(callers.map(({ file }) => file)).toEqual([]);
});

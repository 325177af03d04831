import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import type { Contract, Row } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { createRandom } from '#server/demo/random.ts';
import { startApp } from '../support/app.ts';
import { signIn } from '../support/client.ts';
import { createSamples, PUTS_OUT } from '../support/fuzz-inputs.ts';

/* What asks a store for more than it was meant to (security §2 E): in every field of every command and query. */

const SEED = Number(process.env['LINLI_TEST_SEED'] ?? 1122);
/** Of two hundred payloads in each field: a seventh unless told. */
const SHARE = Number(process.env['LINLI_TEST_OPERATORS'] ?? 0.15);

const OPERATORS = ['$gt', '$ne', '$in', '$nin', '$where', '$regex', '$exists', '$expr', '$or', '$not', '$function'];
const VALUES: readonly unknown[] = ['', null, 1, [null], {}, '.*', true, [''], 'sleep(9)', { $gt: '' }];
const OBJECTS: readonly unknown[] = [
  ...OPERATORS.flatMap((operator) => VALUES.map((value) => ({ [operator]: value }))),
  ...VALUES.map((value) => [value]),
  ...['a.b', '$a.$b', '_id', 'constructor', 'toString', 'then', 'toJSON'].map((key) => ({ [key]: { $gt: '' } })),
  JSON.parse('{"__proto__":{"polluted":1}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":1}}}'),
  { _bsontype: 'ObjectId', id: 'x' },
];
const WORDS: readonly string[] = [
  ...OPERATORS.flatMap((operator) => [operator, `{"${operator}":""}`, `a.${operator}`, `[${operator}]`]),
  ...['__proto__', 'constructor', 'prototype', '.*', '^', '(a+)+$', '/.*/', "'; return true; //", "' || '1'=='1", '\\'],
  ...[
    'a.b.c',
    '$',
    '$$ROOT',
    '{$gt: ""}',
    '[object Object]',
    'true',
    'null',
    'undefined',
    '0',
    '-1',
    '*',
    '%00',
    '?',
    '%',
    '_',
    '{}',
  ],
];
const PAYLOADS = [...OBJECTS, ...WORDS];

type Shape = Record<string, unknown> & { type: string };
type Path = readonly (string | number)[];

/** Every place of an input in which something can stand, however deep: in objects, lists and alternatives. */
function placesIn(schema: unknown, path: Path = []): Path[] {
  const shape = schema as Shape;
  if ('wrapped' in shape) return placesIn(shape['wrapped'], path);
  const own = path.length === 0 ? [] : [path];
  if (shape.type === 'strict_object')
    return [...own, ...Object.entries(shape['entries'] as object).flatMap(([key, of]) => placesIn(of, [...path, key]))];
  if (shape.type === 'array') return [...own, ...placesIn(shape['item'], [...path, 0])];
  if (shape.type === 'union' || shape.type === 'variant')
    return [...own, ...(shape['options'] as Shape[]).flatMap((option, i) => placesIn(option, [...path, i]).slice(1))];
  return own;
}

/** A sample of a schema with something else in one place. */
function planted(
  sample: (schema: unknown) => unknown,
  schema: unknown,
  [at, ...rest]: Path,
  payload: unknown,
): unknown {
  if (at === undefined) return payload;
  const shape = schema as Shape;
  if ('wrapped' in shape) return planted(sample, shape['wrapped'], [at, ...rest], payload);
  if (shape.type === 'array') return [planted(sample, shape['item'], rest, payload)];
  if (shape.type !== 'strict_object') return planted(sample, (shape['options'] as Shape[])[Number(at)], rest, payload);
  const members = sample(shape) as object;
  return { ...members, [at]: planted(sample, (shape['entries'] as Record<string, unknown>)[at], rest, payload) };
}

interface Place {
  name: string;
  row: Row;
  path: Path;
}

const PLACES: readonly Place[] = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).flatMap(([verb, row]) =>
    placesIn(row.input).map((path) => ({ name: `${feature}:${verb}`, row, path })),
  ),
);

interface Outcome {
  ok: boolean;
  code?: string | undefined;
}

/** What is wrong with what became of one payload in one place, if anything is. */
function verdict({ name, path }: Place, payload: unknown, { ok, code }: Outcome): string[] {
  const isObject = typeof payload === 'object' && !Array.isArray(payload);
  const isWord = !isObject && code !== 'internal' && code !== 'storage';
  const isRefused = !ok && code === 'bad_input';
  return isWord || isRefused
    ? []
    : [`${name}.${path.join('.')} ${JSON.stringify(payload)}: ${ok ? 'taken' : String(code)}`];
}

async function aHub() {
  const hub = await startApp();
  const random = createRandom(SEED);
  const samples = createSamples(random, { ids: [hub.unit('wenshu'), hub.person('worker')], words: ['停水'] });
  const sample = samples.of as (schema: unknown) => unknown;
  const inputTo = ({ row, path }: Place, payload: unknown) => planted(sample, row.input, path, payload);
  return { hub, random, inputTo };
}

test('every place of every input is known, those inside of others too', () => {
  const names = PLACES.map(({ name, path }) => `${name}.${path.join('.')}`);
  expect(names).toContain('incidents:flag.from.room');
  expect(names).toContain('forum:post.files.0');
  expect(new Set(PLACES.map(({ name }) => name)).size).toBeGreaterThan(60);
});

test(`${PAYLOADS.length} operators in every field are bad input or a word like others (seed ${SEED})`, async () => {
  const { hub, random, inputTo } = await aHub();
  const before = Object.getOwnPropertyNames(Object.prototype);
  const caller = { actor: hub.actor('worker'), session: 'x' };
  const wrong: string[] = [];
  for (const place of PLACES) {
    for (const payload of PAYLOADS) {
      if (random.below(1_000) >= SHARE * 1_000) continue;
      const outcome = await hub.app.dispatch.ask(place.name, caller, inputTo(place, payload)).then(
        () => ({ ok: true }),
        (error: unknown) => ({ ok: false, code: error instanceof AppError ? error.code : 'internal' }),
      );
      wrong.push(...verdict(place, payload, outcome));
    }
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
});

test(`over the socket they are the same (seed ${SEED})`, async () => {
  const { hub, random, inputTo } = await aHub();
  const client = await signIn(hub, 'worker2');
  const wrong: string[] = [];
  for (const place of PLACES.filter(({ name }) => !PUTS_OUT.has(name) && !name.includes('password'))) {
    const payloads = Array.from({ length: 4 }, () => random.pick(PAYLOADS));
    const answers = await Promise.all(payloads.map((payload) => client.request(place.name, inputTo(place, payload))));
    answers.forEach(({ ok, error }, i) => wrong.push(...verdict(place, payloads[i], { ok, code: error?.code })));
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(client.socket.connected).toBe(true);
});

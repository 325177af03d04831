import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import { AppError } from '#shared/wire/error.ts';
import { createRandom } from '#server/demo/random.ts';
import { startApp } from '../support/app.ts';
import { createSamples } from '../support/fuzz-inputs.ts';

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

const ROWS = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, row]) => ({ name: `${feature}:${verb}`, row })),
);

test(`${PAYLOADS.length} operators in every field are bad input or a word like others (seed ${SEED})`, async () => {
  const hub = await startApp();
  const random = createRandom(SEED);
  const samples = createSamples(random, { ids: [hub.unit('wenshu'), hub.person('worker')], words: ['停水'] });
  const before = Object.getOwnPropertyNames(Object.prototype);
  const caller = { actor: hub.actor('worker'), session: 'x' };
  const places = ROWS.flatMap(({ name, row }) =>
    Object.keys(('entries' in row.input ? row.input.entries : {}) as object).map((field) => ({ name, row, field })),
  );
  /** What is wrong with the answer to one payload in one place, if anything is. */
  const verdict = async ({ name, row, field }: (typeof places)[number], payload: unknown): Promise<string[]> => {
    const input = { ...(samples.of(row.input) as object), [field]: payload };
    const isObject = typeof payload === 'object' && !Array.isArray(payload);
    try {
      await hub.app.dispatch.ask(name, caller, input);
      return isObject ? [`${name}.${field} takes ${JSON.stringify(payload)}`] : [];
    } catch (error) {
      const isKnown = error instanceof AppError && !['internal', 'storage'].includes(error.code);
      if (isKnown && (!isObject || error.code === 'bad_input')) return [];
      return [`${name}.${field} ${JSON.stringify(payload)}: ${String(error)}`];
    }
  };
  const wrong: string[] = [];
  for (const place of places) {
    for (const payload of PAYLOADS) {
      if (random.below(1_000) < SHARE * 1_000) wrong.push(...(await verdict(place, payload)));
    }
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
});

import { toJsonSchema } from '@valibot/to-json-schema';
import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import type { Contract } from '#shared/wire/define.ts';
import { allSources } from '../support/sources.ts';

const rows = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, row]) => ({ name: `${feature}:${verb}`, feature, row })),
);
const sources = allSources();

test('every input is a closed object, so that nothing unexpected comes in', () => {
  const open = rows.filter(
    ({ row }) => toJsonSchema(row.input, { errorMode: 'ignore' }).additionalProperties !== false,
  );
  expect(open.map(({ name }) => name)).toEqual([]);
});

test('every text that comes in has a length', () => {
  const endless = (schema: unknown, at: string): string[] => {
    if (typeof schema !== 'object' || schema === null) return [];
    const node = schema as Record<string, unknown>;
    const bounded = ['maxLength', 'pattern', 'enum', 'const', 'format'].some((key) => key in node);
    const here = node['type'] === 'string' && !bounded ? [at] : [];
    return [...here, ...Object.entries(node).flatMap(([key, member]) => endless(member, `${at}.${key}`))];
  };
  // `text` is bounded in bytes, which JSON Schema cannot say.
  const found = rows.flatMap(({ name, row }) => endless(toJsonSchema(row.input, { errorMode: 'ignore' }), name));
  expect(found.filter((at) => !at.endsWith('.text'))).toEqual([]);
});

test('every code a row may answer with is thrown somewhere and has words on the client', () => {
  const outside = (file: string): boolean => !/\.(schema|errors)\.ts$/.test(file);
  const thrown = sources.filter(({ file }) => /^(server|shared)\//.test(file) && outside(file));
  const worded = sources.filter(({ file }) => file.startsWith('client/'));
  const codes = [...new Set(rows.flatMap(({ row }) => row.errors))];
  const quoted = (code: string) => `'${code}'`;
  expect(codes.filter((code) => !thrown.some(({ text }) => text.includes(quoted(code))))).toEqual([]);
  expect(codes.filter((code) => !worded.some(({ text }) => text.includes(quoted(code))))).toEqual([]);
});

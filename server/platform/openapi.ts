import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { contract } from '#shared/contract.ts';
import type { Contract, Row } from '#shared/wire/define.ts';
import { PLATFORM_CODES, statusOf } from '#shared/wire/error.ts';

type Json = Record<string, unknown>;

function jsonSchema(schema: GenericSchema, typeMode: 'input' | 'output'): Json {
  const { $schema, ...rest } = toJsonSchema(schema, { target: 'draft-2020-12', typeMode, errorMode: 'ignore' });
  return rest;
}

const error = {
  type: 'object',
  required: ['ok', 'error'],
  properties: {
    ok: { const: false },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, retryAfter: { type: 'number' } },
    },
  },
};

/** The refusals of a row by the status they travel under. */
function refusals(row: Row): Json {
  const byStatus: Record<string, string[]> = {};
  for (const code of [...Object.keys(PLATFORM_CODES), ...row.errors]) {
    (byStatus[String(statusOf(code))] ??= []).push(code);
  }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [status, { description: codes.join(', '), content }]),
  );
}

function responses(row: Row): Json {
  const output = jsonSchema(row.output, 'output');
  const ok = { allOf: [{ type: 'object', required: ['ok'], properties: { ok: { const: true } } }, output] };
  return { 200: { description: 'Done', content: { 'application/json': { schema: ok } } }, ...refusals(row) };
}

function parameters(row: Row): Json[] {
  const { properties, required } = jsonSchema(row.input, 'input') as { properties?: Json; required?: string[] };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required?.includes(name) ?? false,
    schema,
  }));
}

function operation(name: string, row: Row): Json {
  const common = { operationId: name, description: `Right: ${row.action}`, responses: responses(row) };
  if (row.kind === 'query') return { get: { ...common, parameters: parameters(row) } };
  const body = { required: true, content: { 'application/json': { schema: jsonSchema(row.input, 'input') } } };
  return { post: { ...common, requestBody: body } };
}

let made: Json | undefined;

/** The OpenAPI 3.1 document of every command and query, made once from the command table; `cookie` is the session's. */
export function openApi(cookie: string): Json {
  made ??= {
    openapi: '3.1.0',
    info: { title: 'Linli 邻里', version: '0.1.0', description: 'Commands by POST, queries by GET.' },
    security: [{ session: [] }],
    paths: Object.fromEntries(
      Object.entries(contract as Contract).flatMap(([feature, table]) =>
        Object.entries(table).map(([verb, row]) => [`/api/${feature}/${verb}`, operation(`${feature}:${verb}`, row)]),
      ),
    ),
  };
  const securitySchemes = { session: { type: 'apiKey', in: 'cookie', name: cookie } };
  return { ...made, components: { schemas: { Error: error }, securitySchemes } };
}

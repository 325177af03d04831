import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { contract } from '#shared/contract.ts';
import type { Contract, Row } from '#shared/wire/define.ts';
import { PLATFORM_CODES, statusOf } from '#shared/wire/error.ts';
import { FILE_ERRORS, FileFacts } from '#shared/wire/files.ts';

type Json = Record<string, unknown>;

function jsonSchema(schema: GenericSchema, typeMode: 'input' | 'output'): Json {
  const { $schema, ...rest } = toJsonSchema(schema, { target: 'draft-2020-12', typeMode, errorMode: 'ignore' });
  return rest;
}

const OK = { type: 'object', required: ['ok'], properties: { ok: { const: true } } };
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

/** Refusals by the status they travel under: the floor's, and some of one's own. */
function refusals(row: { errors: readonly string[] }): Json {
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
  const ok = { allOf: [OK, output] };
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

/** One file, its bytes as they are: the one thing that stands in no table (files.routes.ts). */
function files(): Json {
  const name = (of: string, where: 'path' | 'query', schema: Json): Json => {
    return { name: of, in: where, required: where === 'path', schema };
  };
  const bytes = { 'application/octet-stream': {} };
  const facts = { allOf: [OK, jsonSchema(FileFacts, 'output')] };
  const refused = refusals({ errors: Object.keys(FILE_ERRORS) });
  const put = { 200: { description: 'Taken', content: { 'application/json': { schema: facts } } }, ...refused };
  const get = { 200: { description: 'The file', content: { '*/*': {} } }, ...refusals({ errors: [] }) };
  return {
    parameters: [name('id', 'path', { type: 'string', format: 'uuid' })],
    put: {
      ...{ operationId: 'files:put', description: 'Uploads one file under an id made by the sender.', responses: put },
      parameters: [name('name', 'query', { type: 'string', maxLength: 120 })],
      requestBody: { required: true, content: bytes },
    },
    get: {
      ...{
        operationId: 'files:get',
        description: 'For its uploader and the readers of what names it.',
        responses: get,
      },
      parameters: [name('size', 'query', { const: 'small' })],
    },
  };
}

let made: Json | undefined;

/** The OpenAPI 3.1 document of every command and query, made once from the command table; `cookie` is the session's. */
export function openApi(cookie: string): Json {
  made ??= {
    openapi: '3.1.0',
    info: { title: 'Linli 邻里', version: '0.1.0', description: 'Commands by POST, queries by GET.' },
    security: [{ session: [] }],
    paths: {
      ...Object.fromEntries(
        Object.entries(contract as Contract).flatMap(([feature, table]) =>
          Object.entries(table).map(([verb, row]) => [`/api/${feature}/${verb}`, operation(`${feature}:${verb}`, row)]),
        ),
      ),
      '/api/files/{id}': files(),
    },
  };
  const securitySchemes = { session: { type: 'apiKey', in: 'cookie', name: cookie } };
  return { ...made, components: { schemas: { Error: error }, securitySchemes } };
}

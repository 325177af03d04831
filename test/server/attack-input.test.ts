import { expect, test } from 'vitest';
import * as v from 'valibot';
import { createRandom } from '#server/demo/random.ts';
import { contract } from '#shared/contract.ts';
import type { Contract, Row } from '#shared/wire/define.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cookieFor, newId, signIn } from '../support/client.ts';
import { createSamples } from '../support/fuzz-inputs.ts';

/* Every command and query as the table names it, asked by somebody who means harm. */

const SEED = 1122;
const rows = Object.entries(contract as Contract).flatMap(([feature, table]) =>
  Object.entries(table).map(([verb, row]) => ({ name: `${feature}:${verb}`, path: `${feature}/${verb}`, row })),
);
const samples = createSamples(createRandom(SEED), { ids: [newId()], words: ['停水'] });

type Fields = Record<string, unknown>;
const inputOf = ({ row }: (typeof rows)[number]): Fields => samples.of(row.input) as Fields;
const fieldsOf = ({ row }: (typeof rows)[number]): string[] =>
  'entries' in row.input ? Object.keys(row.input.entries as object) : [];

const OPERATORS = ['{"$ne":null}', '{"$gt":""}', '{"$where":"1"}', '{"$in":[null]}', '{"$regex":".*"}'].map(
  (text) => JSON.parse(text) as Fields,
);
/** Fields of what is stored, which a client that could name them would write. */
const STORED = ['role', 'actor', 'seq', '_id', 'at', 'by', 'publishedAt', 'secondBy', '$set', 'prev', 'hash'];

/** The fields a schema complains about. */
const complaints = (row: Row, input: unknown): unknown[] =>
  (v.safeParse(row.input, input).issues ?? []).map((issue) => issue.path?.[0]?.key);

/** Every object a schema would take, at any depth, by its kind. */
function objectsIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type } = schema as { type?: unknown };
  const here = typeof type === 'string' && /object|record|any|unknown|custom/.test(type) ? [type] : [];
  return [...here, ...Object.values(schema).flatMap(objectsIn)];
}

test(`no field takes an operator of the store, and no input a field that is the hub’s own (seed ${SEED})`, () => {
  const taken = rows.flatMap((one) => [
    ...fieldsOf(one).flatMap((field) =>
      OPERATORS.filter((operator) => !complaints(one.row, { ...inputOf(one), [field]: operator }).includes(field)).map(
        (operator) => `${one.name} ${field} ${JSON.stringify(operator)}`,
      ),
    ),
    ...STORED.filter((field) => !fieldsOf(one).includes(field))
      .filter((field) => !complaints(one.row, { ...inputOf(one), [field]: 'x' }).includes(field))
      .map((field) => `${one.name} ${field}`),
  ]);
  expect(taken).toEqual([]);
  const open = rows.filter(({ row }) => objectsIn(row.input).some((kind) => kind !== 'strict_object'));
  expect(open.map(({ name }) => name)).toEqual([]);
});

test(`an operator is refused whichever way it comes (seed ${SEED})`, async () => {
  const admin = await signIn(await startApp(), 'admin');
  const wrong: string[] = [];
  for (const one of rows) {
    const [field] = fieldsOf(one);
    if (field === undefined) continue;
    const input = { ...inputOf(one), [field]: { $ne: null } };
    const isCommand = one.row.kind === 'command';
    const overSocket = await admin.request(one.name, input);
    const overHttp = await (isCommand ? admin.http(one.path, input) : admin.http(`${one.path}?${field}[$ne]=`));
    if (overSocket.error?.code !== 'bad_input' || overHttp.status !== 400) wrong.push(`${one.name} ${field}`);
  }
  expect(wrong).toEqual([]);
});

const commands = ['session', 'setup', ...rows.filter(({ row }) => row.kind === 'command').map(({ path }) => path)];

async function statusesOf({ url }: TestApp, cookie: string, init: RequestInit): Promise<Set<number>> {
  const statuses = commands.map(async (path) => {
    const headers = { cookie, 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    return (await fetch(`${url}/api/${path}`, { method: 'POST', body: '{}', ...init, headers })).status;
  });
  return new Set(await Promise.all(statuses));
}

test('no command is taken from the page of somebody else, whatever the form of the request, nor by asking for its address', async () => {
  const app = await startApp();
  const cookie = await cookieFor(app.url, 'admin');
  const forms: Record<string, string>[] = [
    { 'x-linli': '1' },
    { origin: app.url },
    { origin: 'null', 'x-linli': '1' },
    { origin: 'https://evil.example', 'x-linli': '1', 'sec-fetch-site': 'same-origin' },
    { origin: app.url, 'content-type': 'text/plain' },
    { 'sec-fetch-site': 'cross-site', 'x-linli': '1' },
    { 'sec-fetch-site': 'same-site', 'x-linli': '1' },
    { 'sec-fetch-site': 'none', 'x-linli': '1' },
  ];
  for (const headers of forms) {
    expect(await statusesOf(app, cookie, { headers }), JSON.stringify(headers)).toEqual(new Set([403]));
  }
  const ours = await statusesOf(app, cookie, { headers: { origin: app.url, 'x-linli': '1' } });
  expect(ours.has(403)).toBe(false); // they go on to be asked what they want
  const gets = commands
    .filter((path) => path !== 'session') // which answers who is signed in
    .map((path) => fetch(`${app.url}/api/${path}`, { headers: { cookie } }));
  expect(new Set((await Promise.all(gets)).map(({ status }) => status))).toEqual(new Set([404]));
});

test('an error nobody foresaw says an id and nothing of itself', async () => {
  const app = await startApp();
  const worker = await signIn(app, 'worker');
  const said = 'ENOENT /srv/linli/secrets/key {"$where":"x"}';
  const { collection } = app.app.db.model('Credential');
  collection.findOne = () => Promise.reject(new TypeError(said));
  const response = await fetch(`${app.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app.url, 'x-linli': '1' },
    body: JSON.stringify({ name: 'worker', password: 'linli-demo' }),
  });
  app.app.features.directory.user = () => {
    throw new TypeError(said);
  };
  const overSocket = await worker.request('people:me', {});
  for (const answer of [await response.json(), overSocket] as unknown[]) {
    expect(answer).toEqual({
      ok: false,
      error: { code: 'internal', message: expect.any(String) as string, id: expect.any(String) as string },
    });
    expect(JSON.stringify(answer)).not.toMatch(/ENOENT|srv|where|TypeError| at /);
  }
  expect(response.status).toBe(500);
});

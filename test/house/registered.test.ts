import type { Server } from 'node:http';
import express from 'express';
import { expect, test } from 'vitest';
import { contract } from '#shared/contract.ts';
import { POLICY } from '#shared/people/people.policy.ts';
import { DOCUMENTS, ROUTES, STREAMS } from '#shared/people/ways.policy.ts';
import { command, type Contract } from '#shared/wire/define.ts';
import { startApp } from '../support/app.ts';

/* Nothing can be asked for that names no right: what is registered is read off the running hub and held against the table. */

const WITHOUT_POST = ['signed-in', 'own-account', 'anyone', 'self', 'nobody'];
const isRight = (right: unknown): boolean =>
  typeof right === 'string' && (Object.hasOwn(POLICY, right) || WITHOUT_POST.includes(right));

/** Commands and queries whose right stands in no line of the table. */
const unnamedRows = (all: Contract): string[] =>
  Object.entries(all).flatMap(([feature, table]) =>
    Object.entries(table).flatMap(([verb, { action }]) => (isRight(action) ? [] : [`${feature}:${verb}`])),
  );

/** Of what is registered under a name, what the list gives no right to. */
const unnamed = (registered: Iterable<string>, list: Readonly<Record<string, unknown>>): string[] =>
  [...registered].filter((name) => !Object.hasOwn(list, name) || !isRight(list[name]));

/** What Express keeps of a route or of a router that is mounted. */
interface Layer {
  rawPath?: unknown;
  name: string;
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
}

/** Every route below a stack, as `GET /api/session`. The hub's pages are handlers without a route. */
function routesOf(stack: readonly Layer[], prefix = ''): string[] {
  return stack.flatMap(({ route, handle, rawPath }) => {
    if (route !== undefined)
      return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${prefix}${route.path}`);
    const mount = typeof rawPath === 'string' && rawPath !== '/' ? rawPath : '';
    return routesOf(handle.stack ?? [], `${prefix}${mount}`);
  });
}

const stackOf = (app: object): readonly Layer[] => (app as { router: { stack: Layer[] } }).router.stack;
const expressOf = (http: Server): object => {
  const found = http.listeners('request').find((listener) => 'router' in listener);
  if (found === undefined) throw new Error('no Express app listens');
  return found;
};

/** The two routes that take every row of the command table: each row names its own right. */
const BY_ROW = ['GET /api/:feature/:verb', 'POST /api/:feature/:verb'];

test('every command and query of the running hub names a right of the table', async () => {
  const { app } = await startApp();
  expect(unnamedRows(contract)).toEqual([]);
  const inContract = Object.entries(contract as Contract).flatMap(([feature, table]) =>
    Object.keys(table).map((verb) => `${feature}:${verb}`),
  );
  expect(app.dispatch.names().sort()).toEqual(inContract.sort());
});

test('every kind of stream and of document that can be opened names a right, and so does every route', async () => {
  const { app } = await startApp();
  expect(unnamed(Object.keys(app.features.readers), STREAMS)).toEqual([]);
  const rights = Object.values(DOCUMENTS).flatMap(({ read, edit }) => [read, edit]);
  expect(rights.filter((right) => !isRight(right))).toEqual([]);
  expect(unnamed(Object.keys(app.features.owners), DOCUMENTS_BY_KIND)).toEqual([]);
  const routes = routesOf(stackOf(expressOf(app.http))).filter((route) => !BY_ROW.includes(route));
  expect(routes.length).toBeGreaterThan(10); // the walk has found them
  expect(unnamed(routes, ROUTES)).toEqual([]);
  expect(Object.keys(ROUTES).filter((route) => !routes.includes(route))).toEqual([]); // nor does a line outlive its route
});

const DOCUMENTS_BY_KIND = Object.fromEntries(Object.entries(DOCUMENTS).map(([kind, { edit }]) => [kind, edit]));

test('what is planted without a right is found', () => {
  const row = { ...contract.people.me, action: 'unit.paint' };
  expect(unnamedRows({ people: { ...contract.people, paint: row } })).toEqual(['people:paint']);
  const bare = command({ action: '', input: row.input, output: row.output });
  expect(unnamedRows({ people: { bare } })).toEqual(['people:bare']);
  expect(unnamed(['room', 'chest'], STREAMS)).toEqual(['chest']);
  expect(unnamed(['meeting', 'chest'], DOCUMENTS_BY_KIND)).toEqual(['chest']);
  const nothing = (): void => undefined;
  const hidden = express.Router().get('/hidden', nothing);
  const planted = express().use('/api', express.Router().use('/deeper', hidden)).post('/open', nothing);
  expect(unnamed(routesOf(stackOf(planted)), ROUTES).sort()).toEqual(['GET /api/deeper/hidden', 'POST /open']);
});

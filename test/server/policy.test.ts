import { expect, test } from 'vitest';
import { createRandom } from '#server/demo/random.ts';
import { contract } from '#shared/contract.ts';
import { POLICY } from '#shared/people/people.policy.ts';
import type { Contract } from '#shared/wire/define.ts';
import { signIn, type TestClient } from '../support/client.ts';
import { EVERYWHERE } from '../support/policy-cast.ts';
import { hasHttp, type Cell, type Transport } from '../support/policy-cells.ts';
import { PROBES } from '../support/policy-concerns.ts';
import { askDoc, docCells } from '../support/policy-docs.ts';
import type { Probe } from '../support/policy-probes.ts';
import { askSignedOut, runCells, startRun, strayed, type Run } from '../support/policy-run.ts';

/*
 * The policy table, cell by cell, asked of a running hub from outside: over HTTP, the socket and `/collab`, by a person
 * of every column, by nobody's, and by those whose post is over, has not begun, or was not accepted. By default a share
 * with a fixed seed; LINLI_POLICY=full asks all of them.
 */

const isFull = process.env['LINLI_POLICY'] === 'full';
const SEED = Number(process.env['LINLI_SEED'] ?? 20_261_128);
const SHARE = isFull ? 1 : 0.1;

const WITHOUT_POST: readonly string[] = ['signed-in', 'own-account'];

const transportsOf = (probe: Probe): Transport[] => (hasHttp(probe) ? ['http', 'socket'] : ['socket']);

test('every right is asked for by something, and every command and query by a probe', () => {
  expect(Object.keys(POLICY).filter((action) => !PROBES.some((probe) => probe.action === action))).toEqual([]);
  const rows = Object.entries(contract as Contract).flatMap(([feature, table]) =>
    Object.entries(table).flatMap(([verb, { action }]) =>
      WITHOUT_POST.includes(action) ? [] : [`${feature}:${verb}`],
    ),
  );
  // Not there where the hub knows no other provider of identities: test/server/oidc.test.ts asks it.
  const rest = rows.filter((row) => !PROBES.some(({ name }) => name === row));
  expect(rest).toEqual(['people:bind-identity']);
});

/** A post that is not in force is tried where it would give most. */
function cellsOf({ hub }: Run, probe: Probe): Cell[] {
  return hub.personas.flatMap((who) => {
    const places = who.condition === 'active' ? EVERYWHERE : (['S'] as const);
    return places.flatMap((place) => transportsOf(probe).map((transport): Cell => ({ probe, place, who, transport })));
  });
}

/** Somebody who signed out, whose cookie is still known, and somebody without any. */
async function signedOut({ hub }: Run): Promise<Pick<TestClient, 'http'>[]> {
  const gone = await signIn(hub.app, 'one-officer');
  const headers = { cookie: gone.cookie, origin: gone.url, 'x-linli': '1' };
  await fetch(`${gone.url}/api/session`, { method: 'DELETE', headers });
  return [gone, { ...gone, http: clientWithout(gone.url) }];
}

const clientWithout =
  (url: string): TestClient['http'] =>
  async (path, body) => {
    const headers = { origin: url, 'x-linli': '1', 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/${path}`, { headers, ...sent });
    return {
      status: response.status,
      body: (await response.json()) as Awaited<ReturnType<TestClient['http']>>['body'],
    };
  };

test(
  'the hub answers each cell as the table has it, writes nothing for a refusal and sends to nobody who may not read',
  { timeout: 600_000 },
  async () => {
    const began = performance.now();
    const run = await startRun();
    const { next } = createRandom(SEED);
    const some = <T>(all: readonly T[]): T[] => all.filter(() => next() < SHARE);
    const wrong: string[] = [];
    let count = 0;
    const out = await signedOut(run);
    for (const probe of PROBES) {
      const cells = some(cellsOf(run, probe));
      wrong.push(...(await runCells(run, cells, isFull ? 8 : 1)));
      const asked = hasHttp(probe) ? some(out) : [];
      for (const client of asked) wrong.push(...(await askSignedOut(run, probe, client)));
      count += cells.length + asked.length;
    }
    const texts = some(docCells(run));
    wrong.push(...(await Promise.all(texts.map((cell) => askDoc(run, cell)))).flat());
    count += texts.length;
    console.info(`${count} cells of the policy table in ${Math.round(performance.now() - began)} ms, seed ${SEED}`);
    expect([...wrong, ...strayed(run)]).toEqual([]);
  },
);

import { generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isOver } from '#server/people/people.audit.ts';
import { createAnchorCheck } from '#server/platform/anchors.check.ts';
import { ANCHORS, createAnchors, createRoot } from '#server/platform/anchors.ts';
import { walk } from '#server/platform/chains.ts';
import { systemClock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { loadSigner, verifierOf, type Signer } from '#server/platform/signing.ts';
import type { EventRow, EventsModel } from '#server/platform/streams.model.ts';
import { dataHash, eventHash, ZERO_HASH } from '#shared/wire/stream.ts';
import { newId } from '../support/client.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

/* What an anchor promises: nothing that was there when it was made can be changed or be gone without being named. */

const SEED = 20261128;
const SPENT = 'log:2025-01-01';
const LATELY = `log:${new Date().toISOString().slice(0, 10)}`;
const NAMES = ['room:a', 'room:b', 'unit:c', 'meeting:d', SPENT, LATELY];

interface Kept {
  rows: EventRow[];
  folder: string;
  signer: Signer;
}

/** A record with an anchor in the middle: six streams of eight events, five of them anchored. */
async function anchored(): Promise<Kept> {
  const models: EventsModel[] = [];
  const opened = await openStreams({
    wrap: (model) => {
      models.push(model);
      return model;
    },
  });
  const folder = path.join(opened.folder, 'anchors');
  const signer = await loadSigner(path.join(opened.folder, 'secrets'));
  const { streams } = opened;
  const post = (stream: string, n: number) =>
    streams.inTurn(stream, () =>
      streams.append(stream, { id: newId(), type: 'posted', actor: newId(), data: { text: `第 ${n} 条` } }),
    );
  const anchors = createAnchors({ streams, signer, clock: systemClock, folder });
  for (let n = 1; n <= 5; n++) await Promise.all(NAMES.map((name) => post(name, n)));
  await anchors.make();
  for (let n = 6; n <= 8; n++) await Promise.all(NAMES.map((name) => post(name, n)));
  const rows: EventRow[] = [];
  for (const model of models) for await (const row of model.all()) rows.push(row);
  return { rows, folder, signer };
}

async function* each(rows: readonly EventRow[]): AsyncGenerator<EventRow> {
  for (const row of rows) yield await Promise.resolve(row);
}

async function faultsOf({ rows, folder, signer }: Kept): Promise<string[]> {
  const check = createAnchorCheck({ keys: [signer], isOver: (stream) => isOver(stream, new Date()) });
  await check.load(folder);
  const { faults } = await walk(each(rows), check.see);
  return [...faults, ...check.faults()];
}

/** A stream written anew: what whoever holds the store and not the key can do. */
function chained(rows: readonly EventRow[], stream: string): EventRow[] {
  let last = { seq: 0, hash: ZERO_HASH };
  return rows.map((row) => {
    if (row.stream !== stream) return row;
    const { id, type, actor, at, data } = row;
    const head = { stream, seq: last.seq + 1, id, type, actor, at, prev: last.hash };
    const hash = eventHash(sha256, { ...head, dataHash: dataHash(sha256, data) });
    last = { seq: head.seq, hash };
    return { ...row, ...head, hash };
  });
}

type Tamper = (rows: readonly EventRow[], stream: string, seq: number) => EventRow[];
const at =
  (stream: string, seq: number) =>
  (row: EventRow): boolean =>
    row.stream === stream && row.seq === seq;

/** Each done to an event that was anchored, `seq` from 1 to 5. */
const TAMPERS: Record<string, Tamper> = {
  'a changed word': (rows, stream, seq) =>
    rows.map((row) => (at(stream, seq)(row) ? { ...row, data: { text: '别的' } } : row)),
  'a changed author': (rows, stream, seq) =>
    rows.map((row) => (at(stream, seq)(row) ? { ...row, actor: newId() } : row)),
  'a changed byte of a hash': (rows, stream, seq) =>
    rows.map((row) =>
      at(stream, seq)(row) ? { ...row, hash: row.hash.replace(/^./, (c) => (c === '0' ? '1' : '0')) } : row,
    ),
  'an event taken out': (rows, stream, seq) => rows.filter((row) => !at(stream, seq)(row)),
  'an event put in': (rows, stream, seq) =>
    rows.flatMap((row) => (at(stream, seq)(row) ? [row, { ...row, id: newId(), seq: seq + 1 }] : [row])),
  'two events that changed places': (rows, stream, seq) => {
    const [one, other] = [rows.find(at(stream, seq)), rows.find(at(stream, seq + 1))];
    return rows.flatMap((row) => {
      if (at(stream, seq)(row) && other) return [{ ...other, seq }];
      return at(stream, seq + 1)(row) && one ? [{ ...one, seq: seq + 1 }] : [row];
    });
  },
  'a word changed and all hashes made anew': (rows, stream, seq) =>
    chained(
      rows.map((row) => (at(stream, seq)(row) ? { ...row, data: { text: '别的' } } : row)),
      stream,
    ),
  'an event taken out and all hashes made anew': (rows, stream, seq) =>
    chained(
      rows.filter((row) => !at(stream, seq)(row)),
      stream,
    ),
  'the end cut off': (rows, stream, seq) => rows.filter((row) => row.stream !== stream || row.seq < Math.max(seq, 2)),
  'a stream that is gone': (rows, stream) => rows.filter((row) => row.stream !== stream),
};

describe('an anchored record', () => {
  test('is whole as it was written, and after a day of the security log has gone in its time', async () => {
    const kept = await anchored();
    expect(await faultsOf(kept)).toEqual([]);
    const rows = kept.rows.filter(({ stream }) => stream !== SPENT);
    expect(await faultsOf({ ...kept, rows })).toEqual([]);
  });

  test.each(Object.entries(TAMPERS))(
    `names the stream of %s, whichever and wherever (seed ${SEED})`,
    async (name, tamper) => {
      const kept = await anchored();
      const where = fc.record({
        stream: fc.constantFrom(...NAMES.filter((one) => name !== 'a stream that is gone' || one !== SPENT)),
        seq: fc.integer({ min: 1, max: 5 }),
      });
      const property = fc.asyncProperty(where, async ({ stream, seq }) => {
        const faults = await faultsOf({ ...kept, rows: tamper(kept.rows, stream, seq) });
        expect(faults.join('\n')).toContain(stream);
      });
      await fc.assert(property, { seed: SEED, numRuns: 40 });
    },
  );

  test('names an anchor that was cut off the record, and one without its own', async () => {
    const kept = await anchored();
    const without = kept.rows.filter(({ stream }) => stream !== ANCHORS);
    expect((await faultsOf({ ...kept, rows: without })).join()).toContain('is not on the record');
    const forged = chained(
      kept.rows.map((row) =>
        row.stream === ANCHORS ? { ...row, data: { ...(row.data as object), root: ZERO_HASH } } : row,
      ),
      ANCHORS,
    );
    expect((await faultsOf({ ...kept, rows: forged })).join()).toContain(`${ANCHORS} 1: its signature`);
  });

  test('is held against no anchor that was changed to fit, or signed with another key', async () => {
    const kept = await anchored();
    const [file = ''] = await readdir(kept.folder);
    const text = await readFile(path.join(kept.folder, file), 'utf8');
    const folder = await temporaryFolder();
    const put = (changed: string) => writeFile(path.join(folder, file), changed);
    const rows = chained(
      kept.rows.map((row) => (at('room:a', 3)(row) ? { ...row, data: { text: '别的' } } : row)),
      'room:a',
    );
    const hash = rows.find(at('room:a', 5))?.hash ?? '';
    const heads = text.trim().split('\n');
    const seal = JSON.parse(heads.pop() ?? '') as object;
    const fitted = heads.map((line) => (line.includes('"room:a"') ? line.replace(/[0-9a-f]{64}/, hash) : line));
    await put([...fitted, JSON.stringify(seal), ''].join('\n'));
    expect((await faultsOf({ ...kept, folder, rows })).join()).toContain('not those that were signed');
    const tree = createRoot();
    for (const line of fitted) tree.add(JSON.parse(line) as { stream: string; seq: number; hash: string });
    await put([...fitted, JSON.stringify({ ...seal, root: tree.root() }), ''].join('\n'));
    expect((await faultsOf({ ...kept, folder, rows })).join()).toContain('not signed with a key known here');
    await put(heads.join('\n')); // half a file
    expect((await faultsOf({ ...kept, folder, rows })).join()).toContain('not those that were signed');
    const { publicKey } = generateKeyPairSync('ed25519');
    const stranger = verifierOf(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect((await faultsOf({ ...kept, signer: { ...kept.signer, ...stranger } })).join()).toContain('not signed');
  });
});

test('a root says which heads there are and in what order, for every number of them', () => {
  const rootOf = (seqs: readonly number[]): string => {
    const tree = createRoot();
    for (const seq of seqs) tree.add({ stream: 'room:a', seq, hash: ZERO_HASH });
    return tree.root();
  };
  const all = [...Array.from({ length: 40 }).keys()];
  const roots = all.map((count) => rootOf(all.slice(0, count)));
  expect(new Set(roots).size).toBe(roots.length);
  for (const count of all.slice(2)) expect(rootOf(all.slice(0, count).reverse())).not.toBe(roots[count]);
});

test('an anchor costs one read for each stream, everybody gets a turn meanwhile, and nothing new makes none', async () => {
  let reads = 0;
  const { streams, folder } = await openStreams({
    wrap: (model) => ({
      ...model,
      headBefore: (name) => {
        reads++;
        return model.headBefore(name);
      },
    }),
  });
  const STREAMS = 600;
  const post = (stream: string) => streams.append(stream, { id: newId(), type: 'posted', actor: 'system', data: {} });
  const names = Array.from({ length: STREAMS }, (_, n) => `room:${n}`);
  await Promise.all(names.map((name) => streams.inTurn(name, () => post(name))));
  const signer = await loadSigner(path.join(folder, 'secrets'));
  const at = path.join(folder, 'anchors');
  const anchors = createAnchors({ streams, signer, clock: systemClock, folder: at });
  let turns = 0;
  const turning = setInterval(() => turns++, 0);
  onTestFinished(() => {
    clearInterval(turning);
  });
  expect(await anchors.make()).toMatchObject({ streams: STREAMS });
  expect(reads).toBe(STREAMS + 1); // and one to find that there is no other
  expect(turns).toBeGreaterThan(0);
  expect(await anchors.make()).toBeUndefined();
  expect(await readdir(at)).toHaveLength(1);
});

test('two hubs that anchor at once leave two anchors, both whole', async () => {
  const { streams, folder } = await openStreams();
  await streams.inTurn('room:a', () => streams.append('room:a', { id: newId(), type: 'x', actor: 'system', data: {} }));
  const signer = await loadSigner(path.join(folder, 'secrets'));
  let n = 0;
  const clock = { now: () => new Date(Date.UTC(2026, 10, 28) + n++) };
  const anchors = createAnchors({ streams, signer, clock, folder: path.join(folder, 'anchors') });
  await Promise.all([anchors.make(), anchors.make()]);
  expect((await streams.head(ANCHORS)).seq).toBe(2);
  expect(await readdir(path.join(folder, 'anchors'))).toHaveLength(2);
});

test('every quarter of an hour an anchor names what moved, at the cost of that, and once a day all streams', async () => {
  const models: EventsModel[] = [];
  let reads = 0;
  let at = Date.UTC(2026, 10, 28);
  const clock = { now: () => new Date(at) };
  const opened = await openStreams({
    clock,
    wrap: (model) => {
      models.push(model);
      return {
        ...model,
        headBefore: (name) => {
          reads++;
          return model.headBefore(name);
        },
      };
    },
  });
  const { streams } = opened;
  const folder = path.join(opened.folder, 'anchors');
  const signer = await loadSigner(path.join(opened.folder, 'secrets'));
  const { makeNext } = createAnchors({ streams, signer, clock, folder });
  const post = (stream: string) =>
    streams.inTurn(stream, () => streams.append(stream, { id: newId(), type: 'x', actor: 'system', data: { at } }));
  const later = (minutes: number): void => {
    at += minutes * 60_000;
  };

  for (let n = 0; n < 40; n++) await post(`room:${n}`);
  later(2);
  expect(await makeNext()).toMatchObject({ streams: 40 });
  later(15);
  expect(await makeNext()).toBeUndefined(); // nothing was written
  for (let n = 0; n < 3; n++) await post('room:7');
  await post('unit:new');
  later(2); // what was written within the last minute is named again
  reads = 0;
  expect(await makeNext()).toMatchObject({ streams: 3 }); // with that of the anchors
  expect(reads).toBe(0);
  later(15);
  await post('room:8');
  expect(await makeNext()).toMatchObject({ streams: 2 });
  later(24 * 60 - 17);
  await post('room:8');
  expect(await makeNext()).toMatchObject({ streams: 42 });
  expect((await readdir(folder)).filter((name) => name.endsWith('.part.jsonl'))).toHaveLength(2);

  const rows: EventRow[] = [];
  for (const model of models) for await (const row of model.all()) rows.push(row);
  const kept = { rows, folder, signer };
  expect(await faultsOf(kept)).toEqual([]);
  const cut = rows.filter(({ stream, seq }) => stream !== 'room:7' || seq < 4);
  const parts = await temporaryFolder();
  for (const name of await readdir(folder))
    if (name.endsWith('.part.jsonl')) await cp(path.join(folder, name), path.join(parts, name));
  expect((await faultsOf({ ...kept, folder: parts, rows: cut })).join()).toContain('room:7: ends at 3');
});

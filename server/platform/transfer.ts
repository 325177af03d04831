import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import * as v from 'valibot';
import { walk, type Walk } from './chains.ts';
import type { EventRow } from './streams.model.ts';

/*
 * A store as text, to be read by anybody and taken by any engine:
 *
 *   manifest.json           how much there is and its digest, written last
 *   streams/<kind>/<id>.jsonl   an event a line, in order
 *   rows/<collection>.jsonl     what is no event and cannot be made again from events
 */

/** Rows of one collection that are not events. */
export interface Rows {
  name: string;
  rows: AsyncIterable<Record<string, unknown>>;
}

const Manifest = v.object({
  format: v.literal(1),
  at: v.string(),
  streams: v.number(),
  events: v.number(),
  digest: v.string(),
  rows: v.record(v.string(), v.number()),
});
export type Manifest = v.InferOutput<typeof Manifest>;

const BATCH = 1_000;

/** A folder that is no export, or one that is not whole: in a sentence for who asked for the import. */
export class TransferError extends Error {}

async function put(file: WriteStream, row: object): Promise<void> {
  if (!file.write(`${JSON.stringify(row)}\n`)) await once(file, 'drain');
}

/** Writes one file after the other. */
function createLines(folder: string) {
  let name = '';
  let file: WriteStream | undefined;
  async function end(): Promise<void> {
    file?.end();
    if (file !== undefined) await finished(file);
    file = undefined;
  }
  return {
    end,
    add: async (to: string, row: object): Promise<void> => {
      if (to !== name) {
        await end();
        name = to;
        await mkdir(path.dirname(path.join(folder, to)), { recursive: true });
      }
      file ??= createWriteStream(path.join(folder, to)); // not synced: the digest shows what a power cut took
      await put(file, row);
    },
  };
}

const fileOf = (stream: string): string => {
  const cut = stream.indexOf(':');
  return path.join('streams', stream.slice(0, cut), `${encodeURIComponent(stream.slice(cut + 1))}.jsonl`);
};

/**
 * Writes everything to a folder that must not be there yet; it appears whole or not at all. Answers what was written.
 * @throws TransferError if a chain is broken: what cannot be proved is not passed on as if it could
 */
export async function exportTo(target: string, events: AsyncIterable<EventRow>, others: Rows[]): Promise<Manifest> {
  const part = `${target}.part`;
  await mkdir(part, { recursive: true, mode: 0o700 });
  const lines = createLines(part);
  const found = await walk(events, (row) => lines.add(fileOf(row.stream), row));
  if (found.faults[0] !== undefined) throw new TransferError(`The record is damaged: ${found.faults[0]}`);
  const rows: Record<string, number> = {};
  for (const other of others) {
    rows[other.name] = 0;
    for await (const row of other.rows) {
      await lines.add(path.join('rows', `${other.name}.jsonl`), row);
      rows[other.name] = (rows[other.name] ?? 0) + 1;
    }
  }
  await lines.end();
  const { streams, events: count, digest } = found;
  const manifest: Manifest = { format: 1, at: new Date().toISOString(), streams, events: count, digest, rows };
  await writeFile(path.join(part, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`, { flush: true });
  await rename(part, target);
  return manifest;
}

async function* linesOf<T>(file: string): AsyncGenerator<T> {
  const reader = createInterface({ input: createReadStream(file), crlfDelay: Infinity });
  for await (const line of reader) if (line !== '') yield JSON.parse(line) as T;
}

async function* eventsIn(folder: string): AsyncGenerator<EventRow> {
  const names = (await readdir(path.join(folder, 'streams'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  // In the order of their streams' names, so that the digest is made in the same order.
  const streamOf = (file: string): string =>
    `${path.basename(path.dirname(file))}:${decodeURIComponent(path.basename(file, '.jsonl'))}`;
  const byStream = names.map((file) => [streamOf(file), file] as const);
  byStream.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const [, file] of byStream) yield* linesOf<EventRow>(file);
}

/** What an export says of itself. @throws TransferError where it is none */
async function manifestOf(folder: string): Promise<Manifest> {
  const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => '{}');
  const parsed = v.safeParse(Manifest, JSON.parse(text));
  if (!parsed.success) throw new TransferError(`${folder} is not an export, or not a finished one`);
  return parsed.output;
}

function same(found: Walk, manifest: Manifest): void {
  if (found.faults[0] !== undefined) throw new TransferError(`The export is damaged: ${found.faults[0]}`);
  if (found.events !== manifest.events || found.digest !== manifest.digest)
    throw new TransferError('The export is not what its manifest says: events were added, changed or lost');
}

/** Where an import puts things, and which collections besides events it takes. */
export interface Taker {
  events: (rows: EventRow[]) => Promise<void>;
  collections: readonly string[];
  rows: (collection: string, rows: Record<string, unknown>[]) => Promise<void>;
}

async function inBatches<T>(all: AsyncIterable<T>, take: (batch: T[]) => Promise<void>): Promise<void> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < BATCH) continue;
    await take(batch);
    batch = [];
  }
  if (batch.length > 0) await take(batch);
}

/**
 * Takes an export into an empty store, event by event with the hashes they had. Everything is proved before anything is
 * written. @throws TransferError
 */
export async function importFrom(folder: string, taker: Taker): Promise<Manifest> {
  const manifest = await manifestOf(folder);
  const strange = Object.keys(manifest.rows).find((name) => !taker.collections.includes(name));
  if (strange !== undefined)
    throw new TransferError(`The export has rows of ${strange}, which this version does not take`);
  same(await walk(eventsIn(folder)), manifest);
  await inBatches(eventsIn(folder), taker.events);
  for (const [name, count] of Object.entries(manifest.rows)) {
    if (count === 0) continue;
    const rows = linesOf<Record<string, unknown>>(path.join(folder, 'rows', `${name}.jsonl`));
    await inBatches(rows, (batch) => taker.rows(name, batch));
  }
  return manifest;
}

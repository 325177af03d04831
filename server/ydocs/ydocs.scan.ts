import * as decoding from 'lib0/decoding';
import { isDeepValue } from './ydocs.depth.ts';

/*
 * One pass over the bytes of an update, V1 (yjs/src/utils/UpdateEncoder.js, structs/*.js), before Yjs sees them. It
 * makes no structs: an update of seven bytes can announce thirty million of them, and Yjs believes it (240 MB). It
 * refuses what a Yjs client never writes: an empty struct, a struct that builds on its own future, a nested document,
 * one client twice, values in values without end. Everything it throws means the same: these bytes are no edit.
 */

const MAX_CLIENTS = 64; // who wrote in one update; a meeting's offline copy has a few
const MAX_STRUCTS = 200_000; // a full document of 2 MiB has fewer; more is only good for filling memory
const MAX_CLOCK = 2 ** 31; // beyond any document we would keep
const MAX_NAME = 200; // characters of a fragment's or an attribute's name

/** A run of a client's structs without a hole. */
export interface Span {
  client: number;
  /** First clock. */
  from: number;
  /** One beyond the last clock. */
  to: number;
}

export interface Scan {
  spans: Span[];
  /** What the update builds on: by client, one beyond the last clock it names. */
  needs: Map<number, number>;
  deletes: Span[];
}

type Reader = decoding.Decoder;

function fail(reason: string): never {
  throw new Error(reason);
}

/** A count of things that follow: each takes a byte at least, so more than there are bytes left is a lie. */
function readCount(reader: Reader): number {
  const count = decoding.readVarUint(reader);
  return count <= reader.arr.length - reader.pos ? count : fail('count');
}

const readByte = (reader: Reader): number => (decoding.hasContent(reader) ? decoding.readUint8(reader) : fail('end'));

function readLength(reader: Reader): number {
  const length = decoding.readVarUint(reader);
  return length > 0 && length <= MAX_CLOCK ? length : fail('length');
}

function readName(reader: Reader): void {
  const name = decoding.readVarString(reader);
  if (name.length > MAX_NAME || name === '__proto__') fail('name'); // names become keys of plain objects in Yjs
}

function readJson(reader: Reader): void {
  if (isDeepValue(JSON.parse(decoding.readVarString(reader)))) fail('depth');
}

function readAny(reader: Reader): void {
  if (isDeepValue(decoding.readAny(reader))) fail('depth');
}

/** Fragments (3 elements, 5 hooks) carry their node's name. Types go to 6 (yjs/src/structs/ContentType.js). */
function readType(reader: Reader): void {
  const type = decoding.readVarUint(reader);
  if (type > 6) fail('type');
  if (type === 3 || type === 5) readName(reader);
}

/** `count` values; returns their length in clocks. */
function readValues(reader: Reader, readValue: (reader: Reader) => unknown): number {
  const count = readCount(reader);
  for (let i = 0; i < count; i++) readValue(reader);
  return count > 0 ? count : fail('length');
}

/** Reads the content of an item by its number (yjs/src/structs/Item.js) and returns its length in clocks. */
const CONTENT: Readonly<Record<number, (reader: Reader) => number>> = {
  1: readLength, // deleted
  2: (reader) => readValues(reader, decoding.readVarString),
  3: (reader) => (decoding.readVarUint8Array(reader), 1),
  4: (reader) => decoding.readVarString(reader).length || fail('length'),
  5: (reader) => (readJson(reader), 1),
  6: (reader) => (readName(reader), readJson(reader), 1),
  7: (reader) => (readType(reader), 1),
  8: (reader) => readValues(reader, readAny),
};

interface Place {
  client: number;
  clock: number;
}

function readItem(reader: Reader, info: number, { at, scan }: { at: Place; scan: Scan }): number {
  const needs = (): void => {
    const client = decoding.readVarUint(reader);
    const clock = decoding.readVarUint(reader);
    // Yjs looks for what a client builds on among its own earlier structs without asking whether they are there.
    if (client === at.client && clock >= at.clock) fail('future');
    scan.needs.set(client, Math.max(scan.needs.get(client) ?? 0, clock + 1));
  };
  const hasOrigin = (info & 0x80) !== 0;
  const hasRightOrigin = (info & 0x40) !== 0;
  if (hasOrigin) needs();
  if (hasRightOrigin) needs();
  if (!hasOrigin && !hasRightOrigin) {
    if (decoding.readVarUint(reader) === 1) readName(reader);
    else needs();
    if ((info & 0x20) !== 0) readName(reader);
  }
  const read = CONTENT[info & 0x1f];
  return read === undefined ? fail('content') : read(reader);
}

const GC = 0;
const SKIP = 10;

/** The structs of one client, as runs without a hole. */
function readClient(reader: Reader, scan: Scan, seen: Set<number>): number {
  const count = readCount(reader);
  const client = decoding.readVarUint(reader);
  const at: Place = { client, clock: decoding.readVarUint(reader) };
  if (seen.has(client)) fail('client twice'); // Yjs keeps the last block and drops the one before without a word
  seen.add(client);
  let run: Span | undefined;
  for (let left = count; left > 0; left--) {
    const info = readByte(reader);
    const kind = info & 0x1f;
    const length = kind === GC || kind === SKIP ? readLength(reader) : readItem(reader, info, { at, scan });
    const from = at.clock;
    at.clock += length;
    if (at.clock > MAX_CLOCK) fail('clock');
    if (kind === SKIP) run = undefined;
    else if (run !== undefined) run.to = at.clock;
    else scan.spans.push((run = { client, from, to: at.clock }));
  }
  return count;
}

function readDeletes(reader: Reader, scan: Scan): void {
  for (let clients = readCount(reader); clients > 0; clients--) {
    const client = decoding.readVarUint(reader);
    for (let left = readCount(reader); left > 0; left--) {
      const from = decoding.readVarUint(reader);
      const to = from + readLength(reader);
      if (to > MAX_CLOCK) fail('clock');
      scan.deletes.push({ client, from, to });
    }
  }
  if (scan.deletes.length > MAX_STRUCTS) fail('deletes');
}

/** What an update says. Throws for bytes that are none. */
export function scanUpdate(update: Uint8Array): Scan {
  const reader = decoding.createDecoder(update);
  const scan: Scan = { spans: [], needs: new Map(), deletes: [] };
  const seen = new Set<number>();
  const clients = readCount(reader);
  if (clients > MAX_CLIENTS) fail('clients');
  for (let left = clients, structs = 0; left > 0; left--) {
    structs += readClient(reader, scan, seen);
    if (structs > MAX_STRUCTS) fail('structs');
  }
  readDeletes(reader, scan);
  return decoding.hasContent(reader) ? fail('more') : scan;
}

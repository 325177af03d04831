import { createHash } from 'node:crypto';
import { dataHash, eventHash, ZERO_HASH } from '#shared/wire/stream.ts';
import { sha256 } from './crypto.ts';
import type { EventRow } from './streams.model.ts';

/** What a walk over all streams found. */
export interface Walk {
  streams: number;
  events: number;
  /** SHA-256 over `stream seq hash` of every head, in order of name, hex: equal means the same record, event by event. */
  digest: string;
  /** In words, the first hundred. */
  faults: string[];
}

const MOST = 100;

/** What was erased is not believed to have been what its row says: only an event after it, on its stream, can say so. */
const dataHashOf = ({ data, dataHash: kept }: EventRow): string =>
  data === undefined && kept !== undefined ? kept : dataHash(sha256, data);

/** The seqs an event says to have erased before it. */
function erasedBy({ data }: EventRow): readonly unknown[] {
  const erases = typeof data === 'object' && data !== null && 'erases' in data ? data.erases : undefined;
  return Array.isArray(erases) ? erases : [];
}

/**
 * Follows every chain: seqs without a hole from 1 on, each event's hash over its own content and the one before. Takes
 * rows stream by stream, ascending; `also` sees each one on its way.
 */
export async function walk(
  rows: AsyncIterable<EventRow>,
  also: (row: EventRow) => void | Promise<void> = () => undefined,
): Promise<Walk> {
  const digest = createHash('sha256');
  const found: Walk = { streams: 0, events: 0, digest: '', faults: [] };
  let last = { stream: '', seq: 0, hash: ZERO_HASH };
  const say = ({ stream, seq }: EventRow, what: string): void => {
    if (found.faults.length < MOST) found.faults.push(`${stream} ${seq}: ${what}`);
  };
  let erased = new Map<number, EventRow>(); // of this stream, which nothing has spoken of yet
  const closeStream = (): void => {
    for (const row of erased.values()) say(row, 'has lost its data, and nothing says that it was erased');
    erased = new Map();
    if (last.stream !== '') digest.update(`${last.stream} ${last.seq} ${last.hash}\n`);
  };
  for await (const row of rows) {
    if (row.stream !== last.stream) {
      closeStream();
      found.streams++;
      last = { stream: row.stream, seq: 0, hash: ZERO_HASH };
    }
    const { stream, seq, id, type, actor, at, prev, hash } = row;
    if (seq !== last.seq + 1) say(row, `follows ${last.seq}`);
    if (prev !== last.hash) say(row, 'does not continue the event before it');
    const told = { stream, seq, id, type, actor, at, prev, dataHash: dataHashOf(row) };
    if (eventHash(sha256, told) !== hash) say(row, 'is not what its hash was made of');
    if (row.dataHash !== undefined) erased.set(seq, row);
    for (const named of erasedBy(row)) erased.delete(Number(named));
    last = { stream, seq, hash };
    found.events++;
    await also(row);
  }
  closeStream();
  found.digest = digest.digest('hex');
  return found;
}

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
  const closeStream = (): void => {
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
    const told = { stream, seq, id, type, actor, at, prev, dataHash: dataHash(sha256, row.data) };
    if (eventHash(sha256, told) !== hash) say(row, 'is not what its hash was made of');
    last = { stream, seq, hash };
    found.events++;
    await also(row);
  }
  closeStream();
  found.digest = digest.digest('hex');
  return found;
}

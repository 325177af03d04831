import { ProtocolError } from './ydocs.protocol.ts';
import { scanUpdate, type Scan, type Span } from './ydocs.scan.ts';

/*
 * What an update would do to a document. Yjs trusts its peers: a forged client id makes replicas differ for ever with
 * equal state vectors (yjs/yjs#687), and what refers to something unknown is parked inside the document and handed to
 * everybody who comes later. So both are known before the document sees the update.
 */

export type { Span } from './ydocs.scan.ts';

export interface Checked {
  /** What the update holds beyond the document: new places, by client. */
  fresh: Span[];
  /** Nothing at all: a client that has nothing to add says so with an update. */
  isEmpty: boolean;
  /** False where it builds on something neither it nor the document holds. */
  complete: boolean;
}

function scan(update: Uint8Array): Scan {
  try {
    return scanUpdate(update);
  } catch {
    throw new ProtocolError('no update');
  }
}

/**
 * What an update would add, against the clocks a document holds (one beyond the last, by client). Throws ProtocolError
 * for bytes that are no update.
 */
export function checkUpdate(update: Uint8Array, known: (client: number) => number): Checked {
  const { spans, needs, deletes } = scan(update);
  const reach = new Map<number, number>();
  const held = (client: number): number => reach.get(client) ?? known(client);
  let complete = true;
  for (const { client, from, to } of spans) {
    if (from > held(client)) complete = false;
    reach.set(client, Math.max(held(client), to));
  }
  for (const [client, to] of needs) if (to > held(client)) complete = false;
  for (const { client, to } of deletes) if (to > held(client)) complete = false;
  const fresh = spans
    .filter(({ client, to }) => to > known(client))
    .map(({ client, from, to }) => ({ client, from: Math.max(from, known(client)), to }));
  return { fresh, isEmpty: spans.length === 0 && deletes.length === 0, complete };
}

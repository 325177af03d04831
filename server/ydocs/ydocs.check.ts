import * as Y from 'yjs';
import { ProtocolError } from './ydocs.protocol.ts';

/*
 * What an update would do, read from its bytes before any document sees it. Yjs trusts its peers: a forged client id
 * makes replicas differ for ever with equal state vectors (yjs/yjs#687 and minutes of our own runs), and what refers to
 * something unknown is parked inside the document and handed to everybody who comes later. V1 only.
 */

const MAX_CLIENTS = 64; // who wrote in one update; a meeting's offline copy has a few
const MAX_CLOCK = 2 ** 31; // beyond any document we would keep

/** New places of one client: from a clock (inclusive) to a clock (exclusive). */
export interface Span {
  client: number;
  from: number;
  to: number;
}

export interface Checked {
  spans: Span[];
  deletes: boolean;
  /** False where it builds on something this document does not hold. */
  complete: boolean;
}

interface Reference {
  client: number;
  clock: number;
}

const decode = (update: Uint8Array): ReturnType<typeof Y.decodeUpdate> => {
  try {
    return Y.decodeUpdate(update);
  } catch {
    throw new ProtocolError('no update');
  }
};

function spansOf(structs: readonly (Y.Item | Y.GC | Y.Skip)[]): Span[] {
  const spans: Span[] = [];
  for (const { id, length, constructor } of structs) {
    if (constructor === Y.Skip) continue;
    const { client, clock } = id;
    if (length < 1 || clock + length > MAX_CLOCK) throw new ProtocolError('clock out of range');
    const last = spans.at(-1);
    if (last?.client === client && last.to === clock) last.to = clock + length;
    else spans.push({ client, from: clock, to: clock + length });
  }
  if (new Set(spans.map((span) => span.client)).size > MAX_CLIENTS) throw new ProtocolError('too many clients');
  return spans;
}

const isReference = (value: unknown): value is Reference =>
  typeof value === 'object' && value !== null && 'client' in value && 'clock' in value;

/** What the update says, against the clocks a document holds. Throws ProtocolError for bytes that are no update. */
export function checkUpdate(update: Uint8Array, known: (client: number) => number): Checked {
  const { structs, ds } = decode(update);
  const spans = spansOf(structs);
  const reach = new Map<number, number>();
  let complete = true;
  for (const { client, from, to } of spans) {
    const held = reach.get(client) ?? known(client);
    if (from > held) complete = false;
    reach.set(client, Math.max(held, to));
  }
  const holds = ({ client, clock }: Reference): boolean => clock < (reach.get(client) ?? known(client));
  for (const struct of structs) {
    if (!(struct instanceof Y.Item)) continue;
    for (const reference of [struct.origin, struct.rightOrigin, struct.parent]) {
      if (isReference(reference) && !holds(reference)) complete = false;
    }
  }
  let deletes = false;
  for (const [client, items] of ds.clients) {
    for (const { clock, len } of items) {
      deletes = true;
      if (len > 0 && !holds({ client, clock: clock + len - 1 })) complete = false;
    }
  }
  return { spans, deletes, complete };
}

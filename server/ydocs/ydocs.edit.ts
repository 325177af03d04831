import * as Y from 'yjs';
import { checkUpdate, type Span } from './ydocs.check.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { CLOSE, ProtocolError, step1Message } from './ydocs.protocol.ts';

/** An edit the document has taken: `frame` is what of it was new. */
export interface Taken {
  link: Link;
  frame: Uint8Array;
  spans: Span[];
}

/** The part of an update that was new to the document, or undefined where it knew everything. */
function applied(doc: Y.Doc, update: Uint8Array): Uint8Array | undefined {
  const heard: Uint8Array[] = [];
  const hear = (effective: Uint8Array): number => heard.push(effective);
  doc.on('update', hear);
  try {
    Y.applyUpdate(doc, update);
  } finally {
    doc.off('update', hear);
  }
  // The check ahead lets no gap through; a document that holds one would hand it to everybody who comes later.
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new ProtocolError('gap');
  return heard[0];
}

/** Whether a refused update would have changed anything: what a reader's client merely repeats is no offence. */
const adds = (doc: Y.Doc, update: Uint8Array): boolean => !Y.snapshotContainsUpdate(Y.snapshot(doc), update);

/**
 * Applies one edit to the document in memory, or refuses it and says so on its connection. Undefined: nothing to write.
 * Throws when the bytes are no edit; the document may then be half changed and must be taken from the store again.
 */
export function applyEdit(loaded: Loaded, link: Link, update: Uint8Array): Taken | undefined {
  const { doc, owners, sealed } = loaded;
  const { fresh, isEmpty, complete } = checkUpdate(update, (client) => Y.getState(doc.store, client));
  if (isEmpty) return undefined;
  if (sealed || link.role !== 'edit') {
    if (fresh.length > 0 || !complete || adds(doc, update)) link.refuseWrite(sealed ? 'LOCKED' : 'READ_ONLY');
    return undefined;
  }
  if (fresh.some(({ client }) => (owners.get(client) ?? link.person) !== link.person)) {
    link.reject('CLIENT_ID', true);
    link.close(CLOSE.clientTaken); // an honest collision of random ids recovers the same way: a new document object
    return undefined;
  }
  if (!complete) {
    link.reject('GAP', true);
    link.send(step1Message(Y.encodeStateVector(doc)));
    return undefined;
  }
  const frame = applied(doc, update);
  if (frame === undefined) return undefined; // others have it already, and it is durable
  for (const { client } of fresh) owners.set(client, link.person);
  return { link, frame, spans: fresh };
}

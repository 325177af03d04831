import * as Y from 'yjs';
import { checkUpdate, type Span } from './ydocs.check.ts';
import { wentTooDeep } from './ydocs.depth.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { CLOSE, ProtocolError } from './ydocs.protocol.ts';

/** Bytes: a live edit, what somebody brings after being away, a whole document (security M8). */
export const LIMITS = { update: 64 * 1024, sync: 2 * 1024 * 1024, document: 2 * 1024 * 1024 } as const;

/** An edit that was looked at and may be applied. */
export interface Accepted {
  person: string;
  /** Where it came from, unless it is the server's. */
  link?: Link;
  update: Uint8Array;
  /** The places it fills. */
  fresh: readonly Span[];
}

/** An edit the document has taken: `frame` is what of it was new. */
export interface Taken {
  person: string;
  /** Where it came from, unless it is the server's. */
  link?: Link;
  frame: Uint8Array;
  spans: readonly Span[];
}

/** The part of an update that was new to the document, or undefined where it knew everything. */
function applied(doc: Y.Doc, update: Uint8Array): Uint8Array | undefined {
  const heard: { effective: Uint8Array; transaction: Y.Transaction }[] = [];
  const hear = (effective: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction): void => {
    heard.push({ effective, transaction });
  };
  doc.on('update', hear);
  try {
    Y.applyUpdate(doc, update);
  } finally {
    doc.off('update', hear);
  }
  // The check ahead lets no gap through; a document that holds one would hand it to everybody who comes later.
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new ProtocolError('gap');
  const [first] = heard;
  if (first !== undefined && wentTooDeep(first.transaction)) throw new ProtocolError('depth');
  return first?.effective;
}

/** Whether a refused update would have changed anything: what a reader's client merely repeats is no offence. */
const adds = (doc: Y.Doc, update: Uint8Array): boolean => !Y.snapshotContainsUpdate(Y.snapshot(doc), update);

/** Deletions are always let in: they make room. */
function isTooLarge(loaded: Loaded, update: Uint8Array, fresh: readonly Span[]): boolean {
  if (fresh.length === 0 || loaded.size + update.length <= LIMITS.document) return false;
  loaded.size = Y.encodeStateAsUpdate(loaded.doc).length;
  return loaded.size + update.length > LIMITS.document;
}

/** Whose a client id is, so far as anybody's. */
export const ownerOf = ({ owners, claims }: Loaded, client: number): string | undefined =>
  owners.get(client) ?? claims.get(client);

/**
 * Looks at an edit and changes nothing of the document: it is accepted, or refused and told so on its connection.
 * `gap`: it builds on something that has not come yet. Undefined: there is nothing to apply. Throws when the bytes are
 * no edit.
 */
export function checkEdit(loaded: Loaded, link: Link, update: Uint8Array): Accepted | 'gap' | undefined {
  const { doc, sealed } = loaded;
  const { person } = link;
  const { fresh, isEmpty, complete } = checkUpdate(update, (client) => Y.getState(doc.store, client));
  if (isEmpty) return undefined;
  if (sealed || link.role !== 'edit') {
    const isOffence = fresh.length > 0 || !complete || adds(doc, update);
    if (isOffence) link.refuse(sealed ? 'LOCKED' : 'READ_ONLY', CLOSE.noAccess);
    return undefined;
  }
  if (fresh.some(({ client }) => (ownerOf(loaded, client) ?? person) !== person)) {
    link.reject('CLIENT_ID', true);
    link.close(CLOSE.clientTaken); // an honest collision of random ids recovers the same way: a new document object
    return undefined;
  }
  if (!complete) return 'gap';
  if (isTooLarge(loaded, update, fresh)) {
    if (link.ext) link.refuse('TOO_LARGE', CLOSE.tooLarge);
    else link.close(CLOSE.tooLarge);
    return undefined;
  }
  return { person, link, update, fresh };
}

/**
 * Applies an edit to the document in memory. Undefined: nothing to write. Whatever it throws, the document may then be
 * half changed and must be taken from the store again.
 */
export function applyEdit(loaded: Loaded, { update, fresh, ...from }: Accepted): Taken | undefined {
  const frame = applied(loaded.doc, update);
  if (frame === undefined) return undefined; // others have it already, and it is durable
  // Taken now and not when it is durable: the next edit in the queue must find the id taken.
  for (const { client } of fresh) loaded.claims.set(client, from.person);
  loaded.size += frame.length;
  return { ...from, frame, spans: fresh };
}

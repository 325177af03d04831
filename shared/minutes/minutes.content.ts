import { toHex, type Sha256 } from '#shared/wire/ids.ts';
import { canonical } from '#shared/wire/stream.ts';
import type { Meeting } from './minutes.rules.ts';

/* What is hashed and signed: the counted record and the text, in one canonical form (RFC 8785). */

/** The fragments every document has besides one for each item. */
export const PREAMBLE = 'body:preamble';
export const CLOSING = 'body:closing';
export const fragmentOf = (item: string): string => `body:${item}`;

/** The fragments that belong to this record, in the order they are read. Others are neither shown nor signed. */
export const fragmentsOf = (state: Pick<Meeting, 'items'>): string[] => [
  PREAMBLE,
  ...state.items.map((item) => fragmentOf(item.id)),
  CLOSING,
];

/**
 * The canonical form of a meeting's minutes. `fragments` are the document's, by name, as JSON; a fragment that is not
 * there counts as an empty one. Who wrote it, when, and the state it is in are no part of it.
 */
export function contentOf(state: Meeting, fragments: Readonly<Record<string, unknown>>): string {
  const { id, unit, title, body, startsAt, creator, signer, people, items } = state;
  const attendance = state.attendance.map(({ person, status }) => ({ person, status }));
  return canonical({
    format: 'linli minutes 1',
    record: { id, unit, title, body, startsAt, creator, signer, people, items, attendance },
    text: fragmentsOf(state).map((name) => [name, fragments[name] ?? { type: 'doc', content: [] }]),
  });
}

/** SHA-256 of the canonical form, hex. */
export const contentHashOf = (sha256: Sha256, state: Meeting, fragments: Readonly<Record<string, unknown>>): string =>
  toHex(sha256(contentOf(state, fragments)));

/** What a signature says. */
export interface Statement {
  contentHash: string;
  doc: string;
  docSeq: number;
  meetingSeq: number;
  signer: string;
  signedAt: string;
}

/** The bytes an Ed25519 signature is made over, as text: whoever holds the statement can make them again. */
export function signedBytes({ contentHash, doc, docSeq, meetingSeq, signer, signedAt }: Statement): string {
  return `linli signature 1\n${canonical({ contentHash, doc, docSeq, meetingSeq, signer, signedAt })}\n`;
}

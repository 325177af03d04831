import { fromHex, toHex, type Sha256 } from './ids.ts';

/** Something that happened. `seq` is dense per stream, `at` is ISO 8601 UTC, hashes are hex. */
export interface StreamEvent<Type extends string = string, Data = unknown> {
  stream: string;
  seq: number;
  id: string;
  type: Type;
  actor: string;
  at: string;
  data: Data;
  prev: string;
  hash: string;
}

/** An event this reader may not read: it keeps its place so that seqs stay dense for everybody. */
export interface WithheldEvent {
  stream: string;
  seq: number;
  prev: string;
  hash: string;
  withheld: true;
}

/** An event whose data was retracted or erased: the chain still verifies from `dataHash`. */
export interface ErasedEvent extends Omit<StreamEvent, 'data'> {
  dataHash: string;
}

export type WireEvent = StreamEvent | WithheldEvent | ErasedEvent;

/** What an event is before the stream gives it its place. */
export interface EventDraft<Type extends string = string, Data = unknown> {
  type: Type;
  data: Data;
}

export const isWhole = (event: WireEvent): event is StreamEvent => 'data' in event;

/** `prev` of the first event of a stream. */
export const ZERO_HASH = '0'.repeat(64);

const STREAM_KINDS = ['room', 'incident', 'response', 'meeting', 'person', 'unit', 'doc', 'log', 'anchor'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** `kind` and `id` of a stream's name, or undefined where it is none of ours. */
export function parseStream(name: string): { kind: StreamKind; id: string } | undefined {
  const cut = name.indexOf(':');
  const kind = STREAM_KINDS.find((k) => k === name.slice(0, cut));
  const id = name.slice(cut + 1);
  return kind === undefined || id === '' ? undefined : { kind, id };
}

/**
 * JSON with sorted keys and no spaces (RFC 8785). Members that are `undefined` are left out, as JSON does; numbers
 * are written as ECMAScript writes them, which is what the RFC asks for.
 */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 of an event's data, hex. Kept beside an erased event so that its hash can still be checked. */
export const dataHash = (sha256: Sha256, data: unknown): string => toHex(sha256(canonical(data)));

type Hashed = Omit<StreamEvent, 'hash' | 'data'> & { dataHash: string };

/** SHA-256 over the 32 bytes of `prev` and the canonical form of the rest, hex (contract: "Hash"). */
export function eventHash(sha256: Sha256, event: Hashed): string {
  const { stream, seq, id, type, actor, at, prev } = event;
  return toHex(sha256(fromHex(prev), canonical([stream, seq, id, type, actor, at, event.dataHash])));
}

/** Where an event belongs for a reader who holds everything up to `have`. */
export function place(have: number, event: { seq: number }): 'old' | 'next' | 'gap' {
  if (event.seq <= have) return 'old';
  return event.seq === have + 1 ? 'next' : 'gap';
}

import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { toHex } from '#shared/wire/ids.ts';
import { canonical, type StreamEvent } from '#shared/wire/stream.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { SeqClash } from '#server/platform/insert.ts';
import { type NewEvent, type Streams } from '#server/platform/streams.ts';
import type { Span } from './ydocs.check.ts';
import { textOfDoc } from './ydocs.json.ts';
import type { Manifest, YDocsModel } from './ydocs.model.ts';

/* A document is the stream `doc:<id>`: `created`, then `updated` with the bytes as they came, `sealed`, `unsealed`. */

export interface Created {
  /** The stream of the thing this is the text of: `meeting:<id>`, `response:<id>`. */
  owner: string;
  /** base64. */
  update: string;
}

/** Who wrote the frame at the same place; `spans` are the places their client ids filled, none for a mere deletion. */
export interface Writer {
  person: string;
  spans: Span[];
}

export interface Updated {
  /** Updates as they were taken, base64, never merged: each keeps its author. */
  frames: string[];
  by: Writer[];
}

/** A document in memory, at one seq of its stream. */
export interface Loaded {
  doc: Y.Doc;
  seq: number;
  sealed: boolean;
  /** Whose a client id is. Yjs trusts ids; each belongs to the first person who writes under it, for good. */
  owners: Map<number, string>;
  /** Ids somebody has shown a cursor under and not yet written with; held while the document is in memory. */
  claims: Map<number, string>;
  contributors: Set<string>;
  /** Bytes of the whole, about: counted on, made exact when it matters. */
  size: number;
}

/** Another process sealed the document while an edit was on its way: it must be taken from the store again. */
export class Overtaken extends Error {}

const PAGE = 500;
const NEWEST = Number.MAX_SAFE_INTEGER;

/** What the server does by itself is nobody's. */
export const SYSTEM = 'system';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');

export const streamOf = (doc: string): string => `doc:${doc}`;

/** Client ids belong to whoever wrote under them first, and whoever wrote or deleted is a contributor. */
export function credit(loaded: Loaded, { person, spans }: Writer): void {
  if (person !== SYSTEM) loaded.contributors.add(person);
  for (const { client } of spans) if (!loaded.owners.has(client)) loaded.owners.set(client, person);
}

const writersOf = (event: StreamEvent): Writer[] => (event.type === 'updated' ? (event.data as Updated).by : []);

const framesOf = (event: StreamEvent): string[] => (event.type === 'updated' ? (event.data as Updated).frames : []);

/** Brings a loaded document forward by one event. */
export function apply(loaded: Loaded, event: StreamEvent): void {
  if (event.type === 'created') Y.applyUpdate(loaded.doc, bytes((event.data as Created).update));
  for (const frame of framesOf(event)) Y.applyUpdate(loaded.doc, bytes(frame));
  for (const writer of writersOf(event)) credit(loaded, writer);
  if (event.type === 'sealed') loaded.sealed = true;
  if (event.type === 'unsealed') loaded.sealed = false;
  loaded.seq = Math.max(loaded.seq, event.seq);
}

export type YDocsLog = ReturnType<typeof createYDocsLog>;

export function createYDocsLog({ streams, model }: { streams: Streams; model: YDocsModel }) {
  /** Applies what is in the store above `loaded.seq`, a page in one transaction; answers with the frames. */
  async function catchUp(id: string, loaded: Loaded, to = NEWEST): Promise<Uint8Array[]> {
    const frames: Uint8Array[] = [];
    for (;;) {
      const events = await streams.read(streamOf(id), loaded.seq + 1, to, PAGE);
      loaded.doc.transact(() => {
        for (const event of events) apply(loaded, event);
      });
      frames.push(...events.flatMap(framesOf).map(bytes));
      if (events.length < PAGE) return frames;
    }
  }

  /** The newest snapshot up to a seq whose bytes are what they were when it was made. */
  async function fromSnapshot(id: string, to: number): Promise<{ manifest: Manifest; update: Uint8Array } | undefined> {
    for (const manifest of await model.newest(id, 2)) {
      if (manifest.seq > to) continue; // another process kept it meanwhile
      const update = await model.bytes(id, manifest.seq);
      if (toHex(sha256(update)) === manifest.sha256) return { manifest, update };
    }
    return undefined;
  }

  /** In the stream's turn; undefined when another process wrote first. */
  async function tryAppend(stream: string, entry: NewEvent, after: number): Promise<StreamEvent | undefined> {
    try {
      return await streams.inTurn(stream, () => streams.append(stream, entry, after));
    } catch (error) {
      // An id that is there was written by an earlier try whose answer got lost.
      const isClash = error instanceof SeqClash;
      const isRepeat = isClash || (error instanceof AppError && error.code === 'id_reused');
      const before = isRepeat ? await streams.find(stream, entry.id) : undefined;
      if (before !== undefined) return before.event;
      if (isClash) return undefined;
      throw error;
    }
  }

  return {
    /** Everybody who wrote after `seq`, sorted. */
    writersSince: async (id: string, seq: number): Promise<string[]> => {
      const found = new Set<string>();
      for (let from = seq + 1; ; from += PAGE) {
        const events = await streams.read(streamOf(id), from, NEWEST, PAGE);
        for (const { person } of events.flatMap(writersOf)) if (person !== SYSTEM) found.add(person);
        if (events.length < PAGE) return [...found].sort();
      }
    },

    /** The stream the document belongs to, or undefined for a document that does not exist. One indexed read. */
    ownerOf: async (id: string): Promise<string | undefined> => {
      const [first] = await streams.read(streamOf(id), 1, 1, 1);
      return first?.type === 'created' ? (first.data as Created).owner : undefined;
    },

    /** When the entry at a seq was written, in ms since 1970. */
    writtenAt: async (id: string, seq: number): Promise<number> => {
      const [entry] = await streams.read(streamOf(id), seq, seq, 1);
      return Date.parse(entry?.at ?? '');
    },

    /** From the snapshot and what came after it, up to a seq. */
    load: async (id: string, to = NEWEST): Promise<Loaded> => {
      const { manifest, update } = (await fromSnapshot(id, to)) ?? {};
      const loaded: Loaded = {
        doc: new Y.Doc(),
        seq: manifest?.seq ?? 0,
        sealed: manifest?.sealed ?? false,
        owners: new Map(manifest?.owners.map(({ client, person }) => [client, person])),
        claims: new Map(),
        contributors: new Set(manifest?.contributors),
        size: 0,
      };
      if (update !== undefined) Y.applyUpdate(loaded.doc, update);
      await catchUp(id, loaded, to);
      loaded.size = Y.encodeStateAsUpdate(loaded.doc).length;
      return loaded;
    },

    /**
     * Appends one entry at the document's own head and resolves when it is durable. Where another process wrote first,
     * what it wrote is applied and handed to `others`, and the entry is tried again: edits commute. Throws Overtaken
     * where that was a seal and the entry an edit.
     */
    append: async (
      id: string,
      { loaded, others }: { loaded: Loaded; others: (frames: readonly Uint8Array[]) => void },
      entry: NewEvent,
    ): Promise<StreamEvent> => {
      for (;;) {
        const event = await tryAppend(streamOf(id), entry, loaded.seq);
        if (event !== undefined) return event;
        streams.forget(streamOf(id));
        others(await catchUp(id, loaded));
        if (loaded.sealed && entry.type === 'updated') throw new Overtaken();
      }
    },

    /** What other processes have written meanwhile, applied. */
    refresh: (id: string, loaded: Loaded): Promise<Uint8Array[]> => {
      streams.forget(streamOf(id));
      return catchUp(id, loaded);
    },

    /**
     * Keeps the document as it stands now: parts first, then read back, rebuilt and compared as text, then the
     * manifest. What is taken from memory is taken before the first wait.
     */
    snapshot: async (id: string, { doc, seq, sealed, owners, contributors }: Loaded): Promise<void> => {
      const update = Y.encodeStateAsUpdate(doc);
      const before = canonical(textOfDoc(doc));
      const people = [...owners].map(([client, person]) => ({ client, person }));
      const kept = { sealed, owners: people, contributors: [...contributors] };
      const [last] = await model.newest(id, 1);
      if (last !== undefined && last.seq >= seq) return;
      const parts = await model.putParts(id, seq, update);
      const stored = await model.bytes(id, seq);
      const copy = new Y.Doc();
      Y.applyUpdate(copy, stored);
      const isSame = canonical(textOfDoc(copy)) === before;
      copy.destroy();
      if (!isSame) throw new Error(`the snapshot of ${id} is not the document`);
      await model.putManifest({ _id: `${id} ${seq}`, doc: id, seq, parts, sha256: toHex(sha256(stored)), ...kept });
      if (last !== undefined) await model.dropBefore(id, last.seq);
    },
  };
}

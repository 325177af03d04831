import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { canonical, type StreamEvent } from '#shared/wire/stream.ts';
import { SeqClash, type NewEvent, type Streams } from '#server/platform/streams.ts';
import { fragmentsOf } from './ydocs.json.ts';
import type { YDocsModel } from './ydocs.model.ts';

/* A document is the stream `doc:<id>`: `created`, then `updated` with the bytes as they came, `sealed`, `unsealed`. */

export interface Created {
  /** The stream of the thing this is the text of: `meeting:<id>`, `response:<id>`. */
  owner: string;
  update: string;
}

/** Who wrote the frame at the same place; `clients` are the places their client ids filled, none for a mere deletion. */
export interface Writer {
  person: string;
  clients: [client: number, from: number, to: number][];
}

export interface Updated {
  frames: string[];
  by: Writer[];
}

/** A document in memory, at one seq of its stream. */
export interface Loaded {
  doc: Y.Doc;
  seq: number;
  sealed: boolean;
  /** Whose a client id is. Yjs trusts ids; we give each to the first person who writes under it, for good. */
  owners: Map<number, string>;
  contributors: Set<string>;
}

const PAGE = 500;

const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');

export const streamOf = (doc: string): string => `doc:${doc}`;

/** What the server does by itself is nobody's. */
export const SYSTEM = 'system';

/** Client ids belong to whoever wrote under them first, and whoever wrote or deleted is a contributor. */
export function credit(loaded: Loaded, { person, clients }: Writer): void {
  if (person !== SYSTEM) loaded.contributors.add(person);
  for (const [client] of clients) if (!loaded.owners.has(client)) loaded.owners.set(client, person);
}

const writersOf = (event: StreamEvent): Writer[] => (event.type === 'updated' ? (event.data as Updated).by : []);

export type YDocsLog = ReturnType<typeof createYDocsLog>;

export function createYDocsLog({ streams, model }: { streams: Streams; model: YDocsModel }) {
  /** Brings a loaded document forward by one event. */
  function apply(loaded: Loaded, event: StreamEvent): void {
    switch (event.type) {
      case 'created':
        Y.applyUpdate(loaded.doc, bytes((event.data as Created).update), 'log');
        break;
      case 'updated': {
        const { frames, by } = event.data as Updated;
        for (const frame of frames) Y.applyUpdate(loaded.doc, bytes(frame), 'log');
        for (const writer of by) credit(loaded, writer);
        break;
      }
      case 'sealed':
        loaded.sealed = true;
        break;
      case 'unsealed':
        loaded.sealed = false;
        break;
      default:
    }
    loaded.seq = event.seq;
  }

  /** Applies what is in the store above `loaded.seq`, in one transaction. */
  async function catchUp(id: string, loaded: Loaded): Promise<void> {
    for (;;) {
      const events = await streams.read(streamOf(id), loaded.seq + 1, Number.MAX_SAFE_INTEGER, PAGE);
      loaded.doc.transact(() => {
        for (const event of events) apply(loaded, event);
      }, 'log');
      if (events.length < PAGE) return;
    }
  }

  /** Undefined when another process wrote first; what it wrote has then been applied. */
  async function tryAppend(id: string, loaded: Loaded, entry: NewEvent): Promise<StreamEvent | undefined> {
    const stream = streamOf(id);
    try {
      return await streams.inTurn(stream, () => streams.append(stream, entry));
    } catch (error) {
      const isRepeat = error instanceof AppError && error.code === 'id_reused';
      const before = isRepeat ? await streams.find(stream, entry.id) : undefined;
      if (before !== undefined) return before.event;
      if (!(error instanceof SeqClash)) throw error;
      streams.forget(stream);
      await catchUp(id, loaded);
      return undefined;
    }
  }

  return {
    apply,

    /** Everybody who wrote after `seq`, sorted. */
    writersSince: async (id: string, seq: number): Promise<string[]> => {
      const found = new Set<string>();
      for (let from = seq + 1; ;) {
        const events = await streams.read(streamOf(id), from, Number.MAX_SAFE_INTEGER, PAGE);
        for (const { person } of events.flatMap(writersOf)) if (person !== SYSTEM) found.add(person);
        if (events.length < PAGE) return [...found].sort();
        from += PAGE;
      }
    },

    /** The stream the document belongs to, or undefined for a document that does not exist. One indexed read. */
    ownerOf: async (id: string): Promise<string | undefined> => {
      const [first] = await streams.read(streamOf(id), 1, 1, 1);
      return first?.type === 'created' ? (first.data as Created).owner : undefined;
    },

    /** From the snapshot and what came after it. */
    load: async (id: string): Promise<Loaded> => {
      const snapshot = await model.snapshot(id);
      const loaded: Loaded = {
        doc: new Y.Doc(),
        seq: snapshot?.seq ?? 0,
        sealed: snapshot?.sealed ?? false,
        owners: new Map(snapshot?.owners),
        contributors: new Set(snapshot?.contributors),
      };
      if (snapshot !== undefined) Y.applyUpdate(loaded.doc, snapshot.update, 'log');
      await catchUp(id, loaded);
      return loaded;
    },

    /**
     * Appends one entry at the document's own head and resolves when it is durable. Where another process wrote first,
     * what it wrote is applied and the entry tried again: edits commute. An id that is there already was written by
     * an earlier try whose answer got lost.
     */
    append: async (id: string, loaded: Loaded, entry: NewEvent): Promise<StreamEvent> => {
      for (;;) {
        const event = await tryAppend(id, loaded, entry);
        if (event !== undefined) return event;
      }
    },

    /** Keeps the document as it stands, if what was kept gives the same document back. */
    snapshot: async (id: string, loaded: Loaded): Promise<void> => {
      const update = Buffer.from(Y.encodeStateAsUpdate(loaded.doc));
      const copy = new Y.Doc();
      Y.applyUpdate(copy, update);
      const isSame = canonical(fragmentsOf(copy)) === canonical(fragmentsOf(loaded.doc));
      copy.destroy();
      if (!isSame) throw new Error(`the snapshot of ${id} is not the document`);
      const { seq, sealed, owners, contributors } = loaded;
      await model.keep({ _id: id, seq, update, sealed, owners: [...owners], contributors: [...contributors] });
    },
  };
}

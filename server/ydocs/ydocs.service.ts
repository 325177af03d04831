import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { newId, sha256 } from '#server/platform/crypto.ts';
import type { Log } from '#server/platform/log.ts';
import type { Streams } from '#server/platform/streams.ts';
import { docJson, type DocNode } from './ydocs.json.ts';
import type { DocRole, Link } from './ydocs.link.ts';
import { createYDocsLog, streamOf, type Created, type Loaded } from './ydocs.log.ts';
import type { YDocsModel } from './ydocs.model.ts';
import { CLOSE } from './ydocs.protocol.ts';
import { createRoom, type Room } from './ydocs.room.ts';

const IDLE = 60_000; // ms a document stays in memory after the last one left

/** Who may do what with a document of a thing: `owner` is the thing's stream. */
export type DocAccess = (actor: Actor, owner: string, doc: string) => Promise<DocRole | undefined>;

/** A document as it stands: everything in it is durable. */
export interface Reading {
  seq: number;
  fragments: Record<string, DocNode[]>;
  update: Uint8Array;
  contributors: string[];
  sealed: boolean;
}

export type YDocs = ReturnType<typeof createYDocs>;

interface Deps {
  streams: Streams;
  model: YDocsModel;
  log: Log;
  access: DocAccess;
}

/** Live documents: opened when somebody comes, one load for all who come at once, let go when nobody is left. */
export function createYDocs({ streams, model, log, access }: Deps) {
  const docs = createYDocsLog({ streams, model });
  const rooms = new Map<string, { room: Room; ready: Promise<void> }>();
  const leaving = new Map<string, NodeJS.Timeout>();

  function room(id: string): { room: Room; ready: Promise<void> } {
    const open = rooms.get(id);
    if (open !== undefined) return open;
    const forget = (): void => {
      if (rooms.get(id) === entry) rooms.delete(id);
    };
    const made = createRoom({ id, docs, log, onGone: forget });
    const ready = made.open().catch(async (error: unknown) => {
      await made.close(CLOSE.storage);
      throw error;
    });
    ready.catch(() => undefined); // whoever waits for it hears of it
    const entry = { room: made, ready };
    rooms.set(id, entry);
    return entry;
  }

  /** Lets go of a document a minute after the last one left, if nothing has begun meanwhile. */
  function letGo(id: string): void {
    clearTimeout(leaving.get(id));
    const timer = setTimeout(() => {
      leaving.delete(id);
      const open = rooms.get(id);
      if (open?.room.isIdle() === true) void open.room.close(CLOSE.goingAway);
    }, IDLE);
    leaving.set(id, timer.unref());
  }

  async function atRest<T>(id: string, run: (loaded: Loaded) => Promise<T> | T): Promise<T> {
    if ((await docs.ownerOf(id)) === undefined) throw new AppError('not_found');
    const { room: open, ready } = room(id);
    await ready;
    try {
      return await open.atRest(run);
    } finally {
      letGo(id);
    }
  }

  const readingOf = (loaded: Loaded): Reading => ({
    seq: loaded.seq,
    fragments: docJson(loaded.doc),
    update: Y.encodeStateAsUpdate(loaded.doc),
    contributors: [...loaded.contributors],
    sealed: loaded.sealed,
  });

  /** Appends a mark to the document's own stream; edits that lose the race against it are refused. */
  async function mark(id: string, type: 'sealed' | 'unsealed', actor: string): Promise<Reading> {
    const reading = await atRest(id, async (loaded) => {
      if (loaded.sealed !== (type === 'sealed')) {
        const event = await docs.append(id, loaded, { id: newId(), type, actor, data: {} });
        docs.apply(loaded, event);
      }
      return readingOf(loaded);
    });
    rooms.get(id)?.room.tellStatus();
    return reading;
  }

  async function recheck(link: Link, id: string, owner: string): Promise<void> {
    const role = await access(link.actor, owner, id);
    if (role === undefined) link.close(CLOSE.noAccess);
    else link.role = role;
  }

  return {
    ownerOf: docs.ownerOf,
    access,

    /** Makes a document that begins with `seed` (a Yjs update); a second time changes nothing. */
    create: async (id: string, owner: string, seed: Uint8Array): Promise<void> => {
      if ((await streams.head(streamOf(id))).seq > 0) return;
      const data: Created = { owner, update: Buffer.from(seed).toString('base64') };
      const event = { id: derivedId(sha256, id, 'created'), type: 'created', actor: 'system', data };
      await streams.inTurn(streamOf(id), async () => {
        if ((await streams.head(streamOf(id))).seq === 0) await streams.append(streamOf(id), event);
      });
    },

    /** The document as it stands. Throws `not_found`. */
    read: (id: string): Promise<Reading> => atRest(id, readingOf),

    /** Refuses edits from here on; what it answers will not change until `unseal`. */
    seal: (id: string, actor = 'system'): Promise<Reading> => mark(id, 'sealed', actor),
    unseal: (id: string, actor = 'system'): Promise<Reading> => mark(id, 'unsealed', actor),

    /** Lets a connection in. The document must exist and the link's role have been asked. */
    join: (id: string, link: Link): Room => {
      clearTimeout(leaving.get(id));
      leaving.delete(id);
      const { room: open } = room(id);
      open.join(link);
      return open;
    },

    leave: (id: string, from: Room, link: Link): void => {
      from.leave(link);
      if (from.links().size === 0) letGo(id);
    },

    /** Asks for every open connection again: a role that is lost closes it, one that changed takes effect. */
    recheck: async (actorOf: (person: string) => Actor | undefined): Promise<void> => {
      for (const [id, { room: open }] of rooms) {
        if (open.links().size === 0) continue;
        const owner = (await docs.ownerOf(id)) ?? '';
        for (const link of open.links()) {
          const actor = actorOf(link.person);
          if (actor === undefined) link.close(CLOSE.signedOut);
          else {
            link.actor = actor;
            await recheck(link, id, owner);
          }
        }
        open.tellStatus();
      }
    },

    /** Ends the connections of a person, or of one session of theirs. */
    end: (matches: (link: Link) => boolean): void => {
      for (const { room: open } of rooms.values()) {
        for (const link of open.links()) if (matches(link)) link.close(CLOSE.signedOut);
      }
    },

    /** Finishes every write, then closes everything. */
    close: async (): Promise<void> => {
      for (const timer of leaving.values()) clearTimeout(timer);
      leaving.clear();
      for (const { room: open, ready } of [...rooms.values()]) {
        await ready.catch(() => undefined);
        await open.close(CLOSE.goingAway);
      }
    },
  };
}

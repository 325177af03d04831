import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { fragmentsOf, wordsOf } from './ydocs.json.ts';
import type { Link } from './ydocs.link.ts';
import { createYDocsLog, streamOf, type Created, type Loaded } from './ydocs.log.ts';
import { createYDocsModel } from './ydocs.model.ts';
import type { Connected, DocCommand, DocText, Sealed, YDocs, YDocsDeps } from './ydocs.port.ts';
import { CLOSE } from './ydocs.protocol.ts';
import { createRoom, type Room } from './ydocs.room.ts';
import { createYDocsSocket } from './ydocs.socket.ts';
import { tuned } from './ydocs.tuning.ts';

function textOf({ doc }: Loaded): DocText {
  const fragments = fragmentsOf(doc);
  return { fragments, text: wordsOf(fragments) };
}

const sealedOf = (loaded: Loaded): Sealed => ({
  ...textOf(loaded),
  seq: loaded.seq,
  update: Y.encodeStateAsUpdate(loaded.doc),
  contributors: [...loaded.contributors].sort(),
});

/** The bytes of what `change` does to a document. */
function changed(doc: Y.Doc, change: (doc: Y.Doc) => void): Uint8Array | undefined {
  const heard: Uint8Array[] = [];
  const hear = (update: Uint8Array): number => heard.push(update);
  doc.on('update', hear);
  doc.transact(() => {
    change(doc);
  });
  doc.off('update', hear);
  return heard[0];
}

/** Live documents: opened when somebody comes, one load for all who come at once, let go when nobody is left. */
export async function createYDocs(deps: YDocsDeps): Promise<YDocs> {
  const { streams, log, access } = deps;
  const model = createYDocsModel(deps.db);
  await model.init();
  const docs = createYDocsLog({ streams, model });
  const tuning = tuned(deps.tuning);
  const rooms = new Map<string, { room: Room; ready: Promise<void> }>();
  const leaving = new Map<string, NodeJS.Timeout>();

  function room(id: string): { room: Room; ready: Promise<void> } {
    const open = rooms.get(id);
    if (open !== undefined) return open;
    const forget = (): void => {
      if (rooms.get(id) === entry) rooms.delete(id);
    };
    const made = createRoom({ id, docs, log, retryFor: tuning.retryFor, onGone: forget });
    const ready = made.open().catch(async (error: unknown) => {
      await made.close(CLOSE.storage);
      throw error;
    });
    ready.catch(() => undefined); // whoever waits for it hears of it
    const entry = { room: made, ready };
    rooms.set(id, entry);
    return entry;
  }

  /** Lets go of a document some time after the last one left, if nothing has begun meanwhile. */
  function letGo(id: string): void {
    clearTimeout(leaving.get(id));
    const timer = setTimeout(() => {
      leaving.delete(id);
      const open = rooms.get(id);
      if (open?.room.isIdle() === true) void open.room.close(CLOSE.goingAway);
    }, tuning.evictAfter);
    leaving.set(id, timer.unref());
  }

  async function atRest<T>(id: string, run: (loaded: Loaded, room: Room) => Promise<T> | T): Promise<T> {
    if ((await docs.ownerOf(id)) === undefined) throw new AppError('not_found');
    const { room: open, ready } = room(id);
    await ready;
    try {
      return await open.atRest((loaded) => run(loaded, open));
    } finally {
      letGo(id);
    }
  }

  /** Appends a mark to the document's own stream; edits that come after it are refused. */
  async function mark(id: string, type: 'sealed' | 'unsealed', { id: command, actor }: DocCommand): Promise<Sealed> {
    return atRest(id, async (loaded, open) => {
      if (loaded.sealed !== (type === 'sealed')) {
        // A seal, its undoing and a second seal may follow from one command: the place tells them apart.
        const at = derivedId(sha256, command, `${type} ${loaded.seq}`);
        docs.apply(loaded, await docs.append(id, loaded, { id: at, type, actor, data: {} }));
        open.tellStatus();
      }
      return sealedOf(loaded);
    });
  }

  async function recheckLink(link: Link, id: string, owner: string): Promise<void> {
    const right = await access(link.actor, { id, owner });
    if (right === undefined) link.close(CLOSE.noAccess);
    else link.role = right.role;
  }

  async function recheck(which: (connected: Connected) => boolean = () => true): Promise<void> {
    for (const [id, { room: open }] of rooms) {
      const concerned = [...open.links()].filter(({ person, session }) => which({ person, session, doc: id }));
      if (concerned.length === 0) continue;
      const owner = (await docs.ownerOf(id)) ?? '';
      for (const link of concerned) {
        const caller = await link.caller();
        if (caller === undefined) link.close(CLOSE.signedOut);
        else {
          link.actor = caller.actor;
          await recheckLink(link, id, owner);
        }
      }
      open.tellStatus();
    }
  }

  const rooming = {
    ownerOf: docs.ownerOf,
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
  };
  const socket = createYDocsSocket({ ...deps, ...rooming, heartbeat: tuning.heartbeat, slowFor: tuning.slowFor });
  const sweep = setInterval(() => {
    recheck().catch((error: unknown) => {
      log.error({ error }, 'rights on documents not asked again');
    });
  }, tuning.sweep);

  return {
    create: async (id, seed, { owner, actor }) => {
      const stream = streamOf(id);
      await streams.inTurn(stream, async () => {
        if ((await streams.head(stream)).seq > 0) return;
        const doc = new Y.Doc();
        if (typeof seed === 'function') seed(doc);
        else Y.applyUpdate(doc, seed);
        const data: Created = { owner, update: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64') };
        doc.destroy();
        await streams.append(stream, { id: derivedId(sha256, id, 'created'), type: 'created', actor, data });
      });
    },

    read: (id) => atRest(id, (loaded) => ({ ...textOf(loaded), seq: loaded.seq })),

    isSealed: async (id) => ((await docs.ownerOf(id)) === undefined ? false : atRest(id, (loaded) => loaded.sealed)),

    edit: (id, by, change) =>
      atRest(id, async (loaded, open) => {
        if (loaded.sealed) throw new AppError('locked');
        if ((await streams.find(streamOf(id), by.id)) !== undefined) return;
        const frame = changed(loaded.doc, change);
        if (frame !== undefined) await open.keepOwn(loaded, by, frame);
      }),

    seal: (id, by) => mark(id, 'sealed', by),
    unseal: async (id, by) => {
      await mark(id, 'unsealed', by);
    },

    contributors: (id, sinceSeq = 0) =>
      sinceSeq === 0 ? atRest(id, (loaded) => [...loaded.contributors].sort()) : docs.writersSince(id, sinceSeq),

    recheck,
    upgrade: socket.upgrade,

    close: async () => {
      clearInterval(sweep);
      for (const timer of leaving.values()) clearTimeout(timer);
      leaving.clear();
      for (const { room: open, ready } of [...rooms.values()]) {
        await ready.catch(() => undefined);
        await open.close(CLOSE.goingAway);
      }
      socket.close();
    },
  };
}

import { setTimeout as wait } from 'node:timers/promises';
import * as Y from 'yjs';
import { AppError } from '#shared/wire/error.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { parseStream } from '#shared/wire/stream.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { SeqClash } from '#server/platform/insert.ts';
import { checkUpdate } from './ydocs.check.ts';
import { textOfDoc } from './ydocs.json.ts';
import type { Link } from './ydocs.link.ts';
import { apply, createYDocsLog, streamOf, type Created, type Loaded } from './ydocs.log.ts';
import { createYDocsModel } from './ydocs.model.ts';
import type { Connected, DocCommand, DocText, Sealed, YDocs, YDocsDeps } from './ydocs.port.ts';
import { CLOSE } from './ydocs.protocol.ts';
import type { Room } from './ydocs.room.ts';
import { createRooms } from './ydocs.rooms.ts';
import { createYDocsSocket } from './ydocs.socket.ts';
import { tuned } from './ydocs.tuning.ts';

/** The bytes of what `change` does to a document, worked out on a copy: a change that throws leaves nothing behind. */
function changeOf(doc: Y.Doc, change: (doc: Y.Doc) => void): Uint8Array | undefined {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  const heard: Uint8Array[] = [];
  copy.on('update', (update: Uint8Array) => heard.push(update));
  copy.transact(() => {
    change(copy);
  });
  copy.destroy();
  return heard[0];
}

function seedOf(seed: Uint8Array | ((doc: Y.Doc) => void)): Uint8Array {
  if (typeof seed !== 'function') return seed;
  const doc = new Y.Doc();
  seed(doc);
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

/** Texts by document and seq: a page that is asked for often walks a document once. */
function createReading() {
  const read = new WeakMap<Y.Doc, { seq: number; text: DocText }>();
  return ({ doc, seq }: Loaded): DocText => {
    const before = read.get(doc);
    if (before?.seq === seq) return before.text;
    const text = textOfDoc(doc);
    read.set(doc, { seq, text });
    return text;
  };
}

/** Asks a store that blinks again for `retryFor` ms, as an edit is kept: one election sends nobody away. */
const patient = (ask: () => Promise<void>, retryFor: number) => async (): Promise<void> => {
  const until = Date.now() + retryFor;
  for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() + pause > until) throw error;
      await wait(pause);
    }
  }
};

/** ms from a seal to the event it was made for, at the most; clocks of several machines differ by less. */
const UNDER_WAY = 10_000;

/** Live documents, for the features that own them and for the clients that write in them. */
export async function createYDocs(deps: YDocsDeps): Promise<YDocs> {
  const { streams, clock, log, access, rightsVersion = () => 0 } = deps;
  const model = createYDocsModel(deps.db);
  await model.init();
  const docs = createYDocsLog({ streams, model });
  const tuning = tuned(deps.tuning);
  const current = streams.current && patient(streams.current, tuning.retryFor);
  const rooms = createRooms({ docs, log, tuning, current });
  const socket = createYDocsSocket({ ...deps, current, rightsVersion, docs, rooms, recheck: recheckOne });
  const { atRest } = rooms;
  /** How often it was asked what a link may do: an answer that a later question overtook is an old one. */
  const asked = new WeakMap<Link, number>();
  const textOf = createReading();

  const sealedOf = (loaded: Loaded): Sealed => ({
    ...textOf(loaded),
    seq: loaded.seq,
    update: Y.encodeStateAsUpdate(loaded.doc),
    contributors: [...loaded.contributors].sort(),
  });

  /** Appends a mark to the document's own stream, which divides exactly: edits that come after a seal are refused. */
  const mark = (id: string, type: 'sealed' | 'unsealed', { id: command, actor }: DocCommand): Promise<Sealed> =>
    atRest(id, async (loaded, room) => {
      if (loaded.sealed !== (type === 'sealed')) {
        // A seal, its undoing and a second seal may follow from one command: the place tells them apart.
        const entry = { id: derivedId(sha256, command, `${type} ${loaded.seq}`), type, actor, data: {} };
        apply(loaded, await docs.append(id, { loaded, others: room.others }, entry));
        room.tellAll(loaded);
      }
      return sealedOf(loaded);
    });

  async function recheckOne(id: string, room: Room, link: Link): Promise<void> {
    const mine = (asked.get(link) ?? 0) + 1;
    asked.set(link, mine);
    const version = rightsVersion(); // taken before asking: a change meanwhile makes us ask once more
    const caller = await link.callerNow();
    if (caller === undefined) {
      link.close(CLOSE.signedOut);
      return;
    }
    const owner = (await docs.ownerOf(id)) ?? '';
    const right = await access(caller.actor, { id, owner });
    if (asked.get(link) !== mine) return;
    link.askedAt = version;
    if (right === undefined) link.close(CLOSE.noAccess);
    else room.setRight(link, right);
  }

  async function askAll(links: readonly { id: string; room: Room; link: Link }[]): Promise<void> {
    for (const { id, room, link } of links) {
      try {
        await recheckOne(id, room, link);
      } catch (error) {
        // Theirs alone is given up: whoever comes after must be asked, or keeps a right that is gone.
        log.error({ error, doc: id }, 'somebody could not be asked, line given up');
        link.close(CLOSE.storage);
      }
    }
  }

  const connected = (which: (connected: Connected) => boolean): { id: string; room: Room; link: Link }[] =>
    rooms
      .all()
      .flatMap(([id, room]) =>
        [...room.links()]
          .filter(({ person, session }) => which({ person, session, doc: id }))
          .map((link) => ({ id, room, link })),
      );

  /** In one turn for all of them: what has not left yet waits until its reader was asked about, the last of them too. */
  async function recheck(which: (connected: Connected) => boolean = () => true): Promise<void> {
    const links = connected(which);
    for (const { link } of links) {
      asked.set(link, (asked.get(link) ?? 0) + 1); // an answer that is under way is one of before
      link.askedAt = undefined;
    }
    await askAll(links);
  }

  // What others wrote into a text that is open here is shown as soon as it is heard of.
  if (streams.current !== undefined) {
    streams.onCommitted(({ stream }) => {
      const named = parseStream(stream);
      if (named?.kind === 'doc') rooms.peek(named.id)?.refresh();
    });
  }

  const every = (ms: number, work: () => void): NodeJS.Timeout => setInterval(work, ms).unref();
  const timers = [
    every(tuning.heartbeat, () => {
      for (const [, room] of rooms.all()) room.beat();
    }),
    every(tuning.tend, () => {
      for (const [, room] of rooms.all()) room.tend();
    }),
    every(tuning.poll, () => {
      for (const [, room] of rooms.all()) if (room.links().size > 0) room.refresh();
    }),
    every(tuning.sweep, () => {
      void askAll(connected(() => true)); // nothing is known to have changed: nobody waits for it
    }),
  ];

  return {
    create: async (id, seed, { owner, actor }) => {
      const stream = streamOf(id);
      await streams.inTurn(stream, async () => {
        if ((await streams.head(stream)).seq > 0) return;
        const data: Created = { owner, update: Buffer.from(seedOf(seed)).toString('base64') };
        try {
          await streams.append(stream, { id: derivedId(sha256, id, 'created'), type: 'created', actor, data }, 0);
        } catch (error) {
          if (!(error instanceof SeqClash)) throw error;
          streams.forget(stream); // another process was faster: it is there
        }
      });
    },

    read: (id) => atRest(id, (loaded) => ({ ...textOf(loaded), seq: loaded.seq })),

    isSealed: async (id) => (await docs.ownerOf(id)) !== undefined && atRest(id, ({ sealed }) => sealed),

    isLeftSealed: async (id) =>
      (await docs.ownerOf(id)) !== undefined &&
      atRest(
        id,
        async ({ sealed, seq }) => sealed && clock.now().getTime() - (await docs.writtenAt(id, seq)) > UNDER_WAY,
      ),

    edit: (id, by, change) =>
      atRest(id, async (loaded, room) => {
        if (loaded.sealed) throw new AppError('locked');
        if ((await streams.find(streamOf(id), by.id)) !== undefined) return;
        const update = changeOf(loaded.doc, change);
        if (update === undefined) return;
        const { fresh } = checkUpdate(update, (client) => Y.getState(loaded.doc.store, client));
        await room.takeOwn(loaded, { person: by.actor, update, fresh }, by.id);
      }),

    seal: (id, by) => mark(id, 'sealed', by),
    unseal: async (id, by) => {
      await mark(id, 'unsealed', by);
    },

    contributors: (id, sinceSeq = 0) =>
      sinceSeq === 0 ? atRest(id, ({ contributors }) => [...contributors].sort()) : docs.writersSince(id, sinceSeq),

    recheck,
    cut: (key) => {
      for (const [, room] of rooms.all()) {
        for (const link of room.links()) if (link.key === key) link.close(CLOSE.goingAway);
      }
    },
    upgrade: socket.upgrade,
    turnAway: socket.turnAway,

    close: async () => {
      socket.stop();
      for (const timer of timers) clearInterval(timer);
      await rooms.close();
      await socket.close();
    },
  };
}

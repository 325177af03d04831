import * as Y from 'yjs';
import type { Log } from '#server/platform/log.ts';
import { createAwareness } from './ydocs.awareness.ts';
import { applyEdit, type Taken } from './ydocs.edit.ts';
import type { Link } from './ydocs.link.ts';
import { createKeeper } from './ydocs.keeper.ts';
import type { Loaded, YDocsLog } from './ydocs.log.ts';
import type { DocCommand } from './ydocs.port.ts';
import {
  CLOSE,
  ProtocolError,
  readMessage,
  savedMessage,
  statusMessage,
  step1Message,
  step2Message,
  updateMessage,
  type Message,
} from './ydocs.protocol.ts';

/*
 * One live document: loading → open → closed.
 *
 * Everything that touches it goes through one queue, `work`. The pump takes as many edits from its head as there are,
 * applies them, appends them as one entry, and only when that is durable relays them and lets the next one have its
 * turn. So edits group by themselves while a write is under way, and nobody is ever shown, or told as saved, what a
 * power cut could take back: between two turns of the pump the document in memory is exactly what the store holds.
 *
 * If the store refuses for ten seconds, everybody is sent away with 4503 and the document is dropped: clients still
 * hold their edits and bring them when they come back.
 */

const MAX_WAITING = { frames: 64, bytes: 1024 * 1024 }; // while loading
const MAX_UPDATE = 64 * 1024; // bytes of a live edit
const MAX_SYNC = 2 * 1024 * 1024; // bytes of what a client brings after being away
const MAX_BATCH = 512 * 1024; // bytes of one entry, well below what a store takes in one row
const EMPTY_UPDATE = 2; // bytes: no structs, no deletes

interface Edit {
  link: Link;
  update: Uint8Array;
  isAnswer: boolean;
}

/** A piece of work: an edit that may be grouped, or something that waits until everything before it is durable. */
type Work = { edit: Edit } | { run: (loaded: Loaded) => Promise<void> | void };

export type Room = ReturnType<typeof createRoom>;

interface Deps {
  id: string;
  docs: YDocsLog;
  log: Log;
  /** ms a failing append is tried. */
  retryFor: number;
  /** The room is of no use any more: it was closed, or the store gave up. */
  onGone: () => void;
}

export function createRoom({ id, docs, log, retryFor, onGone }: Deps) {
  const links = new Set<Link>();
  const awareness = createAwareness(links);
  const keeper = createKeeper({ id, docs, log, retryFor });
  const work: Work[] = [];
  const early: { link: Link; frame: Uint8Array }[] = [];
  let earlyBytes = 0;
  let held: Loaded | undefined;
  let pumping: Promise<void> | undefined;
  let gone = false;

  const status = (link: Link, loaded: Loaded): void => {
    if (!link.ext) return;
    const role = loaded.sealed ? 'read' : link.role;
    link.send(
      statusMessage({ doc: id, seq: loaded.seq, role, state: loaded.sealed ? 'sealed' : 'open', heartbeat: 15 }),
    );
  };

  function give(item: Work): void {
    work.push(item);
    pumping ??= pump().finally(() => {
      pumping = undefined;
      if (work.length > 0 && !gone) give({ run: () => undefined }); // something came in the last turn
    });
  }

  function leaveAll(code: number): void {
    gone = true;
    for (const link of links) link.close(code);
    held?.doc.destroy();
    onGone();
  }

  /** The edits at the head of the queue, as many as go into one entry. */
  function nextEdits(): Edit[] {
    const edits: Edit[] = [];
    let size = 0;
    for (let item = work[0]; item !== undefined && 'edit' in item; item = work[0]) {
      size += item.edit.update.length;
      if (edits.length > 0 && size > MAX_BATCH) break;
      edits.push(item.edit);
      work.shift();
    }
    return edits;
  }

  /**
   * An edit failed and may have changed half of what it speaks of. Nothing of it was stored or shown: the document is
   * taken from the store again, and the offender alone is sent away.
   */
  async function throwOut({ link }: Edit, error: unknown, loaded: Loaded): Promise<void> {
    link.close(CLOSE.protocol);
    log.warn({ error, doc: id, person: link.person }, 'edit refused');
    loaded.doc.destroy();
    held = await docs.load(id);
  }

  /** All of them, or none: where one fails the others go back to the head of the queue. */
  async function applyAll(loaded: Loaded, edits: readonly Edit[]): Promise<Taken[]> {
    const taken: Taken[] = [];
    for (const edit of edits) {
      try {
        const one = applyEdit(loaded, edit.link, edit.update);
        if (one !== undefined) taken.push(one);
      } catch (error) {
        await throwOut(edit, error, loaded);
        work.unshift(...edits.filter((other) => other !== edit).map((good) => ({ edit: good })));
        return [];
      }
    }
    return taken;
  }

  async function writeEdits(edits: readonly Edit[]): Promise<void> {
    const loaded = held;
    if (loaded === undefined) return;
    const taken = await applyAll(loaded, edits);
    if (taken.length === 0) return;
    await keeper.keep(loaded, taken);
    for (const { link: author, frame } of taken) {
      const message = updateMessage(frame);
      for (const link of links) if (link !== author) link.sendLive(message);
    }
    for (const link of links) if (link.missed && link.hasDrained()) catchUp(link, loaded);
    if (keeper.isDue()) await keeper.snapshot(loaded);
  }

  function catchUp(link: Link, loaded: Loaded): void {
    link.missed = false;
    link.send(step2Message(Y.encodeStateAsUpdate(loaded.doc)));
  }

  async function pump(): Promise<void> {
    await Promise.resolve(); // let everything that arrived in this turn of the loop into the first group
    while (work.length > 0 && held !== undefined && !gone) {
      try {
        const edits = nextEdits();
        if (edits.length > 0) await writeEdits(edits);
        else {
          const item = work.shift();
          if (item !== undefined && 'run' in item) await item.run(held);
        }
      } catch (error) {
        log.error({ error, doc: id }, 'document given up');
        leaveAll(CLOSE.storage);
      }
    }
  }

  function answer(link: Link, vector: Uint8Array): void {
    give({
      run: (loaded) => {
        try {
          link.send(step2Message(Y.encodeStateAsUpdate(loaded.doc, vector)));
        } catch {
          link.close(CLOSE.protocol); // no state vector
        }
      },
    });
  }

  function take(link: Link, message: Message): void {
    switch (message.type) {
      case 'step1':
        answer(link, message.vector);
        break;
      case 'update':
        if (message.update.length > (message.isAnswer ? MAX_SYNC : MAX_UPDATE)) {
          link.reject('TOO_LARGE');
          link.close(CLOSE.tooLarge);
        } else if (message.update.length > EMPTY_UPDATE) {
          give({ edit: { link, update: message.update, isAnswer: message.isAnswer } });
        }
        break;
      case 'awareness':
        awareness.take(link, message.entries, (client) => (held?.owners.get(client) ?? link.person) === link.person);
        break;
      case 'barrier':
        give({
          run: () => {
            link.send(savedMessage(message.token));
          },
        });
        break;
      case 'ask-awareness':
        link.send(awareness.all());
        break;
      case 'unknown': // a newer client may know more; what we do not know changes nothing
    }
  }

  function receive(link: Link, frame: Uint8Array): void {
    try {
      take(link, readMessage(frame));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      link.close(CLOSE.protocol);
    }
  }

  function greet(link: Link, loaded: Loaded): void {
    status(link, loaded);
    // Asked before we answer: when a client is in sync, what it brought along is on its way to us.
    if (link.role === 'edit' && !loaded.sealed) link.send(step1Message(Y.encodeStateVector(loaded.doc)));
    link.send(awareness.all());
  }

  return {
    links: (): ReadonlySet<Link> => links,
    isIdle: (): boolean => links.size === 0 && work.length === 0 && pumping === undefined,

    /** Loads the document, then lets in what waited. Throws what the store throws. */
    open: async (): Promise<void> => {
      held = await docs.load(id);
      for (const link of links) greet(link, held);
      for (const { link, frame } of early.splice(0)) receive(link, frame);
    },

    join: (link: Link): void => {
      links.add(link);
      if (held !== undefined) {
        // In the queue's order: what is greeted with is durable.
        give({
          run: (loaded) => {
            greet(link, loaded);
          },
        });
      }
    },

    leave: (link: Link): void => {
      links.delete(link);
      awareness.leave(link);
    },

    /** A frame from a connection. While the document loads it waits, within bounds. */
    receive: (link: Link, frame: Uint8Array): void => {
      if (held !== undefined) {
        receive(link, frame);
        return;
      }
      earlyBytes += frame.length;
      if (early.length >= MAX_WAITING.frames || earlyBytes > MAX_WAITING.bytes) link.close(CLOSE.storage);
      else early.push({ link, frame });
    },

    /** Runs in the queue, when everything before it is durable; rejects when the document had to be given up. */
    atRest: <T>(run: (loaded: Loaded) => Promise<T> | T): Promise<T> =>
      new Promise((resolve, reject) => {
        if (gone) {
          reject(new Error('the document was closed'));
          return;
        }
        give({
          run: async (loaded) => {
            try {
              resolve(await run(loaded));
            } catch (error) {
              reject(error instanceof Error ? error : new Error(String(error)));
            }
          },
        });
      }),

    /** An edit by the server itself, already in the document: kept, then shown. Only inside `atRest`. */
    keepOwn: async (loaded: Loaded, by: DocCommand, frame: Uint8Array): Promise<void> => {
      await keeper.keepOwn(loaded, by, frame);
      for (const link of links) link.sendLive(updateMessage(frame));
    },

    /** After a seal, an unseal or a change of roles: everybody is told what they may. */
    tellStatus: (): void => {
      if (held === undefined) return;
      for (const link of links) {
        status(link, held);
        if (link.role === 'edit' && !held.sealed) link.send(step1Message(Y.encodeStateVector(held.doc)));
      }
    },

    /** Finishes what was begun and lets go of the document. */
    close: async (code: number): Promise<void> => {
      while (pumping !== undefined) await pumping;
      if (gone) return;
      if (held !== undefined && keeper.isWorthIt()) await keeper.snapshot(held);
      leaveAll(code);
    },
  };
}

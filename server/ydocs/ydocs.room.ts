import { setTimeout as wait } from 'node:timers/promises';
import * as Y from 'yjs';
import { newId } from '#server/platform/crypto.ts';
import type { Log } from '#server/platform/log.ts';
import { createAwareness } from './ydocs.awareness.ts';
import { checkUpdate, type Checked } from './ydocs.check.ts';
import type { Link } from './ydocs.link.ts';
import { SNAPSHOT_AFTER, type Loaded, type Updated, type YDocsLog } from './ydocs.log.ts';
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
const RETRY_FOR = 10_000; // ms
const EMPTY_UPDATE = 2; // bytes: no structs, no deletes

interface Edit {
  link: Link;
  update: Uint8Array;
  isAnswer: boolean;
}

/** A piece of work: an edit that may be grouped, or something that waits until everything before it is durable. */
type Work = { edit: Edit } | { run: (loaded: Loaded) => Promise<void> | void };

interface Taken {
  link: Link;
  frame: Uint8Array;
  checked: Checked;
}

export type Room = ReturnType<typeof createRoom>;

interface Deps {
  id: string;
  docs: YDocsLog;
  log: Log;
  /** The room is of no use any more: it was closed, or the store gave up. */
  onGone: () => void;
}

export function createRoom({ id, docs, log, onGone }: Deps) {
  const links = new Set<Link>();
  const awareness = createAwareness(links);
  const work: Work[] = [];
  const early: { link: Link; frame: Uint8Array }[] = [];
  let earlyBytes = 0;
  let held: Loaded | undefined;
  let pumping: Promise<void> | undefined;
  let gone = false;
  let sinceSnapshot = 0;

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

  /** Applies one edit, or refuses it. Returns what of it was new. */
  function applyEdit(loaded: Loaded, { link, update }: Edit): Taken | undefined {
    const known = (client: number): number => Y.getState(loaded.doc.store, client);
    const checked = checkUpdate(update, known);
    if (checked.spans.length === 0 && !checked.deletes) return undefined; // an empty answer is no offence
    if (loaded.sealed || link.role !== 'edit') {
      link.refuseWrite(loaded.sealed ? 'LOCKED' : 'READ_ONLY');
      return undefined;
    }
    const foreign = checked.spans.find(({ client, to }) => {
      const owner = loaded.owners.get(client);
      return to > known(client) && owner !== undefined && owner !== link.person;
    });
    if (foreign !== undefined) {
      link.reject('CLIENT_ID', true);
      link.close(CLOSE.clientTaken);
      return undefined;
    }
    if (!checked.complete) {
      link.reject('GAP', true);
      link.send(step1Message(Y.encodeStateVector(loaded.doc)));
      return undefined;
    }
    let frame: Uint8Array | undefined;
    const heard = (effective: Uint8Array): void => void (frame = effective);
    loaded.doc.on('update', heard);
    try {
      Y.applyUpdate(loaded.doc, update, link);
    } finally {
      loaded.doc.off('update', heard);
    }
    if (loaded.doc.store.pendingStructs !== null || loaded.doc.store.pendingDs !== null) throw new ProtocolError('gap');
    if (frame === undefined) return undefined; // nothing new: others have it, and it is durable
    const spans = checked.spans.filter(({ client, to }) => to > 0 && client >= 0);
    for (const { client } of spans) if (!loaded.owners.has(client)) loaded.owners.set(client, link.person);
    return { link, frame, checked: { ...checked, spans } };
  }

  /** Writes one entry and keeps trying for ten seconds, under one id: an answer that got lost is no second entry. */
  async function keep(loaded: Loaded, taken: readonly Taken[]): Promise<void> {
    const people = [...new Set(taken.map(({ link }) => link.person))];
    const data: Updated = {
      frames: taken.map(({ frame }) => Buffer.from(frame).toString('base64')),
      by: taken.map(({ link, checked }) => ({
        person: link.person,
        spans: checked.spans,
        deletes: checked.deletes,
      })),
    };
    const entry = {
      id: newId(),
      type: 'updated',
      actor: people.length === 1 ? (people[0] ?? 'system') : 'system',
      data,
    };
    const until = Date.now() + RETRY_FOR;
    for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
      try {
        const event = await docs.append(id, loaded, entry);
        loaded.seq = event.seq;
        break;
      } catch (error) {
        if (Date.now() > until) throw error;
        log.warn({ error, doc: id }, 'document not written, trying again');
        await wait(pause);
      }
    }
    for (const person of people) loaded.contributors.add(person);
    sinceSnapshot++;
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

  async function writeEdits(edits: readonly Edit[]): Promise<void> {
    const loaded = held;
    if (loaded === undefined) return;
    const taken: Taken[] = [];
    for (const [i, edit] of edits.entries()) {
      try {
        const one = applyEdit(loaded, edit);
        if (one !== undefined) taken.push(one);
      } catch (error) {
        // The document may be half changed. Nothing of it was stored or shown: take it from the store again and
        // repeat what was good.
        edit.link.close(error instanceof ProtocolError ? CLOSE.protocol : CLOSE.tooLarge);
        log.warn({ error, doc: id, person: edit.link.person }, 'edit refused');
        loaded.doc.destroy();
        held = await docs.load(id);
        work.unshift(...edits.filter((_, j) => j !== i).map((good) => ({ edit: good })));
        return;
      }
    }
    if (taken.length === 0) return;
    await keep(loaded, taken);
    for (const { link: author, frame } of taken) {
      const message = updateMessage(frame);
      for (const link of links) if (link !== author) link.sendLive(message);
    }
    for (const link of links) if (link.missed && link.hasDrained()) catchUp(link, loaded);
    if (sinceSnapshot >= SNAPSHOT_AFTER) await snapshot(loaded);
  }

  async function snapshot(loaded: Loaded): Promise<void> {
    sinceSnapshot = 0;
    await docs.snapshot(id, loaded).catch((error: unknown) => {
      log.error({ error, doc: id }, 'no snapshot; the log is whole');
    });
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
      if (held !== undefined && sinceSnapshot > 0) await snapshot(held);
      leaveAll(code);
    },
  };
}

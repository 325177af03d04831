import { setTimeout as wait } from 'node:timers/promises';
import * as Y from 'yjs';
import { newId } from '#server/platform/crypto.ts';
import type { Log } from '#server/platform/log.ts';
import type { NewEvent } from '#server/platform/streams.ts';
import type { Taken } from './ydocs.edit.ts';
import { credit, SYSTEM, type Loaded, type Updated, type YDocsLog } from './ydocs.log.ts';
import type { DocCommand } from './ydocs.port.ts';

/** Entries after which the next opening is made quick again. */
const SNAPSHOT_AFTER = 200;
const WORTH_IT = 20; // entries; below this reading the log is as quick

interface Deps {
  id: string;
  docs: YDocsLog;
  log: Log;
  /** ms a failing append is tried. */
  retryFor: number;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Makes edits of one document durable: entries in its log, and now and then a snapshot. */
export function createKeeper({ id, docs, log, retryFor }: Deps) {
  let since = 0;

  /** Keeps trying under one id: an answer that got lost makes no second entry. */
  async function write(loaded: Loaded, entry: NewEvent & { data: Updated }): Promise<void> {
    const until = Date.now() + retryFor;
    for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
      try {
        loaded.seq = (await docs.append(id, loaded, entry)).seq;
        break;
      } catch (error) {
        if (Date.now() > until) throw error;
        log.warn({ error, doc: id }, 'document not written, trying again');
        await wait(pause);
      }
    }
    for (const writer of entry.data.by) credit(loaded, writer);
    since++;
  }

  return {
    /** Several people's edits as one entry that names each; its actor is the author, or `system` where they mix. */
    keep: (loaded: Loaded, taken: readonly Taken[]): Promise<void> => {
      const [first, ...others] = new Set(taken.map(({ link }) => link.person));
      const data: Updated = {
        frames: taken.map(({ frame }) => base64(frame)),
        by: taken.map(({ link, spans }) => ({
          person: link.person,
          clients: spans.map(({ client, from, to }) => [client, from, to]),
        })),
      };
      const actor = first !== undefined && others.length === 0 ? first : SYSTEM;
      return write(loaded, { id: newId(), type: 'updated', actor, data });
    },

    /** An edit by the server itself, on somebody's command. */
    keepOwn: (loaded: Loaded, { id: command, actor }: DocCommand, frame: Uint8Array): Promise<void> => {
      const client = loaded.doc.clientID;
      const data: Updated = {
        frames: [base64(frame)],
        by: [{ person: actor, clients: [[client, 0, Y.getState(loaded.doc.store, client)]] }],
      };
      return write(loaded, { id: command, type: 'updated', actor, data });
    },

    isDue: (): boolean => since >= SNAPSHOT_AFTER,
    isWorthIt: (): boolean => since >= WORTH_IT,

    snapshot: async (loaded: Loaded): Promise<void> => {
      since = 0;
      await docs.snapshot(id, loaded).catch((error: unknown) => {
        log.error({ error, doc: id }, 'no snapshot; the log is whole');
      });
    },
  };
}

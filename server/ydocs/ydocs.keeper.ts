import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '#server/platform/crypto.ts';
import type { Log } from '#server/platform/log.ts';
import type { Taken } from './ydocs.edit.ts';
import { credit, Overtaken, SYSTEM, type Loaded, type Updated, type YDocsLog } from './ydocs.log.ts';

/** What makes the next opening quick again: entries, or their bytes. */
const SNAPSHOT_AFTER = { entries: 500, bytes: 256 * 1024 };
const WORTH_IT = 20; // entries; below this reading the log is as quick

interface Deps {
  id: string;
  docs: YDocsLog;
  log: Log;
  /** ms a failing append is tried. */
  retryFor: number;
  /** Shows what another process wrote meanwhile. */
  others: (frames: readonly Uint8Array[]) => void;
}

/** Makes edits of one document durable: entries in its log, and now and then a snapshot. */
export function createKeeper({ id, docs, log, retryFor, others }: Deps) {
  const since = { entries: 0, bytes: 0 };
  let snapshotting = false;

  async function snapshot(loaded: Loaded): Promise<void> {
    if (snapshotting) return;
    snapshotting = true;
    const { entries, bytes } = since;
    try {
      await docs.snapshot(id, loaded);
      since.entries -= entries;
      since.bytes -= bytes;
    } catch (error) {
      log.error({ error, doc: id }, 'no snapshot; the log is whole');
    } finally {
      snapshotting = false;
    }
  }

  return {
    /**
     * Several people's edits as one entry that names each; its actor is the author, or `system` where they mix. Tries
     * for `retryFor` ms under one id: an answer that got lost makes no second entry. Throws what the store threw last.
     */
    keep: async (loaded: Loaded, taken: readonly Taken[], entryId = newId()): Promise<void> => {
      const [first = SYSTEM, ...more] = new Set(taken.map(({ person }) => person));
      const data: Updated = {
        frames: taken.map(({ frame }) => Buffer.from(frame).toString('base64')),
        by: taken.map(({ person, spans }) => ({ person, spans: [...spans] })),
      };
      const entry = { id: entryId, type: 'updated', actor: more.length === 0 ? first : SYSTEM, data };
      const until = Date.now() + retryFor;
      for (let pause = 20; ; pause = Math.min(pause * 2, 1_000)) {
        try {
          const { seq } = await docs.append(id, { loaded, others }, entry);
          loaded.seq = Math.max(loaded.seq, seq);
          break;
        } catch (error) {
          if (error instanceof Overtaken || Date.now() + pause > until) throw error;
          log.warn({ error, doc: id }, 'document not written, trying again');
          await wait(pause);
        }
      }
      for (const writer of data.by) credit(loaded, writer);
      since.entries++;
      since.bytes += taken.reduce((sum, { frame }) => sum + frame.length, 0);
    },

    /** Where enough has come together. Does not hold up the next edit: what it keeps is taken from memory at once. */
    snapshotIfDue: (loaded: Loaded): void => {
      if (since.entries >= SNAPSHOT_AFTER.entries || since.bytes >= SNAPSHOT_AFTER.bytes) void snapshot(loaded);
    },

    /** Before the document leaves memory. */
    snapshotIfWorthIt: (loaded: Loaded): Promise<void> =>
      since.entries >= WORTH_IT ? snapshot(loaded) : Promise.resolve(),
  };
}

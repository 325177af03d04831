import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from './log.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';

const PAUSE = 20; // ms between two deliveries of a stream on which much happens; nobody sees it
const MOST = 100; // events in one delivery: with 8 KiB of text each it stays below what makes a reader too slow

/**
 * Announced events on their way out, one lane for each stream in motion. An event of a quiet stream leaves at once;
 * what follows within the pause leaves together after it, so that a hot room costs a member one write and not one per
 * message. In order of seq: the next delivery of a stream begins when the last one has ended, however long it took.
 */
export function createLanes(deliver: (stream: string, events: readonly StreamEvent[]) => Promise<void>, log: Log) {
  const lanes = new Map<string, StreamEvent[]>();

  async function run(stream: string, waiting: StreamEvent[]): Promise<void> {
    while (waiting.length > 0) {
      await deliver(stream, waiting.splice(0, MOST)).catch((error: unknown) => {
        // Hints that failed: followers find the events by the next heads.
        log.error({ error, stream }, 'announcement failed');
      });
      if (waiting.length < MOST) await wait(PAUSE, undefined, { ref: false });
    }
    lanes.delete(stream);
  }

  return {
    /** Takes a committed event; those of one stream must come in order. */
    add: (event: StreamEvent): void => {
      const waiting = lanes.get(event.stream);
      if (waiting !== undefined) {
        waiting.push(event);
        return;
      }
      const lane = [event];
      lanes.set(event.stream, lane);
      void run(event.stream, lane);
    },
  };
}

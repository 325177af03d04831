import type { Clock } from '#server/platform/clock.ts';
import type { Log } from '#server/platform/log.ts';
import type { ResponsesModel } from './responses.model.ts';
import type { Release } from './responses.release.ts';

const LOOK_EVERY = 1_000; // ms; one read of an index that is nearly always empty there

interface Deps {
  model: ResponsesModel;
  release: Release;
  clock: Clock;
  log: Log;
}

/**
 * Publishes what is due. Nothing is held in memory: each look asks the read model what is due by now, so a restart, a
 * second process or a moment taken back need no care. Who writes first, and whether the moment still stands, is
 * decided on the response's stream.
 */
export function createSchedule({ model, release, clock, log }: Deps) {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  async function fire(response: string): Promise<void> {
    try {
      await release.fire(response);
    } catch (error) {
      log.error({ error, response }, 'not published at its moment, trying again'); // one must not hold up the others
    }
  }

  async function look(): Promise<void> {
    try {
      for (const response of await model.due(clock.now())) await fire(response);
    } catch (error) {
      log.error({ error }, 'what is due was not read, trying again');
    }
  }

  return {
    /** Looks every second from now on. Not before rights and read models are at the head: both are asked. */
    start: (): void => {
      timer = setInterval(() => {
        looking ??= look().finally(() => {
          looking = undefined;
        });
      }, LOOK_EVERY).unref();
    },

    /** Resolves when nothing is being published any more. */
    stop: async (): Promise<void> => {
      clearInterval(timer);
      await looking;
    },
  };
}

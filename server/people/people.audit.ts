import type { Clock } from '#server/platform/clock.ts';
import { newId } from '#server/platform/crypto.ts';
import type { Streams } from '#server/platform/streams.ts';

const DAY = 24 * 3600_000;
/** How long entries can be looked up: six months by law (网络安全法 23), and some (security §4.14). */
const KEPT = 200 * DAY;

/** Whether a stream is one of the security log whose time is over. */
export const isOver = (stream: string, now: Date): boolean =>
  stream.startsWith('log:') && stream < streamOf(new Date(now.getTime() - KEPT));

const streamOf = (at: Date): string => `log:${at.toISOString().slice(0, 10)}`;

export type SecurityLog = ReturnType<typeof createSecurityLog>;

/**
 * What the law wants kept of who came in and who looked (网络安全法 23): on `log:<day>`, apart from content, dropped
 * whole after its keeping time. Nobody opens these streams but an auditor of everything; nothing is computed from them.
 */
export function createSecurityLog({ streams, clock, isHeld }: { streams: Streams; clock: Clock; isHeld: boolean }) {
  return {
    /** Resolves when the entry is durable, so that the answer it speaks of can be given. */
    note: async (type: string, actor: string, data: object): Promise<void> => {
      const stream = streamOf(clock.now());
      await streams.add(stream, { id: newId(), type, actor, data });
    },

    /** Drops the days that are past their time, unless somebody wants all of them kept. Names sort as the days do. */
    sweep: async (): Promise<void> => {
      if (isHeld) return;
      const oldest = streamOf(new Date(clock.now().getTime() - KEPT));
      let name = await streams.next('log:', oldest);
      for (; name !== undefined; name = await streams.next(name, oldest)) await streams.drop(name);
    },
  };
}

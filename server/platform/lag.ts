import { parseStream, type StreamEvent } from '#shared/wire/stream.ts';
import type { Streams } from './streams.ts';

interface Deps {
  streams: Pick<Streams, 'onCommitted'>;
  /** `incident`, `meeting` …: the stream is `<kind>:<id>`. */
  kind: string;
  /** Writes the row from the state at the stream's head; answers the seq it then speaks for. */
  write: (id: string) => Promise<number>;
}

/**
 * Rows that are written from the folded state at their stream's head: which of them lag, and bringing them along. Rows
 * are written at their own pace by a consumer; who asks a list meanwhile waits for `current` and sees own writes.
 */
export function createLag({ streams, kind, write }: Deps) {
  /** Id → the seq its row is known to lack. */
  const behind = new Map<string, number>();
  const underWay = new Map<string, Promise<void>>();

  streams.onCommitted((event) => {
    const parsed = parseStream(event.stream);
    if (parsed?.kind === kind) behind.set(parsed.id, event.seq);
  });

  async function bring(id: string): Promise<void> {
    const seq = await write(id);
    // Only after the write: until then a list would be read without it. What came meanwhile keeps it behind.
    if ((behind.get(id) ?? 0) <= seq) behind.delete(id);
  }

  /** However many ask at the same time, each row is written once for all of them. */
  function once(id: string): Promise<void> {
    const running = underWay.get(id) ?? bring(id).finally(() => underWay.delete(id));
    underWay.set(id, running);
    return running;
  }

  /** One under way may have read the state before the last commit: then the row is behind still, and goes once more. */
  async function reach(id: string): Promise<void> {
    await once(id);
    if (behind.has(id)) await once(id);
  }

  return {
    /** Resolves when every row has what was committed before the call. */
    current: async (): Promise<void> => {
      await Promise.all([...behind.keys()].map(reach));
    },

    /** For the consumer: the rows a batch is about. */
    handle: async (events: readonly StreamEvent[]): Promise<void> => {
      for (const id of new Set(events.map(({ stream }) => parseStream(stream)?.id ?? ''))) await bring(id);
    },
  };
}

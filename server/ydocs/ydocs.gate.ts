/** What somebody may, as it was last asked for. */
interface Asking {
  /** Whether it may have changed since. */
  isBehind: () => boolean;
  /** Where other processes change rights too: resolves when what they changed by now is known here. */
  current?: (() => Promise<void>) | undefined;
  /** Asks again: afterwards nobody is behind, or something changed meanwhile. */
  ask: () => Promise<void>;
  /** Nobody could be asked: the connection is given up, and is not behind any more. */
  failed: (error: unknown) => void;
}

/**
 * The one gate of a connection to a document. What is durable by now may have been written after somebody lost their
 * right (security §3.4), so whatever says something of the text, and whatever is taken from them, goes through here:
 * at once while their right is as it was last asked for, which costs one comparison, and else when it has been asked
 * for again, in its order. The document and everybody else wait for nothing: an answer may have to wait for them.
 */
export function createGate({ isBehind, current, ask, failed }: Asking) {
  let waiting: { act: () => void; bytes: number }[] | undefined;
  let bytes = 0;

  async function open(held: { act: () => void; bytes: number }[]): Promise<void> {
    while (held.length > 0) {
      const asked = current === undefined ? 1 : held.length; // what comes while others are asked waits for the next time
      try {
        if (current !== undefined) await current();
        while (isBehind()) await ask();
      } catch (error) {
        failed(error);
      }
      // In one turn with the question whether anything changed: what leaves is known to be theirs at that moment.
      for (const next of held.splice(0, asked)) {
        bytes -= next.bytes;
        next.act();
      }
    }
    waiting = undefined;
  }

  return {
    /** Bytes that wait here. */
    held: (): number => bytes,

    /** Does it now, or once it is known what they may; `size` in bytes. */
    pass: (act: () => void, size = 0): void => {
      if (waiting === undefined && current === undefined && !isBehind()) {
        act();
        return;
      }
      const isFirst = waiting === undefined;
      waiting ??= [];
      waiting.push({ act, bytes: size });
      bytes += size;
      if (isFirst) void open(waiting);
    },
  };
}

import type { WireEvent } from '#shared/wire/stream.ts';
import { Follow, type Follower, type Following, type FollowOptions } from './follow.svelte.ts';
import { OpenStream, type StreamDeps } from './stream.ts';
import { blank } from './tails.ts';
import type { Line } from './line.ts';

/*
 * Everything this page follows. A stream lives from the first `follow` to the last `close`; a new connection opens
 * each one again. Owner: the hub, which calls `stop()`.
 */

export interface StreamsDeps extends StreamDeps {
  line: Pick<Line, 'status' | 'open' | 'range' | 'close' | 'on' | 'onStatus'>;
}

export interface Streams {
  follow: (stream: string, follower: Follower, options?: FollowOptions) => Following;
  /** Resolves when a followed stream is applied up to `seq`, at once when it is not followed. Rejects after 8 s. */
  until: (stream: string, seq: number) => Promise<void>;
  /** Removes what an event said from this device, e.g. when it is retracted; its place in the stream stays. */
  blank: (stream: string, seq: number) => void;
  /** Resolves when the device has what it is to keep. */
  stop: () => Promise<void>;
}

/** How long `until` waits for a gap to close, in ms. */
const CLOSING = 8000;

export function createStreams(deps: StreamsDeps): Streams {
  const open = new Map<string, OpenStream>();
  const { line, db } = deps;
  const offs = listen(line, open);

  function leave(stream: OpenStream, follow: Follow): void {
    if (!stream.follows.delete(follow) || stream.follows.size > 0) return;
    void stream.close();
    open.delete(stream.name);
  }

  function follow(name: string, follower: Follower, options: FollowOptions = {}): Following {
    const one = new Follow(follower, options);
    let stream = open.get(name);
    if (stream === undefined) {
      stream = new OpenStream(name, deps);
      open.set(name, stream);
      void stream.start(one);
    } else {
      stream.join(one);
    }
    const followed = stream;
    one.older = (n) => followed.older(one, n);
    one.close = () => {
      leave(followed, one);
    };
    return one;
  }

  return {
    follow,
    until: (stream, seq) => open.get(stream)?.until(seq, CLOSING) ?? Promise.resolve(),
    blank: (stream, seq) => {
      blank(db, stream, seq).catch(() => undefined); // a device that keeps nothing has nothing to remove
    },
    stop: async () => {
      for (const off of offs) off();
      const closing = [...open.values()].map((stream) => stream.close());
      open.clear();
      await Promise.all(closing);
    },
  };
}

/** What the server says unasked, and the coming and going of the line itself. */
function listen(line: StreamsDeps['line'], open: ReadonlyMap<string, OpenStream>): (() => void)[] {
  let wasOnline = line.status === 'online';
  return [
    line.on('stream:event', (event: WireEvent) => {
      open.get(event.stream)?.take({ kind: 'event', event });
    }),
    line.on('stream:heads', (heads) => {
      for (const [stream, head] of Object.entries(heads)) open.get(stream)?.take({ kind: 'head', head });
    }),
    line.on('stream:lost', ({ stream }) => {
      open.get(stream)?.refuse('not_found');
    }),
    line.onStatus((status) => {
      const online = status === 'online';
      if (online === wasOnline) return;
      wasOnline = online;
      for (const stream of open.values()) {
        if (online) stream.online();
        else stream.lost();
      }
    }),
  ];
}

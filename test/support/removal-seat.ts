import type { Socket } from 'socket.io-client';
import * as Y from 'yjs';
import type { WireEvent } from '#shared/wire/stream.ts';
import { connect, type Answer } from './client.ts';
import { openDocLine } from './doc-line.ts';

/** One page of somebody who may lose their rights: a socket that follows rooms, a live text, and what came when. */
export interface Seat {
  url: string;
  /** Everything sent to it with its content, as it came. */
  events: WireEvent[];
  /** When a stream was said to be lost, ms. */
  lost: Map<string, number>;
  /** When it was closed, ms; undefined while it is open. */
  socketClosed: () => number | undefined;
  docClosed: () => number | undefined;
  /** How much of what this client wrote stands in the text. */
  clockOf: (client: number) => number;
  /** Resolves when everything sent to it before has come: by its answer, or with its end. */
  heard: () => Promise<void>;
  leave: () => void;
}

/** Opens the page; the streams are followed from their heads on. Throws where one may not be read. */
export async function takeSeat(
  url: string,
  cookie: string,
  room: { streams: readonly string[]; doc: string },
): Promise<Seat> {
  const socket: Socket = await connect(url, cookie);
  const events: WireEvent[] = [];
  const lost = new Map<string, number>();
  let closed: number | undefined;
  let docClosed: number | undefined;
  socket.on('stream:event', (event: WireEvent) => events.push(event));
  socket.on('stream:lost', ({ stream }: { stream: string }) => lost.set(stream, performance.now()));
  socket.on('disconnect', () => (closed = performance.now()));
  const ask = (name: string, input: object): Promise<Answer> => socket.emitWithAck(name, input) as Promise<Answer>;
  for (const stream of room.streams) {
    const answer = await ask('stream:open', { stream, have: Number.MAX_SAFE_INTEGER });
    if (!answer.ok) throw new Error(`${stream}: ${JSON.stringify(answer.error)}`);
  }
  const line = await openDocLine(url, cookie, room.doc);
  if (line.socket.readyState !== line.socket.OPEN) throw new Error(`the live text was not opened`);
  line.socket.once('close', () => (docClosed = performance.now()));
  return {
    url,
    events,
    lost,
    socketClosed: () => closed,
    docClosed: () => docClosed,
    clockOf: (client) => Y.getState(line.doc.store, client),
    heard: async () => {
      const ended = new Promise<void>((resolve) => socket.once('disconnect', () => { resolve(); })); // prettier-ignore
      if (socket.connected) await Promise.race([ask('people:me', {}), ended]);
    },
    leave: () => {
      socket.disconnect();
      line.socket.terminate();
    },
  };
}

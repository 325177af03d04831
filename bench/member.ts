import { once } from 'node:events';
import { WebSocket } from 'ws';

/* A member of a room who parses nothing: an event is recognised by the marker in its text. */

const MARK = Buffer.from('Mk');
const DIGITS = 9;
const CONNECTED = Buffer.from('40');
const EVENT = Buffer.from('42');
const ACK = Buffer.from('43');
const [PING] = Buffer.from('2');

/** The text of message `n`, 130 bytes: letters and digits only around the mark, so that no format changes it. */
export const textOf = (n: number): string => `Mk${String(n).padStart(DIGITS, '0')}`.padEnd(130, ' abcdefghi');

export interface Member {
  /** Sends one command and resolves with the raw reply. */
  ask: (name: string, input: unknown) => Promise<string>;
  close: () => void;
}

interface Options {
  url: string;
  cookie?: string;
  /** Message `n` has come. */
  heard: (n: number) => void;
  /** The connection has gone without being closed. */
  lost: () => void;
}

function markOf(frame: Buffer): number | undefined {
  const at = frame.indexOf(MARK);
  if (at < 0) return undefined;
  let n = 0;
  for (let i = at + MARK.length; i < at + MARK.length + DIGITS; i++) n = n * 10 + (frame[i] ?? 48) - 48;
  return n;
}

/** Connects over WebSocket and enters the namespace. */
export async function connectMember({ url, cookie, heard, lost }: Options): Promise<Member> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
    headers: { origin: url, ...(cookie !== undefined && { cookie }) },
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  const waiting = new Map<number, (reply: string) => void>();
  let asked = 0;
  let entered: (() => void) | undefined;
  socket.on('message', (frame: Buffer) => {
    if (frame.length === 1 && frame[0] === PING) socket.send('3');
    else if (frame.subarray(0, 2).equals(ACK)) {
      const reply = frame.toString();
      const id = Number.parseInt(reply.slice(2), 10);
      waiting.get(id)?.(reply);
      waiting.delete(id);
    } else if (frame.subarray(0, 2).equals(EVENT)) {
      const n = markOf(frame);
      if (n !== undefined) heard(n);
    } else if (frame.subarray(0, 2).equals(CONNECTED)) entered?.();
  });
  const gone = (): void => {
    lost();
  };
  socket.once('close', gone);
  await once(socket, 'open');
  await new Promise<void>((resolve) => {
    entered = resolve;
    socket.send('40');
  });
  return {
    ask: (name, input) =>
      new Promise((resolve) => {
        const id = asked++;
        waiting.set(id, resolve);
        socket.send(`42${id}${JSON.stringify([name, input])}`);
      }),
    close: () => {
      socket.off('close', gone);
      socket.terminate();
    },
  };
}

/** Connects many, `atOnce` handshakes under way. */
export async function connectAll(count: number, one: (i: number) => Promise<Member>, atOnce = 50): Promise<Member[]> {
  const members: Member[] = [];
  for (let from = 0; from < count; from += atOnce) {
    const length = Math.min(atOnce, count - from);
    members.push(...(await Promise.all(Array.from({ length }, (_, i) => one(from + i)))));
  }
  return members;
}

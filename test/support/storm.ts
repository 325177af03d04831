import { once } from 'node:events';
import { WebSocket } from 'ws';
import { barrierOf, collabSocket, frameOf, receiptOf } from './doc-line.ts';
import type { DocFrames } from './fuzz-docs.ts';
import type { Frames } from './fuzz-frames.ts';

/* Lines that send what nobody should, and go on when they are thrown out. */

export interface Findings {
  /** Frames sent on open lines. Where one costs the line before the last of its group, the rest is not read. */
  sent: number;
  /** Lines the hub closed. */
  closed: number;
  /** What must not happen, with the frames that made it happen. */
  wrong: string[];
}

type Outcome = 'answered' | 'closed' | 'silent';

interface Line {
  /** Sends the frames and then something that must be answered; resolves with what became of that. */
  send: (frames: readonly (string | Uint8Array)[], patience: number) => Promise<Outcome>;
  close: () => void;
}

/** What a kind of line has a right to after a frame that `ends`, and what after all others. */
interface Manners {
  ends: readonly Outcome[];
  others: readonly Outcome[];
}

const GROUP = 12;
const PATIENCE = 10_000; // ms; a hub that does not answer for so long is held up
const AFTER_AN_END = 400; // ms; a packet may also end the conversation and leave the line open
const SOCKETS: Manners = { ends: ['answered', 'closed', 'silent'], others: ['answered'] };
/** Whoever has sent twenty edits that build on nothing is closed, too. */
const TEXTS: Manners = { ends: ['answered', 'closed'], others: ['answered', 'closed'] };
/** What a client says that has nothing the hub lacks: whatever was held for its answer is over. */
const NOTHING_MORE = frameOf([0, 1], Uint8Array.of(0, 0));

/** `42…` over Engine.IO, whatever is asked; what comes back as `internal` or `storage` is found. */
async function engineLine(given: { url: string; cookie: string; frames: Frames }, wrong: string[]): Promise<Line> {
  const { url, cookie, frames } = given;
  const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const socket = new WebSocket(address, { headers: { cookie, origin: url }, perMessageDeflate: false });
  socket.on('error', () => undefined); // a reset is a close
  await once(socket, 'open');
  let sent: readonly (string | Uint8Array)[] = [];
  let heard: (packet: string) => void = () => undefined;
  socket.on('message', (data: Buffer) => {
    const packet = data.toString();
    if (packet === '2') socket.send('3');
    const failed = packet.startsWith('43') && /"code":"(internal|storage)"/.test(packet.slice(0, 300));
    const ack = /^43(\d+)/.exec(packet)?.[1];
    if (failed) {
      const cause = sent.map(String).find((frame) => frame.startsWith(`42${ack ?? ''}[`)) ?? 'an unknown frame';
      wrong.push(`${packet.slice(0, 120)} after ${cause.slice(0, 400)}`);
    }
    heard(packet);
  });
  const admitted = new Promise<boolean>((resolve) => {
    heard = (packet) => {
      if (packet.startsWith('40')) resolve(true);
    };
    socket.once('close', () => {
      resolve(false);
    });
  });
  socket.send('40');
  await admitted;
  return {
    send: async (group, patience) => {
      sent = group;
      const { data, ack } = frames.barrier();
      const answer = answered(socket, patience, (resolve) => {
        heard = (packet) => {
          if (packet.startsWith(`43${ack}[`)) resolve();
        };
      });
      for (const frame of group) socket.send(frame, { binary: false });
      socket.send(data);
      return answer;
    },
    close: () => {
      socket.terminate();
    },
  };
}

function answered(socket: WebSocket, patience: number, listen: (resolve: () => void) => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => (): void => {
      clearTimeout(late);
      socket.off('close', gone);
      resolve(outcome);
    };
    const gone = settle('closed');
    const late = setTimeout(settle('silent'), patience);
    socket.once('close', gone);
    if (socket.readyState === socket.CLOSED) gone();
    else listen(settle('answered'));
  });
}

async function docLine(given: { url: string; cookie: string; doc: string }): Promise<Line> {
  const socket = await collabSocket(given.url, given.cookie, given.doc);
  let token = 1_000; // two bytes: no generator makes such tokens
  let heard: (receipt: number) => void = () => undefined;
  socket.on('message', (frame: Buffer) => {
    const receipt = receiptOf(frame);
    if (receipt !== undefined) heard(receipt);
  });
  return {
    send: async (group, patience) => {
      const mine = (token = token === 60_000 ? 1_000 : token + 1);
      const answer = answered(socket, patience, (resolve) => {
        heard = (receipt) => {
          if (receipt === mine) resolve();
        };
      });
      for (const frame of group) socket.send(frame);
      socket.send(NOTHING_MORE);
      socket.send(barrierOf(mine));
      return answer;
    },
    close: () => {
      socket.terminate();
    },
  };
}

interface Sent {
  data: string | Uint8Array;
  ends: boolean;
}

const shown = ({ data }: Sent): string =>
  (typeof data === 'string' ? data : Buffer.from(data).toString('base64')).slice(0, 200);

interface Storm {
  open: () => Promise<Line>;
  next: () => Sent;
  manners: Manners;
}

/** One line after the other, until enough was sent by all together. */
async function storm({ open, next, manners }: Storm, found: Findings, enough: number): Promise<void> {
  let line: Line | undefined;
  let isShaken = false; // a packet that ends the conversation may be answered past before it has its effect
  while (found.sent < enough) {
    const group: Sent[] = [];
    while (group.length < GROUP && group.at(-1)?.ends !== true) group.push(next());
    line ??= await open();
    const mayEnd = group.at(-1)?.ends === true;
    const patience = (mayEnd || isShaken) && manners.ends.includes('silent') ? AFTER_AN_END : PATIENCE;
    const outcome = await line.send(group.map(({ data }) => data), patience); // prettier-ignore
    if (!manners[mayEnd || isShaken ? 'ends' : 'others'].includes(outcome))
      found.wrong.push(`a line was ${outcome} after one of ${group.map(shown).join('\n')}`);
    found.sent += group.length;
    isShaken = mayEnd && outcome === 'answered';
    if (outcome === 'answered') continue;
    found.closed++;
    line.close();
    line = undefined;
  }
  line?.close();
}

async function stormAll(storms: readonly Storm[], found: Findings, enough: number): Promise<Findings> {
  await Promise.all(storms.map((one) => storm(one, found, enough)));
  return found;
}

/** A line of Socket.IO for each cookie, until `enough` frames were sent. */
export function stormSockets(
  lines: readonly { url: string; cookie: string; frames: Frames }[],
  enough: number,
): Promise<Findings> {
  const found: Findings = { sent: 0, closed: 0, wrong: [] };
  const storms = lines.map((line) => ({
    open: () => engineLine(line, found.wrong),
    next: line.frames.next,
    manners: SOCKETS,
  }));
  return stormAll(storms, found, enough);
}

/** A line to each document named, until `enough` frames were sent. */
export function stormDocs(
  lines: readonly { url: string; cookie: string; doc: string; frames: DocFrames }[],
  enough: number,
): Promise<Findings> {
  const storms = lines.map((line) => ({ open: () => docLine(line), next: line.frames.next, manners: TEXTS }));
  return stormAll(storms, { sent: 0, closed: 0, wrong: [] }, enough);
}

import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import * as Y from 'yjs';
import { demoId } from '#server/demo/demo.people.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { connect, cookieFor, eventually, newId, type Answer } from './client.ts';
import { openDocLine, type DocLine } from './doc-line.ts';

/* Rooms in which everybody talks without a pause, and a text that somebody writes, while people are removed. */

const REMOVED = ['worker2', 'zhoujianguo', 'liuyulan', 'fengjie', 'xiaolin', 'zengqiang']; // workers of one community
const WRITERS = ['officer', 'denglihua', 'worker'];
const AT_ONCE = Number(process.env['LINLI_TEST_AT_ONCE'] ?? 4); // messages of one writer under way
const TYPED_EVERY = 10; // ms
export const DEADLINE = 60_000; // ms for one thing to happen on a machine that does much else

export interface Person {
  login: string;
  id: string;
  cookie: string;
  /** The appointment they hold. */
  post: string;
}

export type Ask = (name: string, input: object) => Promise<Answer>;

/** The first message on a stream that was sent after a removal had been acknowledged. */
interface Mark {
  since: number;
  first: number | undefined;
}

interface Line {
  ask: Ask;
  leave: () => void;
}

async function lineTo(url: string, cookie: string): Promise<Line> {
  const socket = await connect(url, cookie);
  return {
    ask: async (name, input) => {
      const until = performance.now() + DEADLINE;
      for (;;) {
        const answer = (await socket.timeout(DEADLINE).emitWithAck(name, input)) as Answer;
        if (answer.ok) return answer;
        const retryAfter = answer.error?.['retryAfter'];
        // As an outbox does: again under the same id where the hub says that it may be tried again.
        if (typeof retryAfter !== 'number' || performance.now() > until)
          throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
        await wait(retryAfter * 1_000);
      }
    },
    leave: () => {
      socket.disconnect();
    },
  };
}

export type Load = Awaited<ReturnType<typeof startLoad>>;

/** Rooms by invitation, open ones, and a meeting's text. */
async function furnish(admin: Ask, officer: Ask, people: readonly Person[]) {
  const unit = demoId('unit wenshu');
  const members = [...people.map(({ id }) => id), ...WRITERS.map((login) => demoId(`person ${login}`))];
  const rooms = ['members', 'members', 'members', 'open', 'open'].map((kind) => ({ id: newId(), kind }));
  for (const { id, kind } of rooms) {
    const invited = kind === 'members' && { people: members };
    await admin('forum:create', { id, unit, title: '工作群', kind, ...invited });
  }
  const facts = { unit, title: '居民议事会', body: 'committee', startsAt: '2026-11-24T06:00:00.000Z' };
  const { doc } = await officer('minutes:create', { id: newId(), ...facts });
  const streams = rooms.map(({ id }) => `room:${id}`);
  return { unit, streams, byInvitation: streams.slice(0, 3), doc: String(doc) };
}

/** One who keeps their rights, on every hub: what they have got, everybody there has been sent. */
async function witness(urls: readonly string[], cookie: string, streams: readonly string[]) {
  const seen = new Map<string, number>();
  const sockets = await Promise.all(urls.map((url) => connect(url, cookie)));
  for (const [i, socket] of sockets.entries()) {
    const at = (stream: string): string => `${urls[i] ?? ''} ${stream}`;
    socket.on('stream:event', ({ stream, seq }: WireEvent) => {
      seen.set(at(stream), Math.max(seq, seen.get(at(stream)) ?? 0));
    });
    for (const stream of streams) await socket.emitWithAck('stream:open', { stream, have: Number.MAX_SAFE_INTEGER });
  }
  return {
    has: (url: string, stream: string, seq: number) => (seen.get(`${url} ${stream}`) ?? 0) >= seq,
    leave: () => {
      for (const socket of sockets) socket.disconnect();
    },
  };
}

/** What is written, and who waits for what comes after a removal. */
interface Written {
  over: boolean;
  messages: number;
  marks: Map<string, Set<Mark>>;
  /** Clock of the text before the last edit that was kept. */
  keptFrom: number;
}

/** Talks without end, in one room after the other, and tells every mark what was said after it. */
async function talk(ask: Ask, streams: readonly string[], { from, written }: { from: number; written: Written }) {
  for (let i = from; !written.over; i++) {
    const stream = streams[i % streams.length] ?? '';
    const sent = performance.now();
    const { seq } = await ask('forum:post', { id: newId(), room: stream.slice('room:'.length), text: `第 ${i} 条` });
    written.messages++;
    for (const mark of written.marks.get(stream) ?? [])
      if (sent > mark.since) mark.first = Math.min(Number(seq), mark.first ?? Infinity);
  }
}

const clockOf = ({ doc }: DocLine): number => Y.getState(doc.store, doc.clientID);

/** Types one word after the other and takes old ones away. */
async function type(line: DocLine, written: Written): Promise<void> {
  const fragment = line.doc.getXmlFragment('body:preamble');
  for (let word = 0; !written.over; word++) {
    const before = clockOf(line);
    const kept = await line.edit(() => {
      fragment.insert(fragment.length, [new Y.XmlText(`第 ${word} 句`)]);
      if (fragment.length > 20) fragment.delete(0, 10);
    });
    if (!kept) throw new Error('the text was closed to who keeps writing it');
    written.keptFrom = before;
    await wait(TYPED_EVERY); // nobody types without a pause
  }
}

/** Everybody at work on hubs that share a store. */
export async function startLoad(urls: readonly string[]) {
  const at = (i: number): string => urls[i % urls.length] ?? '';
  const people: Person[] = await Promise.all(
    REMOVED.map(async (login, i) => ({
      ...{ login, id: demoId(`person ${login}`), cookie: await cookieFor(at(i), login) },
      post: demoId(`appointment ${login} worker wenshu`),
    })),
  );
  const cookies = await Promise.all(['admin', ...WRITERS].map((login, i) => cookieFor(at(i), login)));
  const [admin = '', officer = ''] = cookies;
  const admins = await Promise.all(urls.map((url) => lineTo(url, admin)));
  const writers = await Promise.all(cookies.slice(1).map((cookie, i) => lineTo(at(i), cookie)));
  const nobody: Ask = () => Promise.reject(new Error('there is no hub'));
  const scene = await furnish(admins[0]?.ask ?? nobody, writers[0]?.ask ?? nobody, people);
  const watching = await witness(urls, officer, scene.streams);
  const editor = await openDocLine(at(0), officer, scene.doc);
  const written: Written = { over: false, messages: 0, marks: new Map(), keptFrom: 0 };
  const going = Promise.all([
    ...writers.flatMap(({ ask }) =>
      Array.from({ length: AT_ONCE }, (_, from) => talk(ask, scene.streams, { from, written })),
    ),
    type(editor, written),
  ]);

  return {
    ...scene,
    people,
    /** The administrator's word, to the hub of this number. */
    admin: (hub: number): Ask => admins[hub]?.ask ?? nobody,
    /** Rejects when somebody who kept their rights was refused. */
    going,
    messages: () => written.messages,
    /** What the editor has written, by now. */
    typed: () => ({ client: editor.doc.clientID, clock: clockOf(editor) }),

    /** Resolves when messages sent after `since` have come to who may have them on a hub; the first seqs by stream. */
    afterwards: async (url: string, from: readonly string[], since: number): Promise<Map<string, number>> => {
      const typed = clockOf(editor);
      const firstOn = async (stream: string): Promise<[string, number]> => {
        const mark: Mark = { since, first: undefined };
        const marks = written.marks.get(stream) ?? new Set();
        written.marks.set(stream, marks.add(mark));
        await eventually(() => mark.first !== undefined && watching.has(url, stream, mark.first), DEADLINE);
        marks.delete(mark);
        return [stream, mark.first ?? 0];
      };
      const firsts = new Map(await Promise.all(from.map(firstOn)));
      await eventually(() => written.keptFrom >= typed, DEADLINE);
      return firsts;
    },

    stop: async (): Promise<void> => {
      written.over = true;
      await going;
      for (const { leave } of [...admins, ...writers, watching]) leave();
      editor.socket.terminate();
    },
  };
}

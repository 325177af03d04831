import { onTestFinished } from 'vitest';
import { demoId } from '#server/demo/demo.people.ts';
import type { WireEvent } from '#shared/wire/stream.ts';
import { connect, cookieFor, eventually, newId, type Answer } from './client.ts';
import type { Processes } from './processes.ts';

/** Two people in one room, each on a process of their own. */

const WITHIN = 30_000; // ms: a store that reads without indexes shares the machine with three hubs
const UNIT = 'unit wenshu';

/** Somebody on one process; refusals are failures. */
export async function lineOf(url: string, login: string) {
  const cookie = await cookieFor(url, login);
  const socket = await connect(url, cookie);
  onTestFinished(() => {
    socket.disconnect();
  });
  const events: WireEvent[] = [];
  socket.on('stream:event', (event: WireEvent) => events.push(event));
  const ask = async (name: string, input: object): Promise<Answer> => {
    const answer = (await socket.timeout(WITHIN).emitWithAck(name, input)) as Answer;
    if (!answer.ok) throw new Error(`${login} ${name}: ${JSON.stringify(answer.error)}`);
    return answer;
  };
  return { cookie, socket, events, ask };
}

/** A writer on the first process, a reader on the second and one on the last, all in one new room. */
export async function openRoom({ urls }: Processes) {
  const [near = '', far = ''] = urls;
  const admin = await lineOf(near, 'admin');
  const room = newId();
  await admin.ask('forum:create', { id: room, unit: demoId(UNIT), title: '工作群', kind: 'open' });
  const writer = await lineOf(near, 'officer');
  const readers = await Promise.all([lineOf(far, 'worker'), lineOf(urls.at(-1) ?? '', 'worker2')]);
  for (const { ask } of readers) await ask('stream:open', { stream: `room:${room}`, have: 0 });
  return {
    /** Says something and resolves with the ms until it was acknowledged, and from then until all have it. */
    say: async (text: string): Promise<{ acked: number; heard: number }> => {
      const began = performance.now();
      const { seq } = await writer.ask('forum:post', { id: newId(), room, text });
      const then = performance.now();
      const has = ({ events }: { events: WireEvent[] }) => events.some((event) => event.seq === seq && 'data' in event);
      await eventually(() => readers.every(has), WITHIN);
      return { acked: then - began, heard: performance.now() - then };
    },
    /** Every seq that came to each reader, as it came. */
    seqs: () => readers.map(({ events }) => events.map(({ seq }) => seq)),
  };
}

/** A text that two write on two processes. */
export async function openText({ urls }: Processes): Promise<string> {
  const officer = await lineOf(urls[0] ?? '', 'officer');
  const facts = { unit: demoId(UNIT), title: '居民议事会', body: 'committee', startsAt: '2026-11-24T06:00:00.000Z' };
  const { doc } = await officer.ask('minutes:create', { id: newId(), ...facts });
  return String(doc);
}

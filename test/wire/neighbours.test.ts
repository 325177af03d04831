import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import { demoId } from '#server/demo/demo.people.ts';
import { connect, cookieFor, eventually, newId } from '../support/client.ts';
import { openDocLine } from '../support/doc-line.ts';
import { lineOf, openRoom, openText } from '../support/neighbours.ts';
import { startProcesses, type Processes } from '../support/processes.ts';
import { startRedis } from '../support/redis.ts';

/* People of one hub sit on several processes: with Redis they notice nothing of it, without it they wait a little. */

const TOLD = 2_000; // ms from the acknowledgement until it stands on the other processes
const LOOKED = 5_000; // ms for the same where Redis is silent
const MEMBER = 'denglihua'; // nobody waits for what they say
const CLOSED = 1_000; // ms from the end of a session, or a suspension, until its lines are closed elsewhere
const ACKED = 5_000; // ms for one command, whatever Redis does
const QUICK = { times: 5, within: 300 }; // ms: a look at the store is as fast now and then, but not so often

const rounded = (times: readonly number[]): string => times.map((time) => Math.round(time)).join(', ');

function expectAllRunning({ hubs }: Processes): void {
  for (const hub of hubs) expect(hub.isRunning(), hub.errors()).toBe(true);
}

/**
 * Says something until it is heard as fast as only Redis carries it, time after time; the last time, ms. Processes try
 * to reach Redis every two seconds at most.
 */
async function untilQuick(say: (text: string) => Promise<{ heard: number }>): Promise<number> {
  let inRow = 0;
  return eventually(async () => {
    const { heard } = await say('又通了');
    inRow = heard < QUICK.within ? inRow + 1 : 0;
    return inRow === QUICK.times ? heard : undefined;
  }, 60_000);
}

test('what is said on one process is read on the others, at once with Redis, and soon while it stands still or is gone', async () => {
  const processes = await startProcesses(3);
  const { redis } = processes;
  const { say, seqs } = await openRoom(processes);
  const saidTimes = async (count: number) => {
    const times = [];
    for (let i = 0; i < count; i++) times.push(await say(`第 ${i} 条`));
    return { acked: times.map(({ acked }) => acked), heard: times.map(({ heard }) => heard) };
  };
  await untilQuick(say);
  const up = await saidTimes(10);
  redis.stop();
  const still = await saidTimes(5);
  redis.goOn();
  const backAfterStop = await untilQuick(say);
  await redis.kill();
  const gone = await saidTimes(5);
  const again = await startRedis(process.env['LINLI_TEST_INSTALLED'] ?? '', Number(new URL(redis.url).port));
  onTestFinished(again.kill);
  const backAfterDeath = await untilQuick(say);
  console.log(
    `heard within ms: Redis up ${rounded(up.heard)}; still ${rounded(still.heard)}; gone ${rounded(gone.heard)};`,
    `back ${rounded([backAfterStop, backAfterDeath])}; acknowledged in ${rounded([...still.acked, ...gone.acked])}`,
  );
  expect(Math.max(...up.heard)).toBeLessThan(TOLD);
  expect(Math.max(...still.heard, ...gone.heard)).toBeLessThan(LOOKED);
  expect(Math.max(...up.acked, ...still.acked, ...gone.acked)).toBeLessThan(ACKED);
  for (const seen of seqs()) expect(seen).toEqual(seen.map((_, i) => (seen[0] ?? 0) + i)); // each once, in order
  expectAllRunning(processes);
});

/** A page on one process, until something is done to it on another; ms from then until its socket and its text are closed. */
async function closedElsewhere(
  { urls: [here = '', there = ''] }: Processes,
  doc: string,
  end: (here: string, cookie: string) => Promise<unknown>,
): Promise<number[]> {
  const cookie = await cookieFor(here, MEMBER);
  const socket = await connect(there, cookie);
  const line = await openDocLine(there, cookie, doc);
  const closed: number[] = [];
  socket.once('disconnect', () => closed.push(performance.now()));
  line.socket.once('close', () => closed.push(performance.now()));
  await end(here, cookie);
  const since = performance.now();
  await eventually(() => closed.length === 2, 30_000);
  return closed.map((at) => Math.max(0, at - since));
}

async function signOut(here: string, cookie: string): Promise<void> {
  const headers = { cookie, origin: here, 'x-linli': '1' };
  const answer = await fetch(`${here}/api/session`, { method: 'DELETE', headers });
  expect(answer.status).toBe(200);
}

test('who is suspended on one process does not come in on another, who is let back in does, at once and without Redis', async () => {
  const processes = await startProcesses(2);
  const { urls, way } = processes;
  way.cut(true); // between the last process and Redis
  const [here = '', there = ''] = urls;
  const { ask } = await lineOf(here, 'admin');
  const person = demoId('person worker2');
  for (let i = 0; i < 5; i++) {
    await ask('people:suspend', { id: newId(), person, reason: '停用' });
    await expect(cookieFor(there, 'worker2')).rejects.toThrow('unauthenticated');
    await ask('people:reactivate', { id: newId(), person, reason: '复用' });
    await cookieFor(there, 'worker2');
  }
  expectAllRunning(processes);
});

test('a session that ends on one process, and whoever is suspended, is closed on the others within a second, with Redis, while it dies, and without', async () => {
  const processes = await startProcesses(2);
  const doc = await openText(processes);
  const { say } = await openRoom(processes);
  const { ask } = await lineOf(processes.urls[0] ?? '', 'admin');
  const person = demoId(`person ${MEMBER}`);
  const suspend = () => ask('people:suspend', { id: newId(), person, reason: '停用' });
  const bothWays = async (): Promise<number[]> => {
    const ended = await closedElsewhere(processes, doc, signOut);
    const suspended = await closedElsewhere(processes, doc, suspend);
    await ask('people:reactivate', { id: newId(), person, reason: '复用' });
    return [...ended, ...suspended];
  };
  await untilQuick(say);
  const up = await bothWays();
  // Silent, and for two seconds and a half nobody can know: its connections stand. Then known to be away.
  processes.redis.stop();
  const silent = await closedElsewhere(processes, doc, signOut);
  processes.redis.goOn();
  await untilQuick(say);
  processes.redis.stop();
  silent.push(...(await closedElsewhere(processes, doc, suspend)));
  await ask('people:reactivate', { id: newId(), person, reason: '复用' });
  processes.redis.goOn();
  await processes.redis.kill();
  const gone = await bothWays();
  console.log(`closed elsewhere within ms: Redis up ${rounded(up)}; silent ${rounded(silent)}; gone ${rounded(gone)}`);
  expect(Math.max(...up, ...silent, ...gone)).toBeLessThan(CLOSED);
  expectAllRunning(processes);
});

const wordsOf = (doc: Y.Doc): string => doc.getXmlFragment('body:preamble').toJSON();

test('two who write in one text on two processes see each other’s words and end with the same text', async () => {
  const processes = await startProcesses(2);
  const id = await openText(processes);
  const lines = await Promise.all(
    ['officer', 'denglihua'].map(async (login, i) => {
      const url = processes.urls[i] ?? '';
      const line = await openDocLine(url, (await lineOf(url, login)).cookie, id);
      onTestFinished(() => {
        line.socket.terminate();
      });
      return line;
    }),
  );
  const write = async (i: number, word: string): Promise<void> => {
    const kept = await lines[i]?.edit((doc) => {
      const fragment = doc.getXmlFragment('body:preamble');
      fragment.insert(0, [new Y.XmlText(word)]);
    });
    expect(kept).toBe(true);
  };
  const shownIn = async (i: number, word: string): Promise<number> => {
    const since = performance.now();
    await eventually(() => wordsOf(lines[i]?.doc ?? new Y.Doc()).includes(word), 30_000);
    return performance.now() - since;
  };
  await write(0, '甲先写');
  const first = await shownIn(1, '甲先写');
  await processes.redis.kill();
  await write(1, '乙后写');
  const second = await shownIn(0, '乙后写');
  console.log(
    `an edit was shown on the other process within ms: Redis up ${rounded([first])}; gone ${rounded([second])}`,
  );
  await Promise.all(lines.map(async (_, who) => {
    for (let n = 0; n < 20; n++) await write(who, `${who}-${n};`);
  })); // prettier-ignore
  const [mine, theirs] = lines.map(({ doc }) => doc);
  await eventually(() => mine !== undefined && theirs !== undefined && wordsOf(mine) === wordsOf(theirs), 30_000);
  for (let n = 0; n < 20; n++) for (const who of [0, 1]) expect(wordsOf(mine ?? new Y.Doc())).toContain(`${who}-${n};`);
  expect(first).toBeLessThan(TOLD);
  expect(second).toBeLessThan(LOOKED);
  expectAllRunning(processes);
});

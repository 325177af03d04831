import { setTimeout as wait } from 'node:timers/promises';
import { makeCrowd, startBare, startHub, type Crowd } from './hub.ts';
import { connectAll, connectMember, textOf, type Member } from './member.ts';
import type { Subject } from './process.ts';
import { median, print, spread } from './table.ts';

const MEMBERS = 1_000;
const SENDERS = 4; // in turn
const UNDER_WAY = 8; // messages: the next leaves when everybody has one and it is acknowledged
const WARM_UP = 1_500; // ms
const WINDOW = 5_000; // ms
const LAST = 10_000; // ms for what is under way at the end

interface Messages {
  heard: (member: number, n: number) => void;
  /** Sends until `stop`, and resolves when nothing is under way any more. */
  run: (send: (n: number) => Promise<void>) => Promise<void>;
  stop: () => void;
  delivered: () => number;
  count: () => { sent: number; missing: number; doubled: number };
}

/** The closed loop, and who has had what. */
function createMessages(members: number): Messages {
  const had: Uint8Array[] = [];
  const open = new Map<number, { left: number; done: () => void }>();
  let delivered = 0;
  let doubled = 0;
  let running = true;
  const one = async (send: (n: number) => Promise<void>): Promise<void> => {
    while (running) {
      const n = had.push(new Uint8Array(members)) - 1;
      const everybody = new Promise<void>((done) => open.set(n, { left: members, done }));
      await send(n);
      await Promise.race([everybody, wait(LAST, undefined, { ref: false })]);
    }
  };
  return {
    heard: (member, n) => {
      const marks = had[n];
      const message = open.get(n);
      if (marks === undefined || marks[member] === 1) {
        doubled++;
        return;
      }
      marks[member] = 1;
      delivered++;
      if (message !== undefined && --message.left === 0) {
        open.delete(n);
        message.done();
      }
    },
    run: async (send) => {
      await Promise.all(Array.from({ length: UNDER_WAY }, () => one(send)));
    },
    stop: () => (running = false),
    delivered: () => delivered,
    count: () => ({ sent: had.length, missing: [...open.values()].reduce((sum, { left }) => sum + left, 0), doubled }),
  };
}

interface Way {
  name: string;
  start: () => Promise<Subject>;
  cookie?: (i: number) => string;
  join: (member: Member) => Promise<string>;
  send: (member: Member, n: number) => Promise<string>;
}

interface Figures {
  perCpuSecond: number;
  perSecond: number;
  /** Of one core. */
  load: number;
  wrong: number;
  sent: number;
}

async function measure(way: Way): Promise<Figures> {
  const subject = await way.start();
  const messages = createMessages(MEMBERS);
  let lost = 0;
  const members = await connectAll(MEMBERS, async (i) => {
    const cookie = way.cookie?.(i);
    const heard = (n: number): void => {
      messages.heard(i, n);
    };
    const member = await connectMember({ url: subject.url, heard, lost: () => lost++, ...(cookie !== undefined && { cookie }) }); // prettier-ignore
    await way.join(member);
    return member;
  });
  let refused = 0;
  const running = messages.run(async (n) => {
    const sender = members[n % SENDERS];
    if (sender === undefined) throw new Error('nobody to send');
    const reply = await way.send(sender, n);
    if (!reply.includes('"ok":true')) refused++;
  });
  await wait(WARM_UP);
  const from = { cpu: subject.cpu(), delivered: messages.delivered(), at: performance.now() };
  await wait(WINDOW);
  const cpu = subject.cpu() - from.cpu;
  const delivered = messages.delivered() - from.delivered;
  const seconds = (performance.now() - from.at) / 1000;
  messages.stop();
  await running;
  const { sent, missing, doubled } = messages.count();
  for (const member of members) member.close();
  await subject.stop();
  const wrong = missing + doubled + refused + lost;
  return { perCpuSecond: delivered / cpu, perSecond: delivered / seconds, load: cpu / seconds, wrong, sent };
}

const bare: Way = {
  name: 'bare Socket.IO, nothing stored',
  start: startBare,
  join: (member) => member.ask('join', 'room'),
  send: (member, n) => member.ask('pub', { room: 'room', from: 'load0001', t: Date.now(), body: textOf(n) }),
};

/** The same with packets of the hub's size: tells what the format costs from what the work costs. */
const bareLarge: Way = {
  ...bare,
  name: 'the same, packets of Linli’s size',
  send: (member, n) => member.ask('pub', { room: 'room', body: textOf(n), hash: '0'.repeat(64), prev: '0'.repeat(64), ids: '0'.repeat(150) }), // prettier-ignore
};

const linli = (crowd: Crowd): Way => ({
  name: 'Linli, durable before the ack',
  start: () => startHub(crowd),
  cookie: (i) => crowd.cookies[i % crowd.cookies.length] ?? '',
  join: (member) => member.ask('stream:open', { stream: `room:${crowd.room}`, have: 0 }),
  send: (member, n) => member.ask('forum:post', { id: crypto.randomUUID(), room: crowd.room, text: textOf(n) }),
});

/** Durable chat to one room of 1,000 against a Socket.IO server that stores nothing. */
export async function fanout(passes: number): Promise<void> {
  const crowd = await makeCrowd(MEMBERS);
  const ways = [bare, bareLarge, linli(crowd)];
  const figures = new Map(ways.map(({ name }) => [name, [] as Figures[]]));
  for (let pass = 0; pass < passes; pass++) {
    for (const way of ways) figures.get(way.name)?.push(await measure(way)); // in turn: a noisy minute hits all
  }
  await crowd.remove();
  const reference = figures.get(bare.name) ?? [];
  const rows = [...figures].map(([name, all]) => [
    name,
    spread(all.map(({ perCpuSecond }) => perCpuSecond)),
    `${median(all.map(({ perCpuSecond }, i) => perCpuSecond / (reference[i]?.perCpuSecond ?? NaN))).toFixed(2)}×`,
    spread(all.map(({ perSecond }) => perSecond)),
    `${median(all.map(({ load }) => load * 100)).toFixed(0)} %`,
    String(all.reduce((sum, { sent }) => sum + sent, 0)),
    String(all.reduce((sum, { wrong }) => sum + wrong, 0)),
  ]);
  console.log(`fanout: 1 room × ${MEMBERS} sockets, ${UNDER_WAY} messages under way, ${passes} passes`);
  print(['subject', 'deliveries/CPU-s', 'ratio', 'deliveries/s', 'of a core', 'messages', 'missing or doubled'], rows);
}

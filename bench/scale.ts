import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { uuidv7 } from '#shared/wire/ids.ts';
import { seedStore, signIn, startDemo } from './hub.ts';
import { connectMember, type Member } from './member.ts';
import type { Subject } from './process.ts';
import { percentile, print, spread } from './table.ts';

/*
 * The same street a hundred times over: what a user waits for must not grow with it. There are two small stores, since
 * 10,000 messages are either rooms as long as the large store's, or as many rooms as its reader has.
 */
const STORES = {
  large: { load: 'rooms=2000,members=5,messages=500,incidents=50000', rooms: 200 },
  long: { load: 'rooms=20,members=5,messages=500,incidents=500', rooms: 20 },
  wide: { load: 'rooms=200,members=5,messages=50,incidents=500', rooms: 200 },
} as const;
type Name = keyof typeof STORES;

const UNREAD = 20; // messages in each of the reader's rooms
const ROUNDS = 200; // of each question, the sides in turn
const STARTS = 5;
const RARE = '第12345号';
const COMMON = '电梯故障';

/** A hub on one of the stores, and the people who ask it. */
interface Side {
  hub: Subject;
  reader: string;
  officer: string;
  unit: string;
  /** Those the reader is a member of, each with its head. */
  rooms: { id: string; head: number }[];
  member: Member;
}

interface Question {
  name: string;
  /** The small store it is compared with. */
  beside: Exclude<Name, 'large'>;
  rounds?: number;
  ask: (side: Side, n: number) => Promise<unknown>;
}

const nothing = (): void => undefined;

async function get<T>({ url }: Subject, cookie: string, where: string): Promise<T> {
  const response = await fetch(`${url}/api/${where}`, { headers: { cookie } });
  const answer = (await response.json()) as T;
  if (!response.ok) throw new Error(`${where}: ${JSON.stringify(answer)}`);
  return answer;
}

async function post({ url }: Subject, cookie: string, where: string, input: object): Promise<void> {
  const response = await fetch(`${url}/api/${where}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'x-linli': '1', cookie },
    body: JSON.stringify(input),
  });
  if (!response.ok && response.status !== 422) throw new Error(`${where}: ${await response.text()}`); // 422: done before
}

async function askSocket<T>(member: Member, name: string, input: object): Promise<T> {
  const reply = await member.ask(name, input);
  const [answer] = JSON.parse(reply.slice(reply.indexOf('['))) as [T & { ok: boolean }];
  if (!answer.ok) throw new Error(`${name}: ${reply.slice(0, 200)}`);
  return answer;
}

/** Ids of the rooms by invitation in a unit, as its stream tells of them, in the order they were opened. */
async function roomsOf(member: Member, unit: string, wanted: number): Promise<string[]> {
  const rooms: string[] = [];
  for (let from = 1; rooms.length < wanted; from += 200) {
    const range = { stream: `unit:${unit}`, from, to: from + 199 };
    const { events } = await askSocket<{ events: { type: string; data: { room: string } }[] }>(
      member,
      'stream:range',
      range,
    );
    if (events.length === 0) throw new Error(`only ${rooms.length} rooms`);
    for (const { type, data } of events) if (type === 'forum.opened') rooms.push(data.room);
  }
  return rooms;
}

/** Starts the hub and makes its reader a member of `count` rooms, spread over all, with a few unread messages in each. */
async function openSide(folder: string, count: number, all: number): Promise<Side> {
  const hub = await startDemo(folder);
  const [reader, officer, admin] = await Promise.all(
    ['load0001', 'deputy', 'admin'].map((who) => signIn(hub.url, who)),
  );
  if (reader === undefined || officer === undefined || admin === undefined) throw new Error('nobody signed in');
  const { user } = await get<{ user: { id: string; appointments: { unit: { id: string } }[] } }>(
    hub,
    reader,
    'people/me',
  );
  const unit = user.appointments[0]?.unit.id ?? '';
  const member = await connectMember({ url: hub.url, cookie: reader, heard: nothing, lost: nothing });
  const ids = await roomsOf(member, unit, all);
  for (let i = 0; i < all; i += all / count) {
    const id = uuidv7(Date.now(), randomBytes(16));
    await post(hub, admin, 'forum/invite', { id, room: ids[i], person: user.id });
  }
  const { rooms } = await get<{ rooms: { id: string; head: number; unit: string }[] }>(hub, reader, 'forum/rooms');
  const inUnit = rooms.filter((room) => room.unit === unit);
  for (const { id: room, head } of inUnit) await post(hub, reader, 'forum/mark-read', { room, seq: head - UNREAD });
  return { hub, reader, officer, unit, rooms: inUnit, member };
}

const roomAt = ({ rooms }: Side, n: number): { id: string; head: number } =>
  rooms[(n * 7919) % rooms.length] ?? { id: '', head: 0 };

const QUESTIONS: Question[] = [
  {
    name: 'open a room, newest 50',
    beside: 'long',
    ask: async (side, n) => {
      const { id, head } = roomAt(side, n);
      await askSocket(side.member, 'stream:open', { stream: `room:${id}`, have: head - 50 });
      await askSocket(side.member, 'stream:close', { stream: `room:${id}` });
    },
  },
  {
    name: 'page back, 50 messages',
    beside: 'long',
    ask: (side, n) => {
      const { id, head } = roomAt(side, n);
      return get(side.hub, side.reader, `forum/messages?room=${id}&limit=50&before=${51 + ((n * 31) % (head - 50))}`);
    },
  },
  {
    name: 'search a room, a word of every eighth message',
    beside: 'long',
    ask: (side, n) => get(side.hub, side.reader, `forum/search?limit=50&q=${COMMON}&room=${roomAt(side, n).id}`),
  },
  {
    name: 'search all rooms, a number said nearly never',
    beside: 'wide',
    rounds: 50,
    ask: (side) => get(side.hub, side.reader, `forum/search?limit=50&q=${RARE}`),
  },
  {
    name: 'search all rooms, a word of every eighth message',
    beside: 'wide',
    rounds: 50,
    ask: (side) => get(side.hub, side.reader, `forum/search?limit=50&q=${COMMON}`),
  },
  {
    name: 'unread in 200 rooms',
    beside: 'wide',
    rounds: 50,
    ask: (side) => get(side.hub, side.reader, 'forum/rooms'),
  },
  {
    name: 'board, open, by heat',
    beside: 'long',
    ask: (side) => get(side.hub, side.officer, `incidents/feed?unit=${side.unit}&limit=50`),
  },
  {
    name: 'board, one state, by due, second page',
    beside: 'long',
    ask: async (side) => {
      const where = `incidents/feed?unit=${side.unit}&state=flagged&sort=due&limit=50`;
      const { cursor } = await get<{ cursor: string }>(side.hub, side.officer, where);
      await get(side.hub, side.officer, `${where}&cursor=${encodeURIComponent(cursor)}`);
    },
  },
];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function compare(sides: Record<Name, Side>): Promise<void> {
  const table: string[][] = [];
  for (const { name, beside, rounds = ROUNDS, ask } of QUESTIONS) {
    const small: number[] = [];
    const large: number[] = [];
    for (let n = 0; n < rounds; n++) {
      small.push(await timed(() => ask(sides[beside], n)));
      large.push(await timed(() => ask(sides.large, n)));
    }
    const at = (values: number[]): string =>
      `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.95).toFixed(1)}`;
    const ratio = (share: number): string => `${(percentile(large, share) / percentile(small, share)).toFixed(2)}×`;
    table.push([name, at(small), at(large), ratio(0.5), ratio(0.95)]);
  }
  print(['question', '10,000: p50 / p95 ms', '1,000,000: p50 / p95 ms', 'p50', 'p95'], table);
}

/**
 * What a user waits for at 1,000,000 messages in 2,000 rooms and 50,000 incidents, against 10,000 and 500. Making the
 * large store takes a quarter of an hour; with LINLI_BENCH_STORES=<folder> the stores are kept there for the next run.
 */
export async function scale(): Promise<void> {
  const kept = process.env['LINLI_BENCH_STORES'];
  const root = kept ?? (await mkdtemp(path.join(tmpdir(), 'linli-bench-')));
  const names = Object.keys(STORES) as Name[];
  for (const name of names) {
    const folder = path.join(root, name);
    if (!existsSync(folder)) await seedStore(folder, STORES[name].load);
  }
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const hub = await startDemo(path.join(root, 'large'));
    starts.push(hub.startedIn);
    await hub.stop();
  }
  console.log(`scale: the large store listens after ${spread(starts)} ms, ${STARTS} starts`);
  const opened = await Promise.all(
    names.map(async (name) => {
      const all = Number(/rooms=(\d+)/.exec(STORES[name].load)?.[1]);
      return [name, await openSide(path.join(root, name), STORES[name].rooms, all)] as const;
    }),
  );
  const sides = Object.fromEntries(opened) as Record<Name, Side>;
  await compare(sides);
  for (const { hub, member } of Object.values(sides)) {
    member.close();
    await hub.stop();
  }
  if (kept === undefined) await rm(root, { recursive: true, force: true });
}

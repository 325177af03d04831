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
  large: { load: 'rooms=2000,members=5,messages=500,incidents=50000' },
  long: { load: 'rooms=20,members=5,messages=500,incidents=500' },
  wide: { load: 'rooms=200,members=5,messages=50,incidents=500' },
} as const;
type Name = keyof typeof STORES;

const ROOMS = 200; // of the reader
const UNREAD = 20; // messages in each of them
const READERS = 10;
const ROUNDS = 200; // of each question, the sides in turn
const STARTS = 5;
const RARE = '第12345号'; // of the number nobody says
const COMMON = '电梯故障';

/** A hub on one of the stores, and the people who ask it. */
interface Side {
  hub: Subject;
  /** Of 200 rooms, each with a few messages that are new to them. */
  reader: string;
  officer: string;
  unit: string;
  /**
   * People, each in a room they have always been in: of 500 messages in the large store and in the long one, and of as
   * many rooms on either side, or one side would read more pages for the first time than the other.
   */
  readers: { cookie: string; member: Member; room: string; head: number }[];
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

interface Me {
  user: { id: string; appointments: { unit: { id: string } }[] };
}
interface Room {
  id: string;
  head: number;
  kind: string;
}

const newId = (): string => uuidv7(Date.now(), randomBytes(16));
const loginOf = (n: number): string => `load${String(n).padStart(4, '0')}`;
const roomsOf = async (hub: Subject, cookie: string): Promise<Room[]> =>
  (await get<{ rooms: Room[] }>(hub, cookie, 'forum/rooms')).rooms.filter(({ kind }) => kind === 'members');

/** Opens the reader's rooms with somebody who writes in them: like the store's own, from the same few words. */
async function fillRooms(hub: Subject, { reader, writer }: { reader: string; writer: string }): Promise<void> {
  const admin = await signIn(hub.url, 'admin');
  const people = await Promise.all([reader, writer].map(async (one) => (await get<Me>(hub, one, 'people/me')).user));
  const unit = people[0]?.appointments[0]?.unit.id;
  for (let n = (await roomsOf(hub, reader)).length; n < ROOMS; n++) {
    const room = newId();
    const facts = { title: `第 ${n} 组`, kind: 'members', people: people.map(({ id }) => id) };
    await post(hub, admin, 'forum/create', { id: room, unit, ...facts });
    for (let said = 0; said < UNREAD; said++) {
      const what = said % 8 === 0 ? COMMON : '路灯不亮';
      await post(hub, writer, 'forum/post', {
        id: newId(),
        room,
        text: `头福街${n}号院${what}，下午去看，第${said}号。`,
      });
    }
  }
}

/** Starts the hub; makes what the questions need unless it was kept from an earlier run. */
async function openSide(folder: string): Promise<Side> {
  const hub = await startDemo(folder);
  const officer = await signIn(hub.url, 'deputy');
  const readers: Side['readers'] = [];
  for (let n = 0; n < READERS; n++) {
    const cookie = await signIn(hub.url, loginOf(n * 5 + 2));
    const member = await connectMember({ url: hub.url, cookie, heard: nothing, lost: nothing });
    const [first] = await roomsOf(hub, cookie);
    if (first !== undefined) readers.push({ cookie, member, room: first.id, head: first.head });
  }
  const [reader, writer] = [await signIn(hub.url, loginOf(3)), await signIn(hub.url, loginOf(4))];
  await fillRooms(hub, { reader, writer });
  const { user } = await get<Me>(hub, reader, 'people/me');
  return { hub, reader, officer, unit: user.appointments[0]?.unit.id ?? '', readers };
}

function readerAt({ readers }: Side, n: number): Side['readers'][number] {
  const found = readers[n % readers.length];
  if (found === undefined) throw new Error('nobody reads');
  return found;
}

const QUESTIONS: Question[] = [
  {
    name: 'open a room, newest 50',
    beside: 'long',
    ask: async (side, n) => {
      const { member, room, head } = readerAt(side, n);
      await askSocket(member, 'stream:open', { stream: `room:${room}`, have: head - 50 });
      await askSocket(member, 'stream:close', { stream: `room:${room}` });
    },
  },
  {
    name: 'page back, 50 messages',
    beside: 'long',
    ask: (side, n) => {
      const { cookie, room, head } = readerAt(side, n);
      return get(side.hub, cookie, `forum/messages?room=${room}&limit=50&before=${52 + ((n * 31) % (head - 52))}`);
    },
  },
  {
    name: 'search a room, a word of every eighth message',
    beside: 'long',
    ask: (side, n) => {
      const { cookie, room } = readerAt(side, n);
      return get(side.hub, cookie, `forum/search?limit=50&q=${COMMON}&room=${room}`);
    },
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

/** Asks both sides in turn, so that whatever else the machine does befalls both. */
async function askBoth({ beside, rounds = ROUNDS, ask }: Question, sides: Record<Name, Side>) {
  const small: number[] = [];
  const large: number[] = [];
  for (let n = 0; n < rounds; n++) {
    small.push(await timed(() => ask(sides[beside], n)));
    large.push(await timed(() => ask(sides.large, n)));
  }
  return { small, large };
}

/**
 * Every question is asked twice over. The first time its pages may have to come from the disk, which the small store,
 * some 100 MB, spares nearly everybody; that is told apart, and growth is read off what comes after.
 */
async function compare(sides: Record<Name, Side>): Promise<void> {
  const both = (values: number[]): string =>
    `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.95).toFixed(1)}`;
  const table: string[][] = [];
  for (const question of QUESTIONS) {
    const first = await askBoth(question, sides);
    const { small, large } = await askBoth(question, sides);
    const growth = (share: number): string => `${(percentile(large, share) / percentile(small, share)).toFixed(2)}×`;
    table.push([question.name, both(small), both(large), growth(0.5), growth(0.95), both(first.large)]);
  }
  const large = '1,000,000: p50 / p95 ms';
  print(['question', '10,000: p50 / p95 ms', large, 'p50', 'p95', 'asked for the first time'], table);
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
  const opened = await Promise.all(names.map(async (name) => [name, await openSide(path.join(root, name))] as const));
  const sides = Object.fromEntries(opened) as Record<Name, Side>;
  await compare(sides);
  for (const { hub, readers } of Object.values(sides)) {
    for (const { member } of readers) member.close();
    await hub.stop();
  }
  if (kept === undefined) await rm(root, { recursive: true, force: true });
}

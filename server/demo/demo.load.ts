import type { App } from '#server/app.ts';
import { hashPassword } from '#server/people/people.passwords.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { DEMO_PASSWORD } from './demo.cast.ts';
import { newId } from '#server/platform/crypto.ts';
import { demoId } from './demo.people.ts';
import { createRandom, type Random } from './random.ts';

export interface Load {
  rooms: number;
  /** Of each room. */
  members: number;
  /** In each room. */
  messages?: number | undefined;
  /** Flagged in the unit. */
  incidents?: number | undefined;
}

const UNIT = { code: 'load', name: '压力测试社区', level: 'community' } as const;
const MAX_PEOPLE = 5_000;
const AT_ONCE = 200; // writes under way: the store makes one commit of what is waiting

const numbered = (name: string, n: number): string => `${name}${String(n).padStart(4, '0')}`;
const personId = (n: number): string => demoId(`person ${numbered('load', n)}`);

async function inBatches(count: number, one: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 1; from <= count; from += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - from + 1);
    await Promise.all(Array.from({ length }, (_, i) => one(from + i)));
  }
}

/** Everybody has a post in the unit itself. */
async function enrolAll(app: App, admin: Actor, unit: string, people: number): Promise<void> {
  const hash = await hashPassword(DEMO_PASSWORD); // once: all share it
  const { people: service } = app.features;
  await inBatches(people, async (n) => {
    const person = personId(n);
    const login = numbered('load', n);
    await service.enrolHashed(admin, unit, { id: person, login, name: `测试员${n}`, hash });
    await service.appoint(admin, { id: demoId(`appointment ${login}`), unit, person, role: 'worker' });
  });
}

/**
 * People and rooms for load tests, in a unit of their own: `rooms` rooms by invitation with `members` members each.
 * Member k of room r is person ((r − 1) · members + k) modulo the people there are, `most` at most. Does nothing to a
 * store that has them. `messages` and `incidents` fill it. When it resolves the read models have all of it: the first
 * query waits for nothing.
 */
export async function seedLoad(app: App, load: Load, most = MAX_PEOPLE): Promise<void> {
  const { rooms, members } = load;
  const { directory, forum, people: service } = app.features;
  if (directory.unitByCode(UNIT.code) !== undefined) return;
  const admin = directory.actor(demoId('person admin'));
  const street = directory.unitByCode('qingyang-street');
  if (admin === undefined || street === undefined) throw new Error('the demo is not there');
  const unit = demoId('unit load');
  await service.createUnit(admin, { id: unit, parent: street.id, ...UNIT });
  const people = Math.min(most, rooms * members);
  await enrolAll(app, admin, unit, people);
  await inBatches(rooms, (r) => {
    const inside = Array.from({ length: members }, (_, k) => personId((((r - 1) * members + k) % people) + 1));
    const title = numbered('load-', r);
    return forum.create(admin, { id: demoId(`room ${title}`), unit, title, kind: 'members', people: inside });
  });
  await app.consumers.settled();
  if (load.messages !== undefined) await talk(app, load, people);
  if (load.incidents !== undefined) await flagAll(app, unit, load.incidents);
}

const PAUSE_EVERY = 5_000; // messages: the read models come along, or what waits for them fills the memory

/** Everybody in turn, a message in every room at a time. */
async function talk(app: App, { rooms, members, messages = 0 }: Load, people: number): Promise<void> {
  const { directory, forum } = app.features;
  const random = createRandom(1122);
  let said = 0;
  for (let n = 0; n < messages; n++) {
    await inBatches(rooms, async (r) => {
      const author = directory.actor(personId((((r - 1) * members + (n % members)) % people) + 1));
      if (author === undefined) throw new Error(`nobody speaks in room ${r}`);
      const room = demoId(`room ${numbered('load-', r)}`);
      await forum.post(author, { id: newId(), room, text: sentence(random) });
      if (++said % PAUSE_EVERY === 0) await app.consumers.settled();
    });
  }
  await app.consumers.settled();
}

const WHAT = [
  '停水',
  '路灯不亮',
  '电梯故障',
  '垃圾未清运',
  '井盖松动',
  '夜间噪音',
  '医保缴费',
  '独居老人探访',
] as const;
const WHERE = ['金马街', '白云寺街', '八宝街', '头福街', '五岳宫街', '文殊院街'] as const;
const DONE = ['已经联系物业', '下午去看', '网格员在现场', '明早复查', '居民已告知', '等抢修队答复'] as const;

const sentence = (random: Random): string =>
  `${random.pick(WHERE)}${random.below(200) + 1}号院${random.below(9) + 1}单元${random.pick(WHAT)}，${random.pick(DONE)}，第${random.below(100_000)}号。`;

/** By the street's officer, in the unit that the load has. */
async function flagAll(app: App, unit: string, incidents: number): Promise<void> {
  const { directory, incidents: feature } = app.features;
  const officer = directory.actor(demoId('person deputy'));
  if (officer === undefined) throw new Error('nobody to flag');
  const random = createRandom(2211);
  await inBatches(incidents, async (n) => {
    const facts = { title: `${random.pick(WHERE)}${random.pick(WHAT)}（${n}）`, what: sentence(random) };
    await feature.service.flag(officer, { id: newId(), unit, ...facts });
    if (n % PAUSE_EVERY === 0) await app.consumers.settled();
  });
  await app.consumers.settled();
}

import type { App } from '#server/app.ts';
import { hashPassword } from '#server/people/people.passwords.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { DEMO_PASSWORD } from './demo.cast.ts';
import { demoId } from './demo.people.ts';

export interface Load {
  rooms: number;
  /** Of each room. */
  members: number;
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
 * store that has them. When it resolves the read models have them too: the first query waits for nothing.
 */
export async function seedLoad(app: App, { rooms, members }: Load, most = MAX_PEOPLE): Promise<void> {
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
}

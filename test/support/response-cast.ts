import type { Column, Role } from '#shared/people/people.policy.ts';
import type { Actor } from '#shared/people/people.rules.ts';
import { newId } from '#server/platform/crypto.ts';

/* The units and people around the responses feature under test. */

const DISTRICT = { id: newId(), code: 'qingyangqu', name: '青羊区', level: 'district' as const, parent: null };
export const STREET = {
  id: newId(),
  code: 'qingyang',
  name: '青羊街道',
  level: 'street' as const,
  parent: DISTRICT.id,
};
export const HOOD = { id: newId(), code: 'wenshu', name: '文殊社区', level: 'community' as const, parent: STREET.id };
const AWAY = { id: newId(), code: 'jinjiang', name: '锦江街道', level: 'street' as const, parent: null };
export const UNITS = [DISTRICT, STREET, HOOD, AWAY];

export const pathOf = (unit: string): string[] => {
  const found = UNITS.find((one) => one.id === unit);
  return found === undefined ? [] : [unit, ...(found.parent === null ? [] : pathOf(found.parent))];
};

const POSTS: Partial<Record<Column, string>> = { spokesperson: '新闻发言人', approver: '审签人', officer: '信息员' };

function somebody(name: string, role: Role, unit: { id: string; name: string }) {
  const person = newId();
  const post = { role, unit: unit.id, path: pathOf(unit.id), from: '2020-01-01T00:00:00Z', until: null };
  const actor: Actor = { person, appointments: [post], delegations: [] };
  return { actor, card: { name, post: POSTS[role] ?? role, unitName: unit.name } };
}

export const CAST = {
  officer: somebody('王敏', 'officer', STREET),
  spokesperson: somebody('陈静', 'spokesperson', STREET),
  approver: somebody('赵蕾', 'approver', STREET),
  upper: somebody('周强', 'approver', DISTRICT),
  worker: somebody('李华', 'worker', HOOD),
  outsider: somebody('孙越', 'approver', AWAY),
};
export type Person = keyof typeof CAST;
export const actorOf = (person: Person): Actor => CAST[person].actor;

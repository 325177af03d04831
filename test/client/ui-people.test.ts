import { describe, expect, test, vi } from 'vitest';
import { where } from '#client/pages/places.ts';
import { People } from '#client/people/people.state.svelte.ts';
import { unitTree } from '#client/people/units.ts';
import type { Line } from '#client/platform/line.ts';
import type { Unit, User } from '#shared/people/people.schema.ts';

const unit = (id: string, level: Unit['level'], parent: string | null): Unit => ({
  id,
  code: id,
  name: id,
  level,
  parent,
});
const units: Unit[] = [
  unit('成都市', 'city', null),
  unit('青羊区', 'district', '成都市'),
  unit('青羊街道', 'street', '青羊区'),
  unit('文殊社区', 'community', '青羊街道'),
  unit('八宝街社区', 'community', '青羊街道'),
];
const officer: User = {
  id: 'p1',
  login: 'officer',
  name: '王敏',
  appointments: [
    {
      role: 'officer',
      unit: { id: '文殊社区', code: 'wenshu', name: '文殊社区', level: 'community' },
      from: '2026-01-01T00:00:00.000Z',
      until: null,
    },
  ],
  delegations: [],
};

/** People with a line that answers from here, and a machine that remembers in a map. */
function withLine(answer: (name: string, input: object) => unknown) {
  const kept = new Map<string, string>();
  const request = vi.fn((name: string, input: object) => Promise.resolve(answer(name, input)));
  const people = new People({
    user: officer,
    line: { request: request as unknown as Line['request'] },
    remembered: (key) => kept.get(key) ?? null,
    remember: (key, value) => kept.set(key, value),
  });
  return { people, request, kept };
}

describe('the tree of units', () => {
  const tree = unitTree(units);

  test('knows the way down and what is below', () => {
    expect(tree.path('文殊社区').map((one) => one.name)).toEqual(['成都市', '青羊区', '青羊街道', '文殊社区']);
    expect(tree.below('青羊街道').map((one) => one.name)).toEqual(['文殊社区', '八宝街社区']);
    expect(tree.below(null).map((one) => one.name)).toEqual(['成都市']);
  });

  test('covers a unit and all below it, and nothing beside it', () => {
    expect(tree.covers('青羊街道', '文殊社区')).toBe(true);
    expect(tree.covers('文殊社区', '文殊社区')).toBe(true);
    expect(tree.covers('文殊社区', '八宝街社区')).toBe(false);
    expect(tree.covers('文殊社区', '青羊街道')).toBe(false);
  });

  test('ends where units point at each other', () => {
    const loop = unitTree([unit('a', 'street', 'b'), unit('b', 'street', 'a')]);
    expect(loop.path('a').map((one) => one.id)).toEqual(['b', 'a']);
  });
});

describe('the unit looked at', () => {
  test('is that of the first post until another is chosen, and the choice is remembered', async () => {
    const { people, kept } = withLine(() => ({ units }));
    expect(people.unit?.name).toBe('文殊社区');
    await people.load();
    expect(people.covers('八宝街社区')).toBe(false);
    const street = people.tree.find('青羊街道');
    if (street) people.choose(street);
    expect(people.covers('八宝街社区')).toBe(true);
    expect(kept.get('unit:p1')).toBe('青羊街道');
  });
});

describe('names', () => {
  const card = (id: string) => ({ id, name: `名 ${id}`, post: '信息员', role: 'officer', unit: '文殊社区' });

  test('asked for at once go in one question, and only once', async () => {
    const { people, request } = withLine((_, input) => ({
      people: (input as { ids: string }).ids.split(',').map(card),
    }));
    expect(people.card('a')).toBeUndefined();
    expect(people.card('b')).toBeUndefined();
    expect(people.card('a')).toBeUndefined();
    await vi.waitFor(() => {
      expect(people.card('a')?.name).toBe('名 a');
    });
    expect(request).toHaveBeenCalledExactlyOnceWith('people:cards', { ids: 'a,b' });
  });

  test('that could not be had are asked for again with the next load', async () => {
    let online = false;
    const { people, request } = withLine((name) => {
      if (name === 'people:units') return { units };
      if (!online) throw new Error('offline');
      return { people: [card('a')] };
    });
    people.card('a');
    await vi.waitFor(() => {
      expect(request).toHaveBeenCalledTimes(1);
    });
    online = true;
    await vi.waitFor(async () => {
      await people.load();
      expect(people.card('a')?.name).toBe('名 a');
    });
  });
});

describe('addresses', () => {
  test.each([
    ['/', { place: 'messages' }],
    ['/rooms/r1', { place: 'messages', item: 'r1' }],
    ['/meetings/m1', { place: 'meetings', item: 'm1' }],
    ['/concerns', { place: 'concerns' }],
    ['/concerns/c1', { place: 'concerns', item: 'c1' }],
    ['/flag', { place: 'flag', item: 'new' }],
    ['/me', { place: 'me' }],
    ['/nowhere', { place: undefined }],
  ])('%s', (path, expected) => {
    expect(where(path)).toEqual(expected);
  });
});

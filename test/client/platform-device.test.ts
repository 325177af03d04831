import { describe, expect, it, vi } from 'vitest';
import { createMemoryDb, type Db } from '#client/platform/db.ts';
import { createDrafts } from '#client/platform/drafts.ts';
import { openDb } from '#client/platform/idb.ts';
import { newId } from '#client/platform/ids.ts';
import { Keeper } from '#client/platform/tails.ts';
import type { WireEvent } from '#shared/wire/stream.ts';

/** Fails like a private window: asked, then refused. */
const refusing = {
  open: () => {
    throw new DOMException('not here', 'SecurityError');
  },
} as unknown as IDBFactory;

/** Never answers, like a database another tab holds shut. */
const silent = { open: () => ({}) } as unknown as IDBFactory;

const events = (stream: string, from: number, to: number): WireEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const seq = from + i;
    return { stream, seq, id: `e${seq}`, type: 'posted', actor: 'a', at: '', data: { seq }, prev: '', hash: `h${seq}` };
  });

describe.each<[string, () => Db]>([
  ['IndexedDB', () => openDb(newId(), indexedDB)],
  ['memory', createMemoryDb],
])('a database in %s', (_, make) => {
  it('keeps, finds, changes and removes', async () => {
    const db = make();
    await db.change([
      { store: 'kv', key: ['a'], value: { n: 1 } },
      { store: 'drafts', key: ['a'], value: 'text' },
    ]);
    expect(await db.get('kv', ['a'])).toEqual({ n: 1 });
    await db.change([{ store: 'kv', key: ['a'] }]);
    expect(await db.get('kv', ['a'])).toBeUndefined();
    expect(await db.get('drafts', ['a'])).toBe('text');
    await db.change([]);
  });

  it('lists by key, part by part, from either end', async () => {
    const db = make();
    const keys = [
      ['b', 1],
      ['a', 10],
      ['a', 9],
      ['a', 2],
      ['ab', 1],
    ] as const;
    await db.change(keys.map((key) => ({ store: 'events' as const, key, value: key.join() })));
    const values = async (span: Parameters<Db['list']>[1]): Promise<unknown[]> =>
      (await db.list('events', span)).map(({ value }) => value);
    expect(await values({})).toEqual(['a,2', 'a,9', 'a,10', 'ab,1', 'b,1']);
    expect(await values({ from: ['a', 9], to: ['a', 10] })).toEqual(['a,9', 'a,10']);
    expect(await values({ from: ['a', 0], to: ['a', 99], newest: true, limit: 2 })).toEqual(['a,10', 'a,9']);
    await db.change([{ store: 'events', key: ['a', 0], to: ['a', 9] }]);
    expect(await values({})).toEqual(['a,10', 'ab,1', 'b,1']);
    await db.clear(['events']);
    expect(await values({})).toEqual([]);
  });

  it('hands out copies', async () => {
    const db = make();
    const value = { list: [1] };
    await db.change([{ store: 'kv', key: ['a'], value }]);
    value.list.push(2);
    expect(await db.get('kv', ['a'])).toEqual({ list: [1] });
  });

  it('keeps a tail without holes: the newest 500, and begins anew after a jump', async () => {
    const db = make();
    const keeper = new Keeper(db, 'room:1');
    await keeper.load(undefined);
    keeper.keep(events('room:1', 1, 450), 1);
    await keeper.flush(1);
    keeper.keep(events('room:1', 451, 620), 1);
    await keeper.flush(1);
    const again = await new Keeper(db, 'room:1').load(50);
    expect(again?.tail).toMatchObject({ low: 121, have: 620 });
    expect([again?.events[0]?.seq, again?.events.length]).toEqual([571, 50]);
    expect(await db.list('events')).toHaveLength(500);
    expect(await new Keeper(db, 'room:1').load(undefined)).toBeUndefined(); // an end is no use to who wants all

    keeper.from(undefined); // begun again near the head
    keeper.keep(events('room:1', 900, 910), 1);
    await keeper.flush(1);
    expect(await db.list('events')).toHaveLength(11);
  });

  it('lets the streams go that were read least recently', async () => {
    const db = make();
    vi.spyOn(Date, 'now').mockImplementation(() => ++now);
    let now = 1000;
    for (let i = 0; i < 63; i++) {
      const keeper = new Keeper(db, `room:${i}`);
      await keeper.load(undefined);
      keeper.keep(events(`room:${i}`, 1, 2), 1);
      await keeper.flush(1);
    }
    vi.restoreAllMocks();
    const kept = (await db.list('tails')).map(({ key }) => key[0]);
    expect(kept).toHaveLength(60);
    expect(kept).not.toContain('room:0');
    expect(await db.list('events', { from: ['room:0', 0], to: ['room:0', 9] })).toEqual([]);
  });
});

describe('a device', () => {
  it('keeps the things of two people apart', async () => {
    const one = newId();
    const [mine, theirs, mineAgain] = [openDb(one, indexedDB), openDb(newId(), indexedDB), openDb(one, indexedDB)];
    await mine.change([{ store: 'drafts', key: ['room:1'], value: '秘密' }]);
    expect(await theirs.list('drafts')).toEqual([]);
    expect(await mineAgain.get('drafts', ['room:1'])).toBe('秘密');
  });

  it.each([
    ['has no IndexedDB', undefined],
    ['refuses it', refusing],
    ['never answers', silent],
  ])('that %s works from memory and says so', async (_, factory) => {
    const db = openDb(newId(), factory);
    await db.change([{ store: 'kv', key: ['a'], value: 1 }]);
    expect(db.durable).toBe(false);
    expect(await db.get('kv', ['a'])).toBe(1);
  });
});

describe('a draft', () => {
  it('is there again after a reload', async () => {
    const person = newId();
    const before = createDrafts(openDb(person, indexedDB));
    before.of('room:1').text = '写了一半';
    await before.flush();
    const draft = createDrafts(openDb(person, indexedDB)).of('room:1');
    await vi.waitFor(() => {
      expect(draft.ready).toBe(true);
    });
    expect(draft.text).toBe('写了一半');
  });

  it('is written by itself in a pause, and gone once it is empty', async () => {
    const db = createMemoryDb();
    const drafts = createDrafts(db);
    const draft = drafts.of('room:1');
    draft.text = '一';
    draft.text = '一二';
    await vi.waitFor(async () => {
      expect(await db.get('drafts', ['room:1'])).toBe('一二');
    });
    draft.text = '';
    await drafts.flush();
    expect(await db.list('drafts')).toEqual([]);
  });

  it('that was begun before the old one was read keeps what was typed', async () => {
    const person = newId();
    const before = createDrafts(openDb(person, indexedDB));
    before.of('room:1').text = '旧';
    await before.flush();
    const draft = createDrafts(openDb(person, indexedDB)).of('room:1');
    draft.text = '新';
    await vi.waitFor(() => {
      expect(draft.ready).toBe(true);
    });
    expect(draft.text).toBe('新');
  });
});

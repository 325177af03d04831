import { expect, test } from 'vitest';
import { seedLoad } from '#server/demo/demo.load.ts';
import { startApp } from '../support/app.ts';
import { signIn, type Answer } from '../support/client.ts';

interface Listed {
  rooms: { title: string; kind: string }[];
}

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${name}${String(n + 1).padStart(4, '0')}`);

test('a load is people with posts in one unit and rooms that each have their share of them, ready to be asked', async () => {
  const { app, url, unit } = await startApp();
  const [rooms, members, people] = [7, 5, 12];
  await seedLoad(app, { rooms, members }, people);
  const { directory } = app.features;
  const load = unit('load');

  // Rows are counted where they lie: a query might wait for them.
  const rowsIn = async (collection: string): Promise<object[]> =>
    await app.db.collection(collection).find({ unit: load }).toArray();
  expect(await rowsIn('rooms')).toHaveLength(rooms);
  expect(await rowsIn('appointments')).toHaveLength(people);
  expect(directory.tree.subtree(load)).toEqual([load]);

  const logins = numbered('load', people);
  const titles = numbered('load-', rooms);
  for (const n of [1, 3, people]) {
    const person = await signIn({ url }, logins[n - 1] ?? '');
    const { user } = (await person.done('people:me', {})) as Answer & { user: { appointments: object[] } };
    expect(user.appointments).toMatchObject([{ role: 'worker', unit: { code: 'load' } }]);
    // Member k of room r, both from 1, is person (r − 1) · members + k, and after the last one the first again.
    const isIn = (r: number): boolean =>
      Array.from({ length: members }, (_, k) => ((r * members + k) % people) + 1).includes(n);
    const answer = (await person.done('forum:rooms', {})) as Answer & Listed;
    const mine = answer.rooms.filter(({ kind }) => kind === 'members').map(({ title }) => title);
    expect(mine.sort(), logins[n - 1]).toEqual(titles.filter((_, r) => isIn(r)));
  }
});

import { expect, test, vi } from 'vitest';
import { demoId } from '#server/demo/demo.people.ts';
import { seedLoad } from '#server/demo/demo.load.ts';
import { newId } from '../support/client.ts';
import { startApp } from '../support/app.ts';

test('everybody invited to a room hears of it together, not one after the other', async () => {
  const { app, unit } = await startApp();
  await seedLoad(app, { rooms: 1, members: 30 });
  const { directory, forum } = app.features;
  const admin = directory.actor(demoId('person admin'));
  if (admin === undefined) throw new Error('no admin');
  const people = [...directory.posts()].filter((post) => post.unit === unit('load')).map(({ person }) => person);

  const events = app.db.model('Event').collection;
  const insert = events.insertOne.bind(events) as (...given: unknown[]) => Promise<unknown>;
  let [under, most] = [0, 0];
  const watched = async (...given: unknown[]): Promise<unknown> => {
    most = Math.max(most, ++under);
    try {
      return await insert(...given);
    } finally {
      under--;
    }
  };
  vi.spyOn(events, 'insertOne').mockImplementation(watched as never);
  await forum.create(admin, { id: newId(), unit: unit('load'), title: '一起', kind: 'members', people });
  await app.consumers.settled();
  expect(most).toBe(people.length);
});

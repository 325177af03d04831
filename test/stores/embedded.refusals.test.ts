import { beforeEach, expect, it } from 'vitest';
import { errorOf, openStore, type Doc, type Documented } from '../support/store.ts';

/* What the embedded engine refuses and a MongoDB does not: its server runs scripts unless it was told not to. */

let events: Documented;
beforeEach(async () => {
  events = (await openStore()).collection('events');
});

it.each([
  ['$where', { $where: 'return true' }],
  ['$where inside $or', { $or: [{ n: 1 }, { $where: 'true' }] }],
  ['$function', { $expr: { $function: { body: 'return true', args: [], lang: 'js' } } }],
])('refuses %s in a filter, whatever it is used for', async (_what, filter) => {
  await events.insertOne({ _id: 1, n: 1 });
  expect((await errorOf(events.find(filter as Doc).toArray())).code).toBe(2);
  expect((await errorOf(events.countDocuments(filter as Doc))).code).toBe(2);
  expect((await errorOf(events.deleteMany(filter as Doc))).code).toBe(2);
  expect((await errorOf(events.updateMany(filter as Doc, { $set: { n: 2 } }))).code).toBe(2);
  expect((await errorOf(events.aggregate([{ $match: filter }]).toArray())).code).toBe(2);
  expect(await events.findOne({})).toEqual({ _id: 1, n: 1 });
});

it('refuses a path through a prototype', async () => {
  await events.insertOne({ _id: 1 });
  await errorOf(events.updateOne({ _id: 1 }, { $set: { '__proto__.polluted': 1 } }));
  expect(({} as Doc)['polluted']).toBeUndefined();
});

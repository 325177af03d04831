import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createDirectory } from '#server/people/people.directory.ts';
import { createPeopleModel } from '#server/people/people.model.ts';
import { createPeopleProjection } from '#server/people/people.project.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { openStreams } from '../support/streams.ts';

const BATCH = 200; // as large as consumers get them
const UNITS = ['unit-1', 'unit-2', 'unit-3'];
const PEOPLE = Array.from({ length: 40 }, (_, n) => `person-${n}`);
const [FROM, UNTIL] = ['2026-01-01T00:00:00.000Z', '2026-01-09T00:00:00.000Z'];

type Draft = readonly [stream: string, type: string, data: Readonly<Record<string, string | number | null>>];

/** What must have been on a stream before. */
const AFTER: Partial<Record<string, string>> = {
  'people.ended': 'people.appointed',
  'people.accepted': 'people.delegated',
};

/** Events as streams hold them: seqs are dense in each, nothing happens twice or before its cause. */
function told(drafts: readonly Draft[]): StreamEvent[] {
  const heads = new Map<string, number>();
  const seen = new Set<string>();
  return drafts.flatMap(([stream, type, data], n) => {
    const key = (of: string): string => `${stream} ${of} ${data['appointment'] ?? data['delegation'] ?? n}`;
    const cause = AFTER[type];
    if (seen.has(key(type)) || (cause !== undefined && !seen.has(key(cause)))) return [];
    seen.add(key(type));
    const seq = (heads.get(stream) ?? 0) + 1;
    heads.set(stream, seq);
    return [{ stream, seq, id: `event-${n}`, type, actor: 'system', at: FROM, data, prev: '', hash: '' }];
  });
}

const appointed = (unit: string, appointment: string, person = 'person-0') =>
  [`unit:${unit}`, 'people.appointed', { appointment, person, role: 'worker', from: FROM, until: null }] as const;
const ended = (unit: string, appointment: string) => [`unit:${unit}`, 'people.ended', { appointment }] as const;

/** Posts that come and go, an id tried on two units, delegations on their way, and what other features leave behind. */
const draft = fc
  .tuple(fc.nat(120), fc.constantFrom(...UNITS), fc.constantFrom(...PEOPLE), fc.nat(9))
  .map(([n, unit, person, what]): Draft => {
    const delegation = `delegation-${n}-${person}`;
    if (what < 4) return appointed(unit, `post-${n}`, person);
    if (what < 7) return ended(unit, `post-${n}`);
    if (what === 7) return [`unit:${unit}`, 'incidents.touched', { stream: 'incident:1', seq: n }];
    if (what === 8) return [`person:${person}`, 'people.accepted', { delegation }];
    const data = { delegation, principal: 'person-1', unit, from: FROM, until: UNTIL, reason: '' };
    return [`person:${person}`, 'people.delegated', data];
  });
const beginning: Draft[] = [
  ...UNITS.map((unit): Draft => [
    `unit:${unit}`,
    'people.founded',
    { code: unit, name: unit, level: 'community', parent: null },
  ]),
  ...PEOPLE.map((login): Draft => [`person:${login}`, 'people.enrolled', { login, name: login }]),
];
const history = fc.array(draft, { minLength: 400, maxLength: 600 }).map((later) => told([...beginning, ...later]));

/** Rows on a store of their own, and a directory; every write to the rows is counted. */
async function openRows() {
  const { db } = await openStreams();
  const model = createPeopleModel(db);
  await model.init();
  let writes = 0;
  const count = (): void => {
    writes++;
  };
  for (const { collection } of Object.values(db.models)) {
    for (const name of ['bulkWrite', 'insertOne', 'updateOne', 'replaceOne', 'deleteOne', 'deleteMany'] as const) {
      const write = collection[name].bind(collection) as (...given: unknown[]) => unknown;
      vi.spyOn(collection, name).mockImplementation(((...given: unknown[]) => {
        count();
        return write(...given);
      }) as never);
    }
  }
  const directory = createDirectory();
  const { handle } = createPeopleProjection(model, directory);
  const rows = async () => {
    const all = Object.entries(await model.all());
    return Object.fromEntries(
      all.map(([kind, found]) => [kind, [...found].sort((a, b) => (a._id < b._id ? -1 : 1))] as const),
    );
  };
  return { model, directory, handle, rows, writes: () => writes };
}

const batches = (events: readonly StreamEvent[]): StreamEvent[][] =>
  Array.from({ length: Math.ceil(events.length / BATCH) }, (_, n) => events.slice(n * BATCH, (n + 1) * BATCH));

test('however their events come, one by one, in batches, behind the commits or twice, people and posts end up the same', async () => {
  await fc.assert(
    fc.asyncProperty(history, async (events) => {
      const [single, batched] = [await openRows(), await openRows()];
      for (const event of events) await single.handle([event]);
      const expected = await single.rows();

      for (const event of events) batched.directory.apply(event); // as the commits do, long before
      for (const batch of batches(events)) await batched.handle(batch);
      expect(await batched.rows()).toEqual(expected);
      const after = createDirectory();
      await after.load(batched.model);
      expect([...after.posts()].length).toBe([...batched.directory.posts()].length);

      for (const batch of batches(events)) await batched.handle(batch); // the checkpoint was lost
      expect(await batched.rows()).toEqual(expected);
    }),
    { numRuns: 4, seed: 20260301, endOnFailure: true },
  );
});

test('a batch is one write for each kind of row at most, however many events it holds', async () => {
  const [events = []] = fc.sample(history, { numRuns: 1, seed: 20260302 });
  const { handle, writes } = await openRows();
  for (const [n, batch] of batches(events).entries()) {
    const before = writes();
    await handle(batch);
    expect(writes() - before, `batch ${n} of ${batch.length}`).toBeLessThanOrEqual(4);
  }
  const before = writes();
  await handle(told([['unit:unit-1', 'incidents.touched', {}]]));
  expect(writes() - before).toBe(0);
});

test('a post that has ended does not come back while its rows are still being written', async () => {
  const { directory, handle, rows } = await openRows();
  const events = told([...beginning, appointed('unit-1', 'post'), ended('unit-1', 'post')]);
  for (const event of events) directory.apply(event);
  expect(directory.actor('person-0')?.appointments).toEqual([]);
  for (const event of events) {
    await handle([event]);
    expect(directory.actor('person-0')?.appointments, event.type).toEqual([]);
  }
  expect(await rows()).toMatchObject({ posts: [{ _id: 'post', ended: true }] });
});

test('a process that is slow brings no ended post and no declined delegation back, and the next start knows of both', async () => {
  const { model, handle, rows } = await openRows();
  const given = { delegation: 'paper', principal: 'person-1', unit: 'unit-1', from: FROM, until: UNTIL, reason: '' };
  const events = told([
    ...beginning,
    appointed('unit-1', 'post'),
    ['person:person-2', 'people.delegated', given],
    ended('unit-1', 'post'),
    ['person:person-2', 'people.declined', { delegation: 'paper' }],
  ]);
  const slow = createPeopleProjection(model, createDirectory());
  await handle(events);
  const expected = await rows();
  expect(expected['posts']).toMatchObject([{ _id: 'post', ended: true, applied: 3 }]);
  expect(expected['delegations']).toMatchObject([{ _id: 'paper', how: 'declined' }]);
  await slow.handle(events.slice(0, -2)); // all it knows of yet
  expect(await rows()).toEqual(expected);

  const after = createDirectory();
  await after.load(model);
  for (const event of events.slice(0, -2)) after.apply(event); // its checkpoint was behind
  expect(after.post('post')).toBeUndefined();
  expect(after.endedPost('post')).toMatchObject({ person: 'person-0', unit: 'unit-1' });
  expect(after.delegation('paper')).toMatchObject({ how: 'declined', accepted: false });
  await slow.handle(events.slice(-2));
  expect(await rows()).toEqual(expected);
});

import { createRandom } from '#server/demo/random.ts';
import { EmbeddedCollection } from '#server/platform/embedded/collection.ts';
import { deleteExpired } from '#server/platform/embedded/indexes.ts';
import type { Store } from '#server/platform/embedded/store.ts';

/*
 * What a process does until it is killed. A lane is one writer: its n-th step follows from lane and n alone, and the
 * next begins when it is acknowledged. So after a kill a lane stands where its acknowledged steps lead, or one step
 * further, whole: anything else is a loss, or half of something.
 */

type Doc = Record<string, unknown>;
/** What there is of a lane, by name: its documents, and indexes and collections where it makes them. */
export type State = Record<string, unknown>;
export interface Work {
  lanes: number;
  /** Before the first lane begins. */
  prepare: (store: Store) => Promise<unknown>;
  step: (store: Store, lane: number, n: number) => Promise<unknown>;
  /** What that step makes of the lane; changes `state` itself. */
  fold: (state: State, lane: number, n: number) => void;
  /** The lane as it is in the store. */
  read: (store: Store, lane: number) => Promise<State>;
}

const qualify = (name: string): string => `linli.${name}`;
const collection = (store: Store, name: string) => new EmbeddedCollection(store, name, qualify);
const byId = (docs: unknown[]): State => Object.fromEntries((docs as Doc[]).map((doc) => [String(doc['_id']), doc]));
const found = async (store: Store, name: string, filter: Doc): Promise<State> =>
  byId(await collection(store, name).find(filter).toArray());
const clear = (state: State): void => {
  for (const name of Object.keys(state)) Reflect.deleteProperty(state, name);
};

const ROUND = 150; // events of a lane, then it begins again with an empty stream
const eventOf = (lane: number, n: number) => {
  return { _id: lane * 1e6 + n, stream: `lane:${lane}`, seq: n, id: `${lane}-${n}`, text: '字'.repeat(n % 200) };
};
const append: Work = {
  lanes: 16,
  prepare: async (store) => {
    await collection(store, 'appended').createIndex({ stream: 1, seq: 1 }, { unique: true });
    await collection(store, 'appended').createIndex({ stream: 1, id: 1 }, { unique: true });
  },
  step: (store, lane, n) =>
    n % ROUND === 0
      ? collection(store, 'appended').deleteMany({ stream: `lane:${lane}` })
      : collection(store, 'appended').insertOne(eventOf(lane, n)),
  fold: (state, lane, n) => {
    const event = eventOf(lane, n);
    if (n % ROUND === 0) clear(state);
    else state[String(event._id)] = event;
  },
  read: (store, lane) => found(store, 'appended', { stream: `lane:${lane}` }),
};

const SLOTS = 12;
const rowOf = (lane: number, slot: number, n: number): Doc => {
  const random = createRandom(lane * 7919 + n);
  const text = '字'.repeat(random.below(4) === 0 ? 3000 : random.below(60)); // some too long for a page
  const kind = random.below(3) === 0 ? 'rare' : 'common';
  const key = `${lane}-${slot}-${n}`;
  return { _id: `${lane}:${slot}`, lane, n, key, tags: [`t${n % 7}`, `s${slot}`], kind, text };
};
type Change = { what: 'clear' | 'delete' | 'touch' | 'several' | 'one'; slots: number[] };
const changeOf = (lane: number, n: number): Change => {
  const random = createRandom(lane * 1_000_003 + n);
  const what = random.pick(['clear', 'delete', 'delete', 'touch', 'several', 'several', 'one', 'one', 'one'] as const);
  const first = random.below(SLOTS);
  return { what, slots: what === 'several' ? [0, 1, 2, 3, 4].map((i) => (first + i) % SLOTS) : [first] };
};
const touched = (n: number): Doc => ({ n, tags: [`t${n % 7}`], text: '' });
const churn: Work = {
  lanes: 16,
  prepare: async (store) => {
    await collection(store, 'churned').createIndex({ key: 1 }, { unique: true });
    await collection(store, 'churned').createIndex({ lane: 1, tags: 1 });
    await collection(store, 'churned').createIndex({ n: 1 }, { partialFilterExpression: { kind: 'rare' } });
  },
  step: (store, lane, n) => {
    const { what, slots } = changeOf(lane, n);
    const rows = collection(store, 'churned');
    if (what === 'clear') return rows.deleteMany({ lane });
    if (what === 'delete') return rows.deleteOne({ _id: `${lane}:${slots[0] ?? 0}` });
    if (what === 'touch') return rows.updateMany({ lane }, { $set: touched(n) });
    return rows.bulkWrite(
      slots.map((slot) => {
        const { _id, ...replacement } = rowOf(lane, slot, n);
        return { replaceOne: { filter: { _id }, replacement, upsert: true } };
      }),
    );
  },
  fold: (state, lane, n) => {
    const { what, slots } = changeOf(lane, n);
    if (what === 'clear') clear(state);
    else if (what === 'delete') Reflect.deleteProperty(state, `${lane}:${slots[0] ?? 0}`);
    else if (what === 'touch')
      for (const id of Object.keys(state)) state[id] = { ...(state[id] as Doc), ...touched(n) };
    else for (const slot of slots) state[`${lane}:${slot}`] = rowOf(lane, slot, n);
  },
  read: (store, lane) => found(store, 'churned', { lane }),
};

const MANY = 20_000;
const KEYS: [Doc, Doc][] = [
  [{ stream: 1, seq: 1 }, { unique: true }],
  [{ tags: 1 }, {}],
  [{ n: 1 }, { partialFilterExpression: { n: { $gte: 3 } } }],
  [{ text: 1, seq: -1 }, { sparse: true }],
];
const indexOf = (n: number) => {
  const [key, options] = KEYS[Math.floor(n / 2) % KEYS.length] ?? [{}, {}];
  return { key, options, name: Object.entries(key).flat().join('_') };
};
const manyOf = (_id: number): Doc => {
  return { _id, stream: `room:${_id % 50}`, seq: _id, tags: ['all', `t${_id % 9}`], text: `第 ${_id} 条` };
};
/** The first lane makes and drops indexes over many documents, the others change these meanwhile. */
const index: Work = {
  lanes: 3,
  prepare: async (store) => {
    const many = collection(store, 'many');
    if ((await many.estimatedDocumentCount()) === 0)
      await many.insertMany(Array.from({ length: MANY }, (_, i) => manyOf(i)));
  },
  step: (store, lane, n) => {
    const many = collection(store, 'many');
    const { key, options, name } = indexOf(n);
    if (lane > 0) return many.updateOne({ _id: lane * 5000 + (n % 500) }, { $set: { n, tags: [`t${n % 9}`] } });
    return n % 2 === 0 ? many.createIndex(key, options) : many.dropIndex(name);
  },
  fold: (state, lane, n) => {
    if (lane > 0) state[String(lane * 5000 + (n % 500))] = n;
    else if (n % 2 === 0) state[indexOf(n).name] = true;
    else clear(state);
  },
  read: async (store, lane) => {
    const many = collection(store, 'many');
    if (lane === 0) return Object.fromEntries((await many.indexes()).slice(1).map(({ name }) => [String(name), true]));
    const range = { _id: { $gte: lane * 5000, $lt: lane * 5000 + 500 } };
    const rows = (await many.find(range).toArray()) as Doc[];
    return Object.fromEntries(rows.filter((row) => 'n' in row).map(({ _id, n }) => [String(_id), n]));
  },
};

const batchOf = (n: number, at?: (i: number) => Date): Doc[] =>
  Array.from({ length: 150 }, (_, i) => ({ _id: n * 1000 + i, n, i, ...(at && { at: at(i) }) }));

const drop: Work = {
  lanes: 3,
  prepare: () => Promise.resolve(),
  step: (store, lane, n) => {
    const rows = collection(store, `dropped${lane}`);
    if (n % 5 === 4) return rows.drop();
    if (n % 5 === 3) return rows.dropIndex('n_1_i_-1');
    if (n % 5 === 1) return rows.createIndex({ n: 1, i: -1 }, { unique: true });
    return rows.insertMany(batchOf(n));
  },
  fold: (state, _lane, n) => {
    if (n % 5 === 4) clear(state);
    else if (n % 5 === 3) Reflect.deleteProperty(state, 'n_1_i_-1');
    else if (n % 5 === 1) state['n_1_i_-1'] = true;
    else Object.assign(state, byId(batchOf(n)), { isSaved: true });
  },
  read: async (store, lane) => {
    const { isSaved, indexes } = store.table(qualify(`dropped${lane}`));
    const names = Object.fromEntries(indexes.map(({ name }) => [name, true]));
    return { ...(await found(store, `dropped${lane}`, {})), ...names, ...(isSaved && { isSaved }) };
  },
};

const isOver = (i: number): boolean => i % 2 === 0;
const expiring = (n: number): Doc[] => batchOf(n, (i) => new Date(isOver(i) ? 0 : 4e12));
const expire: Work = {
  lanes: 3,
  prepare: async (store) => {
    for (let lane = 0; lane < 3; lane++)
      await collection(store, `expiring${lane}`).createIndex({ at: 1 }, { expireAfterSeconds: 10 });
  },
  step: (store, lane, n) => {
    if (n % 3 === 0) return collection(store, `expiring${lane}`).insertMany(expiring(n));
    if (n % 3 === 1) return deleteExpired(store, store.table(qualify(`expiring${lane}`)));
    return collection(store, `expiring${lane}`).deleteMany({});
  },
  fold: (state, _lane, n) => {
    if (n % 3 === 0) Object.assign(state, byId(expiring(n)));
    else if (n % 3 === 1)
      for (const doc of expiring(n - 1).filter(({ i }) => isOver(Number(i))))
        Reflect.deleteProperty(state, String(doc['_id']));
    else clear(state);
  },
  read: (store, lane) => found(store, `expiring${lane}`, {}),
};

export const WORKS = { append, churn, index, drop, expire };

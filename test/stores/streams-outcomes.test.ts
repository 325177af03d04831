import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFold } from '#server/platform/fold.ts';
import type { EventsModel } from '#server/platform/streams.model.ts';
import type { Streams } from '#server/platform/streams.ts';
import { newId } from '../support/client.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

/*
 * What becomes of a write of which nobody knows how it ended: the store did not answer in time, or its answer got lost.
 * Only the timers of the deadline are the test's; the store is real and answers when the gate says so.
 */

const DEADLINE = 5_000; // ms, as in streams.ts

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function deferred() {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined); // may fail before anybody waits for it
  return { promise, resolve, reject };
}

/** A store whose next answer waits at the gate. */
function createGate() {
  let held:
    { isWritten: boolean; arrived: ReturnType<typeof deferred>; answer: ReturnType<typeof deferred> } | undefined;
  return {
    wrap: (model: EventsModel): EventsModel => ({
      ...model,
      insert: async (row) => {
        const mine = held;
        held = undefined;
        if (mine?.isWritten !== false) await model.insert(row);
        mine?.arrived.resolve();
        await mine?.answer.promise;
      },
    }),
    /** Holds the next insert, whose row is written and readable, or not there at all. */
    hold: ({ isWritten }: { isWritten: boolean }) => {
      const gate = { isWritten, arrived: deferred(), answer: deferred() };
      held = gate;
      return { arrived: gate.arrived.promise, answer: gate.answer.resolve, fail: gate.answer.reject };
    },
  };
}

const notes = {
  kind: 'room',
  initial: () => ({ said: 0 }),
  evolve: (state: { said: number }) => ({ said: state.said + 1 }),
};

/** Writes a note under an id; answers with what the fold says. */
function writerOn(streams: Streams) {
  const fold = createFold(streams, notes);
  return (id = newId()) => fold.write('a', { id, actor: 'ada', input: {} }, () => ({ type: 'said', data: null }));
}

async function openGated(folder?: string) {
  const gate = createGate();
  const hub = await openStreams({ wrap: gate.wrap, ...(folder !== undefined && { folder }) });
  const noticed: number[] = [];
  hub.streams.onCommitted((event) => noticed.push(event.seq));
  return { ...hub, gate, noticed, write: writerOn(hub.streams) };
}

/** A write that is told its outcome is unknown, while the store still has it. */
async function writeTooSlow(hub: Awaited<ReturnType<typeof openGated>>, id: string, isWritten = true) {
  const slow = hub.gate.hold({ isWritten });
  const writing = expect(hub.write(id)).rejects.toMatchObject({ code: 'storage' });
  await slow.arrived;
  vi.advanceTimersByTime(DEADLINE);
  await writing;
  return slow;
}

test('a write that outlasts the deadline has its effect once, before the repeat is acknowledged and in order', async () => {
  const hub = await openGated();
  await hub.write();
  const id = newId();
  const slow = await writeTooSlow(hub, id);
  const next = hub.write(); // of somebody else: it must not overtake
  const again = hub.write(id);
  expect(hub.noticed).toEqual([1]);
  slow.answer();
  expect(await next).toMatchObject({ event: { seq: 3 } });
  expect(await again).toMatchObject({ repeated: true, event: { seq: 2 } });
  expect(hub.noticed).toEqual([1, 2, 3]);
});

test('a write without an outcome is shown to nobody and acknowledged to nobody', async () => {
  const hub = await openGated();
  await hub.write();
  const id = newId();
  const slow = await writeTooSlow(hub, id);
  expect(await hub.streams.since(0, 10)).toHaveLength(2); // readable, and gone after a power loss
  hub.streams.forget('room:a');
  expect((await hub.streams.head('room:a')).seq).toBe(1);
  expect(await hub.streams.read('room:a', 1, 10)).toHaveLength(1);
  expect(await hub.streams.find('room:a', id)).toBeUndefined();
  const others = [expect(hub.write(id)).rejects.toMatchObject({ code: 'storage' })];
  others.push(expect(hub.write()).rejects.toMatchObject({ code: 'storage' }));
  await new Promise(setImmediate); // the first of them waits for the outcome now
  vi.advanceTimersByTime(DEADLINE);
  await Promise.all(others); // both: they waited together, not one after the other
  slow.answer();
  await new Promise(setImmediate);
  expect(await hub.write(id)).toMatchObject({ repeated: true, event: { seq: 2 } });
});

test('a write that fails after the deadline leaves its place to the next', async () => {
  const hub = await openGated();
  const slow = await writeTooSlow(hub, newId(), false);
  const next = hub.write();
  slow.fail(new Error('EIO'));
  expect(await next).toMatchObject({ repeated: false, event: { seq: 1 } });
  expect(hub.noticed).toEqual([1]);
  const { position } = (await hub.streams.since(0, 1))[0] ?? {};
  expect(hub.streams.settledPosition()).toBe(position); // nothing is in doubt any more
});

test('a write whose answer got lost has its effect before its repeat is acknowledged', async () => {
  const hub = await openGated();
  const id = newId();
  const lost = hub.gate.hold({ isWritten: true });
  lost.fail(new Error('connection lost'));
  await expect(hub.write(id)).rejects.toMatchObject({ code: 'storage' });
  expect(hub.noticed).toEqual([]);
  vi.useRealTimers(); // a clash waits a moment before it decides again
  expect(await hub.write(id)).toMatchObject({ repeated: true, event: { seq: 1 } });
  expect(hub.noticed).toEqual([1]);
  expect(await hub.write()).toMatchObject({ event: { seq: 2 } });
  expect(hub.noticed).toEqual([1, 2]);
});

test('a store that failed to sync acknowledges nothing that may not be on its disk', async () => {
  let isBroken = false;
  const { streams } = await openStreams({
    wrap: (model) => ({
      ...model,
      // As the embedded store: what was committed can be read, the sync failed, and no more writes are taken.
      insert: async (row) => {
        if (!isBroken) await model.insert(row);
        isBroken = true;
        throw new Error('EIO');
      },
    }),
  });
  const write = writerOn(streams);
  const id = newId();
  for (let tries = 0; tries < 3; tries++) await expect(write(id)).rejects.toMatchObject({ code: 'storage' });
  expect(await streams.since(0, 10)).toHaveLength(1);
  expect((await streams.head('room:a')).seq).toBe(0);
});

test('no checkpoint passes a write without an outcome: after a crash its effect is made up for', async () => {
  const folder = await temporaryFolder();
  const follow = async (hub: Awaited<ReturnType<typeof openGated>>) => {
    const seen: number[] = [];
    hub.consumers.add({
      name: 'test',
      kinds: ['room'],
      handle: (events) => {
        seen.push(...events.map((event) => event.seq));
        return Promise.resolve();
      },
    });
    await hub.consumers.start();
    return seen;
  };
  const first = await openGated(folder);
  await follow(first);
  await first.write();
  await writeTooSlow(first, newId());
  await first.consumers.settled();
  await first.consumers.stop(); // waits for no answer
  await first.close();
  const second = await openGated(folder);
  expect(await follow(second)).toContain(2);
});

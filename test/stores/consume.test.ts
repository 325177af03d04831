import { expect, test } from 'vitest';
import { sha256 } from '#server/platform/crypto.ts';
import { derivedId } from '#shared/wire/ids.ts';
import { eventually, newId } from '../support/client.ts';
import { openStreams, temporaryFolder } from '../support/streams.ts';

type Hub = Awaited<ReturnType<typeof openStreams>>;

const append = ({ streams }: Hub, stream: string, id = newId()) =>
  streams.inTurn(stream, () => streams.append(stream, { id, type: 'said', actor: 'ada', data: null }));

/** Follows rooms and units, and writes down what it was given. */
function listen({ consumers }: Hub, handle: (place: string) => Promise<void> = () => Promise.resolve()): string[] {
  const heard: string[] = [];
  consumers.add({
    name: 'listener',
    kinds: ['room', 'unit'],
    handle: async (events) => {
      for (const { stream, seq } of events) {
        await handle(`${stream} ${seq}`);
        heard.push(`${stream} ${seq}`);
      }
    },
  });
  return heard;
}

/** Leaves one event on a unit for each of a room, as pointers do. */
function point(hub: Hub): void {
  hub.consumers.add({
    name: 'pointers',
    kinds: ['room'],
    handle: async (events) => {
      for (const { id } of events) await append(hub, 'unit:u', derivedId(sha256, id, 'pointer'));
    },
  });
}

const upTo = (stream: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${stream} ${i + 1}`);

/** A hub that starts on 450 events nobody has followed yet. */
async function withBacklog(): Promise<Hub> {
  const folder = await temporaryFolder();
  const first = await openStreams({ folder });
  await Promise.all(Array.from({ length: 450 }, () => append(first, 'room:a')));
  await first.close();
  return openStreams({ folder });
}

test('what a consumer writes while others still catch up reaches each of them once and in order', async () => {
  const hub = await withBacklog();
  point(hub);
  const heard = listen(hub);
  await hub.consumers.start();
  await append(hub, 'room:a');
  await hub.consumers.settled();
  await hub.consumers.settled(); // the pointer of the last one
  expect(heard.filter((place) => place.startsWith('room'))).toEqual(upTo('room:a', 451));
  expect(heard.filter((place) => place.startsWith('unit'))).toEqual(upTo('unit:u', 451));
});

test('a consumer that failed while catching up goes on where it stood, before anything newer', async () => {
  const hub = await withBacklog();
  point(hub);
  let failures = 3; // it is not waited for any longer
  const heard = listen(hub, (place) => (place === 'room:a 201' && failures-- > 0 ? Promise.reject(new Error('no')) : Promise.resolve())); // prettier-ignore
  await hub.consumers.start();
  await append(hub, 'room:a');
  await eventually(() => heard.includes('unit:u 451'));
  expect([...new Set(heard)].filter((place) => place.startsWith('room'))).toEqual(upTo('room:a', 451));
  expect(heard.filter((place) => place.startsWith('unit'))).toEqual(upTo('unit:u', 451));
});

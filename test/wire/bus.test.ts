import process from 'node:process';
import { createClient } from '@redis/client';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { joinBus, type Bus } from '#server/platform/bus.ts';
import { eventually } from '../support/client.ts';
import { startRedis } from '../support/redis.ts';

/* What processes tell each other through a real Redis, and what somebody else says there. */

const UP = 20_000; // ms until both hear each other, and until they notice that they do not
const CHANNEL = 'linli';

async function twoOnOneRedis() {
  const redis = await startRedis(process.env['LINLI_TEST_INSTALLED'] ?? '');
  onTestFinished(redis.kill);
  const join = async (): Promise<Bus> => {
    const bus = await joinBus(redis.url, pino({ level: 'silent' }));
    onTestFinished(bus.close);
    return bus;
  };
  const [here, there] = [await join(), await join()];
  await eventually(() => here.isUp() && there.isUp(), UP);
  return { redis, here, there };
}

test('what one says the others hear and it does not, and nonsense on the channel is heard by nobody', async () => {
  const { redis, here, there } = await twoOnOneRedis();
  const heard: unknown[] = [];
  const own: unknown[] = [];
  for (const kind of ['written', 'ended', 'moved'] as const) {
    there.on(kind, (body: unknown) => heard.push({ kind, body }));
    here.on(kind, (body: unknown) => own.push(body));
  }
  const liar = createClient({ url: redis.url });
  await liar.connect();
  onTestFinished(() => {
    liar.destroy();
  });
  const from = 'a liar';
  const nonsense = [
    ...['', '{', 'null', '[]', '"written"', '💥', '\u0000', '['.repeat(60_000)],
    ...[{}, { from }, { from, kind: 'written' }, { from, kind: 7, body: {} }, { from: 7, kind: 'ended', body: {} }],
    ...['__proto__', 'constructor', 'toString', 'beat', 'unknown'].map((kind) => ({ from, kind, body: {} })),
    ...[
      { stream: 1, seq: 1 },
      { stream: 'room:a' },
      { stream: 'room:a', seq: '1' },
      { stream: 'room:a', seq: 0.5 },
    ].map((body) => ({ from, kind: 'written', body })),
    { from, kind: 'written', body: { stream: 'x'.repeat(201), seq: 1 } },
    { from, kind: 'written', body: { stream: 'room:a', seq: 2 ** 60 } },
    { from, kind: 'written', body: { stream: 'room:a', seq: 1, more: true } },
    { from, kind: 'ended', body: { person: 'p' } },
    { from, kind: 'moved', body: { person: 'p', event: 'stream:event', body: { text: '假的' } } },
    { from, kind: 'moved', body: { person: 'p'.repeat(70_000), stream: 'room:a', seq: 1 } },
  ];
  for (const word of nonsense) await liar.publish(CHANNEL, typeof word === 'string' ? word : JSON.stringify(word));
  here.say('written', { stream: 'room:a', seq: 1 });
  here.say('moved', { person: 'p', stream: 'room:a', seq: 1 });
  here.say('ended', { person: 'p', session: 's' });
  await eventually(() => heard.length >= 3, UP);
  expect(heard).toEqual([
    { kind: 'written', body: { stream: 'room:a', seq: 1 } },
    { kind: 'moved', body: { person: 'p', stream: 'room:a', seq: 1 } },
    { kind: 'ended', body: { person: 'p', session: 's' } },
  ]);
  expect(own).toEqual([]);
});

test('a Redis that stands still or is gone counts as away, and is heard again when it is back', async () => {
  const { redis, here, there } = await twoOnOneRedis();
  redis.stop();
  await eventually(() => !here.isUp() && !there.isUp(), UP);
  redis.goOn();
  await eventually(() => here.isUp() && there.isUp(), UP);
  await redis.kill();
  await eventually(() => !here.isUp() && !there.isUp(), UP);
  const again = await startRedis(process.env['LINLI_TEST_INSTALLED'] ?? '', Number(new URL(redis.url).port));
  onTestFinished(again.kill);
  await eventually(() => here.isUp() && there.isUp(), UP);
  const heard: unknown[] = [];
  there.on('written', (body) => heard.push(body));
  here.say('written', { stream: 'room:a', seq: 1 });
  await eventually(() => heard.length === 1, UP);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Wire, type Hearing } from '#client/platform/wire.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A wire whose other end is the test. */
function aWire() {
  const sent: string[] = [];
  const heard: unknown[] = [];
  const pipe = { bufferedAmount: 0, url: '', closed: 0, frame: (text: string) => text, end: () => undefined };
  const hearing: Hearing = {
    connected: () => heard.push('connected'),
    refused: (data) => heard.push(['refused', data]),
    event: (name, payload) => heard.push([name, payload]),
    heard: () => undefined,
    gone: () => heard.push('gone'),
  };
  const wire = new Wire('https://hub.example', hearing, (url, on) => {
    return Object.assign(pipe, {
      url,
      ...on,
      send: (text: string) => sent.push(text),
      close: () => (pipe.closed += 1),
    });
  });
  return { wire, pipe, sent, heard };
}

function letIn() {
  const made = aWire();
  made.pipe.frame('0{"sid":"a","upgrades":[],"pingInterval":10000,"pingTimeout":5000,"maxPayload":65536}');
  made.pipe.frame('40{"sid":"b"}');
  return made;
}

test('asks to be let in, then is', () => {
  const { wire, pipe, sent, heard } = letIn();
  expect(pipe.url).toBe('wss://hub.example/socket.io/?EIO=4&transport=websocket');
  expect(sent).toEqual(['40']);
  expect(heard).toEqual(['connected']);
  expect(wire.connected).toBe(true);
});

test('answers a ping', () => {
  const { pipe, sent } = letIn();
  pipe.frame('2');
  expect(sent.at(-1)).toBe('3');
});

test('hands on what the hub says, whether or not it asks for an answer', () => {
  const { pipe, heard } = letIn();
  pipe.frame('42["stream:event",{"text":"第一行\\n[1,2]"}]');
  pipe.frame('427["read:moved",{"seq":3}]');
  expect(heard.slice(1)).toEqual([
    ['stream:event', { text: '第一行\n[1,2]' }],
    ['read:moved', { seq: 3 }],
  ]);
});

test('gives each question its own answer', async () => {
  const { wire, pipe, sent } = letIn();
  const answers = [wire.ask('people:me', {}), wire.ask('forum:rooms', { unit: 'u' })];
  expect(sent.slice(1)).toEqual(['420["people:me",{}]', '421["forum:rooms",{"unit":"u"}]']);
  pipe.frame('431[{"ok":true,"n":2}]');
  pipe.frame('430[{"ok":true,"n":1}]');
  expect(await Promise.all(answers)).toEqual([
    { ok: true, n: 1 },
    { ok: true, n: 2 },
  ]);
});

test('a question without an answer is over after 8 s, and a late answer is nobody’s', async () => {
  const { wire, pipe } = letIn();
  const asked = expect(wire.ask('people:me', {})).rejects.toThrow('no answer');
  await vi.advanceTimersByTimeAsync(8000);
  await asked;
  pipe.frame('430[{"ok":true}]');
  expect(wire.connected).toBe(true);
});

test('says why it was not let in', () => {
  const { wire, pipe, heard } = aWire();
  pipe.frame('0{"sid":"a"}');
  pipe.frame('44{"message":"no","data":{"ok":false,"error":{"code":"unauthenticated"}}}');
  expect(heard).toEqual([['refused', { ok: false, error: { code: 'unauthenticated' } }], 'gone']);
  expect(wire.connected).toBe(false);
});

test.each([
  ['the hub says goodbye', '41'],
  ['the hub closes', '1'],
  ['what comes is not this protocol', '42[half'],
])('ends once when %s', async (_, frame) => {
  const { wire, pipe, heard } = letIn();
  const asked = expect(wire.ask('people:me', {})).rejects.toThrow('no answer');
  pipe.frame(frame);
  pipe.end();
  pipe.frame('42["stream:event",{}]');
  await asked;
  expect(heard).toEqual(['connected', 'gone']);
  expect(pipe.closed).toBe(1);
});

test('gives up where nobody lets it in for 8 s', () => {
  const { heard } = aWire();
  vi.advanceTimersByTime(8000);
  expect(heard).toEqual(['gone']);
});

test('does not send what may be lost where much is waiting', () => {
  const { wire, pipe, sent } = letIn();
  wire.tell('typing:on', { stream: 'room:1' });
  Object.assign(pipe, { bufferedAmount: 20_000 });
  wire.tell('typing:on', { stream: 'room:2' });
  expect(sent.slice(1)).toEqual(['42["typing:on",{"stream":"room:1"}]']);
});

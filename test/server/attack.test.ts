import { connect as dial } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { derivedId } from '#shared/wire/ids.ts';
import { dataHash, eventHash } from '#shared/wire/stream.ts';
import { findSimilar } from '#shared/incidents/incidents.similar.ts';
import { phoneIn } from '#server/responses/public.page.ts';
import { xml } from '#server/responses/public.feeds.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { eventually, newId, signIn } from '../support/client.ts';

/* What somebody could send who means harm: each of these once ended the hub, held it, or got further than it should. */

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});

/** What comes back on a line of its own to a handshake that asks for this address; '' where it is only closed. */
function upgrade(address: string, headers: Record<string, string> = {}): Promise<string> {
  const { hostname, port } = new URL(app.url);
  const all = { host: 'hub', connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return new Promise((resolve, reject) => {
    const line = dial(Number(port), hostname, () => {
      line.write(
        `GET ${address} HTTP/1.1\r\n${lines.join('\r\n')}\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
    });
    let heard = '';
    line.setTimeout(3_000, () => line.destroy(new Error('left open')));
    line.on('data', (bytes) => (heard += bytes.toString()));
    line.on('error', reject);
    line.on('close', () => {
      resolve(heard.split('\r\n', 1)[0] ?? '');
    });
  });
}

describe('a handshake', () => {
  test.each([
    '//',
    '///',
    '//:0/x',
    'http://[',
    '/socket.io',
    '/x/../socket.io/',
    '/%2e%2e/socket.io/',
    '/collab/',
    '/collab/a/b',
  ])('for %s is refused, not left open, and the hub lives', async (address) => {
    expect(await upgrade(address, { origin: app.url })).toMatch(/^HTTP\/1\.1 40[034]/);
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });
});

describe('over the socket', () => {
  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'])('%s is no command', async (name) => {
    const worker = await signIn(app, 'worker');
    expect((await worker.request(name, {})).error?.code).toBe('not_found');
  });

  test('what is nested thousands of times is wrong input, not a failure of the hub', async () => {
    const worker = await signIn(app, 'worker');
    const headers = { cookie: worker.cookie, origin: app.url, 'x-linli': '1', 'content-type': 'application/json' };
    const body = `{"text":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
    expect((await fetch(`${app.url}/api/forum/post`, { method: 'POST', headers, body })).status).toBe(400);
  });

  test('nobody takes the id of what will follow from somebody else', async () => {
    const worker = await signIn(app, 'worker');
    const [room] = (await worker.done('forum:rooms', {}))['rooms'] as { id: string }[];
    const id = derivedId(sha256, newId(), 'mention');
    const input = { id, room: room?.id, text: 'x' };
    expect((await worker.request('forum:post', input)).error).toMatchObject({ code: 'bad_input', field: 'id' });
    expect((await worker.http('forum/post', input)).status).toBe(400);
  });

  test('half a character is stored as it is hashed', async () => {
    const officer = await signIn(app, 'officer');
    const input = { id: newId(), unit: app.unit('wenshu'), title: 'half \ud83d', what: 'a' };
    const { incident } = (await officer.http('incidents/flag', input)).body;
    const [event] = await app.app.streams.read(`incident:${String(incident)}`, 1, 1);
    expect(event && eventHash(sha256, { ...event, dataHash: dataHash(sha256, event.data) })).toBe(event?.hash);
  });

  test('two thousand names of streams that are not there are all answered alike', async () => {
    const worker = await signIn(app, 'worker');
    const kinds = ['room', 'incident', 'response', 'meeting', 'doc', 'log', 'person', 'unit', 'nothing'];
    const asked = Array.from({ length: 2_000 }, (_, i) => `${kinds[i % kinds.length] ?? ''}:${newId()}`);
    const answers = await Promise.all(asked.map((stream) => worker.request('stream:open', { stream, have: 0 })));
    expect(new Set(answers.map(({ error }) => error?.code))).toEqual(new Set(['not_found']));
  });

  test('a stranger does not learn from a used id that something is there', async () => {
    const officer = await signIn(app, 'officer');
    const stranger = await signIn(app, 'outsider');
    const id = newId();
    await officer.done('incidents:flag', { id, unit: app.unit('wenshu'), title: 'a', what: 'a' });
    const probe = (incident: string) => stranger.request('incidents:accept', { id: incident, incident, expected: 1 });
    expect(await probe(id)).toEqual(await probe(newId()));
  });
});

describe('what was written by people', () => {
  test('is looked through in time that does not grow with its square', () => {
    const text = '一'.repeat(4_000);
    const candidate = { incident: '', code: '', title: '', text, unit: 'u', category: 'other' as const, at: 0 };
    const began = performance.now();
    findSimilar(
      { text, unit: 'u', category: undefined, at: 0 },
      Array.from({ length: 100 }, () => candidate),
    );
    phoneIn({ type: 'paragraph', text: `x${'：'.repeat(60_000)}` });
    expect(performance.now() - began).toBeLessThan(1_000); // it was eight seconds
  });

  test('leaves a feed readable', () => {
    expect(xml('a\u0000\u0008\ufffe<&"b')).toBe('a&lt;&amp;&quot;b');
  });

  test('a name shows all of itself', async () => {
    const admin = await signIn(app, 'admin');
    const input = { unit: app.unit('qingyang-street'), login: 'mirror', password: 'x'.repeat(12) };
    for (const name of ['陈静\u202e', '陈\u200b静', '陈静\n', 'a\u0000'])
      expect((await admin.request('people:enrol', { ...input, id: newId(), name })).error?.code).toBe('bad_input');
  });
});

test('a title shows all of itself, and nothing that came along unseen when it was pasted', async () => {
  const admin = await signIn(app, 'admin');
  const [room, unseen] = [newId(), newId()];
  const facts = { unit: app.unit('wenshu'), kind: 'open', audience: 'unit' };
  await admin.done('forum:create', { ...facts, id: room, title: '\ufeff停水\u202e知通\u202c\n第\u200b二次 👨‍👩‍👧' });
  const nothing = [
    '\u200b\u202e\n',
    '\u200d',
    '\u200c \u200d',
    '\u00ad',
    '\u034f',
    '\u3164',
    '\u115f\u1160',
    '\uffa0',
    '\u2800',
    '\ufe0f',
    '\u{e0061}',
    '\u3000',
  ];
  for (const title of nothing) {
    const refused = await admin.request('forum:create', { ...facts, id: unseen, title });
    expect(refused.error?.code, JSON.stringify(title)).toBe('bad_input');
  }
  const [opened] = await app.app.streams.read(`room:${room}`, 1, 1, 1);
  expect((opened?.data as { title: string }).title).toBe('停水知通 第二次 👨‍👩‍👧');
});

test('signing out closes every line of that session at once, documents too', async () => {
  const officer = await signIn(app, 'officer');
  const { doc } = await officer.done('minutes:create', {
    ...{ id: newId(), unit: app.unit('wenshu'), title: 'a', body: 'committee', startsAt: new Date().toISOString() },
  });
  const { WebSocket } = await import('ws');
  const line = new WebSocket(`${app.url.replace('http', 'ws')}/collab/${String(doc)}`, {
    headers: { cookie: officer.cookie, origin: app.url },
  });
  const closed = new Promise<number>((resolve) => line.once('close', resolve));
  await new Promise((resolve) => line.once('message', resolve));
  const headers = { cookie: officer.cookie, origin: app.url, 'x-linli': '1' };
  await fetch(`${app.url}/api/session`, { method: 'DELETE', headers });
  expect(await closed).toBe(4401);
  await eventually(() => !officer.socket.connected);
});

test('what is similar is named to nobody who may not read it', async () => {
  const { features } = app.app;
  const actor = (login: string) => {
    const found = features.directory.actor(app.person(login));
    if (found === undefined) throw new Error(login);
    return found;
  };
  const street = actor('deputy'); // an officer of the street
  const what = '金马街3号院停水，水管在院门口爆裂';
  const elsewhere = features.directory.units().find((unit) => unit.level === 'community' && unit.code !== 'wenshu');
  if (elsewhere === undefined) throw new Error('one community only');
  const { flag, view } = features.incidents.service;
  await flag(street, { id: newId(), unit: elsewhere.id, title: '停水', what });
  const { incident, similar } = await flag(street, { id: newId(), unit: app.unit('wenshu'), title: '停水', what });
  expect(similar).toHaveLength(1);
  expect((await view(street, { incident })).incident.similar).toHaveLength(1);
  expect((await view(actor('officer'), { incident })).incident.similar).toEqual([]);
  const [born] = await app.app.streams.read(`incident:${incident}`, 1, 1);
  const reader = await features.incidents.openReader(actor('officer'), incident);
  expect(born && reader?.view(born)).toMatchObject({ data: { similar: [] } });
});

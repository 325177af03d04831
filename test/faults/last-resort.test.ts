import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { cookieFor, eventually, newId, signIn, type TestClient } from '../support/client.ts';
import { startHub, type Hub } from '../support/hub.ts';
import { temporaryFolder } from '../support/streams.ts';

/* What the process does when nothing else has caught it, and what it says of itself meanwhile. */

const LEAVES_WITHIN = 15_000; // ms; it promises two seconds, this machine may be busy
const FORGED = '\\n{"level":60,"msg":"forged"}';

/** A hub that comes to harm when it is signalled. */
async function doomed(folder: string, harm: string): Promise<Hub> {
  const plant = path.join(await temporaryFolder(), 'plant.cjs');
  await writeFile(plant, `process.on('SIGUSR2', () => { ${harm}; });`);
  const hub = await startHub(folder, { NODE_OPTIONS: `--require ${plant}`, LINLI_LOG: 'trace' });
  onTestFinished(() => hub.kill());
  return hub;
}

/** Lets it happen; resolves with the exit code. */
async function strike(hub: Hub): Promise<number | null> {
  process.kill(hub.pid, 'SIGUSR2');
  await eventually(() => !hub.isRunning(), LEAVES_WITHIN);
  return hub.stop();
}

async function openRoom(client: TestClient): Promise<string> {
  const { rooms } = (await client.done('forum:rooms', {})) as unknown as { rooms: { id: string; kind: string }[] };
  return rooms.find(({ kind }) => kind === 'open')?.id ?? '';
}

test('an error nobody caught ends the hub with 1, and what it acknowledged is there afterwards', async () => {
  const folder = await temporaryFolder();
  const first = await doomed(folder, 'throw new Error("planted")');
  const before = await signIn(first, 'worker');
  const room = await openRoom(before);
  await before.done('forum:post', { id: newId(), room, text: '停水了' });
  expect(await strike(first)).toBe(1);
  expect(first.errors()).toContain('uncaught exception');
  const second = await doomed(folder, 'void Promise.reject(new Error("planted"))');
  const after = await signIn(second, 'worker');
  const { messages } = (await after.done('forum:messages', { room })) as unknown as { messages: { text: string }[] };
  expect(messages.map(({ text }) => text)).toContain('停水了');
  expect(await strike(second)).toBe(1);
  expect(second.errors()).toContain('unhandled rejection');
});

test('the log is one line of JSON after another and holds no password, cookie, name or words', async () => {
  const hub = await doomed(await temporaryFolder(), `throw new Error('planted${FORGED}')`);
  const worker = await signIn(hub, 'worker');
  const secret = worker.cookie.split('=')[1] ?? 'none';
  await worker.done('forum:post', { id: newId(), room: await openRoom(worker), text: '金丝雀在此' });
  await expect(cookieFor(hub.url, 'worker', '金丝雀口令一二三四五六')).rejects.toThrow('unauthenticated');
  for (const address of [`/api/forum/%0a${encodeURIComponent('{"msg":"forged"}')}`, '/api/people/me?%0d%0aforged'])
    await fetch(`${hub.url}${address}`, { headers: { cookie: worker.cookie, 'user-agent': 'jinsique' } });
  await strike(hub);
  const lines = hub.errors().split('\n').filter(Boolean);
  const said = lines.map((line) => JSON.parse(line) as { msg?: string });
  expect(said.map(({ msg }) => msg)).toContain('uncaught exception');
  expect(said.map(({ msg }) => msg)).not.toContain('forged');
  for (const canary of ['金丝雀', 'jinsique', 'linli-demo', secret, '李华']) expect(hub.errors()).not.toContain(canary);
});

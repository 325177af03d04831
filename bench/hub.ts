import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSubject, type Subject } from './process.ts';

const CLI = ['--disable-proto=throw', path.resolve('dist/server/cli.js'), 'demo'];
/** Collects garbage when it is asked to, so that memory can be compared. */
const COLLECT = ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc())'];
const SIGNED_IN = 200; // people; Argon2 is slow on purpose, so their cookies are shared

export interface Crowd {
  /** Removed by `remove`. */
  folder: string;
  cookies: string[];
  room: string;
  remove: () => Promise<void>;
}

const envOf = (folder: string): Record<string, string> => ({
  LINLI_PORT: '0',
  LINLI_STORE: `embedded:${folder}`,
  LINLI_LIMITS: 'off',
  LINLI_LOG: 'error',
});

/** The session's cookie of a demo person. */
export async function signIn(url: string, name: string): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, 'x-linli': '1' },
    body: JSON.stringify({ name, password: 'linli-demo' }),
  });
  if (!response.ok) throw new Error(`${name} could not sign in: ${await response.text()}`);
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

/** Seeds a store in `folder` with the demo and `load`, as `linli demo --load` takes it. */
export async function seedStore(folder: string, load: string): Promise<void> {
  const hub = await startSubject([...CLI, '--load', load], envOf(folder), 3 * 3600_000);
  await hub.stop();
}

/** A store with one room of `members` people, some of them signed in. Made once; every pass starts from a copy. */
export async function makeCrowd(members: number): Promise<Crowd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-bench-'));
  const people = Math.min(members, SIGNED_IN);
  await seedStore(folder, `rooms=1,members=${people}`);
  const hub = await startDemo(folder);
  const cookies: string[] = [];
  for (let n = 1; n <= people; n += 4) {
    const names = Array.from(
      { length: Math.min(4, people - n + 1) },
      (_, i) => `load${String(n + i).padStart(4, '0')}`,
    );
    cookies.push(...(await Promise.all(names.map((name) => signIn(hub.url, name)))));
  }
  const answer = await fetch(`${hub.url}/api/forum/rooms`, { headers: { cookie: cookies[0] ?? '' } });
  const { rooms } = (await answer.json()) as { rooms: { id: string; title: string }[] };
  const room = rooms.find(({ title }) => title === 'load-0001')?.id;
  await hub.stop();
  if (room === undefined) throw new Error('the hub made no room for the load');
  return { folder, cookies, room, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** The built hub on a fresh copy of the crowd's store. */
export async function startHub(crowd: Crowd): Promise<Subject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'linli-bench-'));
  await cp(crowd.folder, folder, { recursive: true });
  const hub = await startSubject([...COLLECT, ...CLI], envOf(folder));
  const stop = async (): Promise<void> => {
    await hub.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...hub, stop };
}

/** The built hub on a store that is there already, as it is started every day. */
export const startDemo = (folder: string): Promise<Subject> => startSubject(CLI, envOf(folder));

/** Socket.IO and nothing else. */
export const startBare = (): Promise<Subject> =>
  startSubject([...COLLECT, '--import', 'tsx', path.resolve('bench/bare.ts')]);

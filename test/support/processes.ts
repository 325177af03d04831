import process from 'node:process';
import { onTestFinished } from 'vitest';
import { startApp } from './app.ts';
import { environmentOf, startHub, type Hub } from './hub.ts';
import { startRedis, type Redis } from './redis.ts';
import { temporaryFolder } from './streams.ts';
import { aLink, type Link } from './cut-line.ts';

/** Its SQLite ends with SIGBUS in its write-ahead log under several hubs, and later tests need the server. */
const DIES = 'ferretdb';

export interface Processes {
  hubs: readonly Hub[];
  urls: readonly string[];
  redis: Redis;
  /** The last hub's way to Redis. */
  way: Link;
}

/** Hubs as processes of their own on one store, one folder of keys and one Redis; the last one reaches it by a way of its own. */
export async function startProcesses(count: number, cli?: string): Promise<Processes> {
  if (process.env['LINLI_TEST_SERVER'] === DIES) throw new Error(`${DIES} does not survive several processes`);
  const redis = await startRedis(process.env['LINLI_TEST_INSTALLED'] ?? '');
  onTestFinished(redis.kill);
  const way = await aLink(redis.url);
  const folder = await temporaryFolder();
  await (await startApp({ folder, env: environmentOf(folder) })).close(); // the demo's people, without its story
  const hubs = await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const url = i === count - 1 ? way.url.replace('http:', 'redis:') : redis.url;
      return startHub(folder, { LINLI_REDIS: url }, cli);
    }),
  );
  onTestFinished(async () => {
    await Promise.all(hubs.map((hub) => hub.kill()));
  });
  return { hubs, urls: hubs.map(({ url }) => url), redis, way };
}

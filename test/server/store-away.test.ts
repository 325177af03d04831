import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import mongoose from 'mongoose';
import { expect, test } from 'vitest';
import { StorageError } from '#server/platform/embedded/errors.ts';
import { isStoreAway } from '#server/platform/store-errors.ts';
import { openStore } from '#server/platform/store.ts';
import { temporaryFolder } from '../support/streams.ts';

/** A port of this machine where a connection is refused. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a hub whose MongoDB is not there says so in one sentence without a password, and ends', async () => {
  const folder = await temporaryFolder();
  const port = await closedPort();
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--import', './server/dev/svelte-hook.js', 'server/main.ts'],
    {
      env: {
        ...process.env,
        LINLI_PORT: '0',
        LINLI_STORE: `mongodb://linli:geheim@127.0.0.1:${port}/linli?authSource=admin`,
        LINLI_FILES: path.join(folder, 'files'),
        LINLI_SECRETS: path.join(folder, 'secrets'),
        LINLI_LOG: 'silent',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect(said).toBe(
    `The store cannot be opened: mongodb://127.0.0.1:${port}/linli did not answer within 10 s: ` +
      `connect ECONNREFUSED 127.0.0.1:${port}.\n`,
  );
  expect(code).toBe(78);
}, 40_000);

test('a URL that turns on compression is refused before anybody is called', async () => {
  await expect(openStore('mongodb://127.0.0.1:9/linli?compressors=zlib')).rejects.toThrow('compressors must be none');
});

test('what means that a store is away is told from what means that it refused', () => {
  const { MongoNetworkError, MongoServerError, MongoNotConnectedError } = mongoose.mongo;
  const steppedDown = new MongoServerError({ code: 189, message: 'x' });
  for (const away of [new MongoNetworkError('x'), new MongoNotConnectedError('x'), steppedDown, new StorageError('x')])
    expect(isStoreAway(away)).toBe(true);
  for (const refused of [new MongoServerError({ code: 11_000, message: 'x' }), new Error('x'), 'x', null])
    expect(isStoreAway(refused)).toBe(false);
});

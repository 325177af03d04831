import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { refuseNetworkDisk } from '#server/config.disk.ts';
import { ConfigError, readConfig, refuseOpenSecrets } from '#server/config.ts';
import { temporaryFolder } from '../support/streams.ts';

test.each([
  ['a port that is none', { LINLI_PORT: '99999' }, 'LINLI_PORT'],
  ['a host without a name', { LINLI_HOST: '' }, 'LINLI_HOST'],
  ['a store of a kind nobody knows', { LINLI_STORE: 'postgres://db/linli' }, 'LINLI_STORE'],
  ['a store without a folder', { LINLI_STORE: 'embedded:' }, 'LINLI_STORE'],
  ['an origin with a path', { LINLI_ORIGIN: 'https://linli.example/app' }, 'LINLI_ORIGIN'],
  ['an origin that is a wish', { LINLI_ORIGIN: '*' }, 'LINLI_ORIGIN'],
  ['one wrong origin among right ones', { LINLI_ORIGIN: 'https://linli.example, evil' }, 'LINLI_ORIGIN'],
  ['a level of logging that is none', { LINLI_LOG: 'everything' }, 'LINLI_LOG'],
  ['limits that are neither', { LINLI_LIMITS: 'some' }, 'LINLI_LIMITS'],
  ['no limits where others can reach it', { LINLI_LIMITS: 'off', LINLI_HOST: '0.0.0.0' }, 'LINLI_LIMITS'],
  ['no limits on a name that may be anywhere', { LINLI_LIMITS: 'off', LINLI_HOST: 'linli.example' }, 'LINLI_LIMITS'],
  ['a MongoDB in the open without TLS', { LINLI_STORE: 'mongodb://u:p@db.example.org/linli' }, 'tls=true'],
  ['one such host among near ones', { LINLI_STORE: 'mongodb://10.0.0.1,203.0.113.7:27017/linli' }, 'tls=true'],
  ['a Redis for a store of one process', { LINLI_REDIS: 'redis://127.0.0.1' }, 'LINLI_STORE is a folder'],
  ['a Redis that is none', { LINLI_REDIS: 'http://127.0.0.1', LINLI_STORE: 'mongodb://mongo/linli' }, 'LINLI_REDIS'],
  ['a Redis in the open', { LINLI_REDIS: 'redis://db.example.org', LINLI_STORE: 'mongodb://mongo/linli' }, 'rediss:'],
  ['TLS turned off', { LINLI_STORE: 'mongodb+srv://db.example.org/linli?tls=false' }, 'tls=true'],
])('%s stops the start with a sentence that names the setting', (_what, env: Record<string, string>, named) => {
  const read = () => readConfig(env, { demo: false, store: 'embedded:./data' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(named);
});

test.each([
  'mongodb://127.0.0.1:27017/linli',
  'mongodb://u:p%40@[::1]:27017,10.1.2.3/linli?replicaSet=a',
  'mongodb://mongo/linli',
  'mongodb://[fd00::7]:27017/linli',
  'mongodb://db.example.org/linli?replicaSet=a&tls=true',
  'mongodb+srv://db.example.org/linli',
])('%s is a store nobody else listens to', (store) => {
  expect(readConfig({ LINLI_STORE: store }, { demo: false }).store).toBe(store);
});

test.each([
  'redis://127.0.0.1:6379',
  'redis://redis',
  'redis://:p@10.0.0.7/0',
  'redis://[::1]:6379',
  'rediss://u:p@r.example.org',
])('%s is a Redis nobody else listens to', (url) => {
  const config = readConfig({ LINLI_REDIS: url, LINLI_STORE: 'mongodb://mongo/linli' }, { demo: false });
  expect(config.redis).toBe(url);
});

test('the sources are served to no other machine', () => {
  const read = (host: string) => () => readConfig({ LINLI_HOST: host }, { demo: true, dev: true });
  expect(read('0.0.0.0')).toThrow('--dev');
  expect(read('127.0.0.1')).not.toThrow();
});

test('a key that others can read stops the start and is named', async () => {
  const folder = await temporaryFolder();
  await expect(refuseOpenSecrets(path.join(folder, 'none'))).resolves.toBeUndefined();
  const key = path.join(folder, 'signing-key.pem');
  await writeFile(key, 'x', { mode: 0o400 });
  await expect(refuseOpenSecrets(folder)).resolves.toBeUndefined();
  for (const mode of [0o440, 0o404, 0o620]) {
    await chmod(key, mode);
    await expect(refuseOpenSecrets(folder)).rejects.toThrow(ConfigError);
    await expect(refuseOpenSecrets(folder)).rejects.toThrow('signing-key.pem');
  }
});

test.each([
  ['NFS', 0x6969],
  ['CIFS', 0xff534d42],
  ['CIFS', 0xff534d42 - 2 ** 32], // as a machine of 32 bits has it
  ['SMB 2', 0xfe534d42],
  ['Ceph', 0x00c36400],
])('a store on %s (%i) stops the start with a sentence that names the setting', async (kind, type) => {
  const asked = refuseNetworkDisk('embedded:/srv/linli', () => Promise.resolve(type));
  await expect(asked).rejects.toThrow(ConfigError);
  await expect(refuseNetworkDisk('embedded:/srv/linli', () => Promise.resolve(type))).rejects.toThrow(
    `LINLI_STORE is on a network file system (${kind})`,
  );
});

test('a store on a disk of this machine is taken, also before its folder is there, and so is one elsewhere', async () => {
  for (const type of [0xef53, 0x9123683e, 0x58465342, 0x01021994, 0x794c7630, 0x65735546])
    await expect(refuseNetworkDisk('embedded:/srv/linli', () => Promise.resolve(type))).resolves.toBeUndefined();
  const folder = path.join(await temporaryFolder(), 'not', 'yet');
  await expect(refuseNetworkDisk(`embedded:${folder}`)).resolves.toBeUndefined();
  await expect(refuseNetworkDisk('mongodb://127.0.0.1/linli', () => Promise.resolve(0x6969))).resolves.toBeUndefined();
});

import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { loadSetupCode } from '#server/people/people.setup.ts';
import { loadKey } from '#server/platform/secrets.ts';
import { loadSigner } from '#server/platform/signing.ts';
import { temporaryFolder } from '../support/streams.ts';

const PROCESSES = 8;
const STARTS = 50; // they seldom meet at the very moment
const together = <T>(load: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: PROCESSES }, load));

test('processes that start at the same moment have the same keys and the same set-up code', async () => {
  const folder = await temporaryFolder();
  for (let start = 0; start < STARTS; start++) {
    const codes = await together(() => loadSetupCode(path.join(folder, String(start))));
    expect(new Set(codes.map(({ code }) => code)).size).toBe(1);
  }
  const secrets = path.join(folder, '0');
  const keys = await together(() => loadKey(secrets, 'account-key'));
  expect(new Set(keys.map((key) => key.sign('ada'))).size).toBe(1);
  const signers = await together(() => loadSigner(secrets));
  expect(new Set(signers.map(({ keyId }) => keyId)).size).toBe(1);
  expect((await readdir(secrets)).sort()).toEqual([
    'account-key',
    'setup-code',
    'signing-key.pem',
    'signing-key.pub.pem',
  ]);
});

test('what is secret is read by the service alone, is kept, and has the public key of now beside it', async () => {
  const secrets = path.join(await temporaryFolder(), 'secrets');
  const { keyId } = await loadSigner(secrets);
  expect((await loadSigner(secrets)).keyId).toBe(keyId);
  if (process.platform !== 'win32')
    for (const name of await readdir(secrets)) expect((await stat(path.join(secrets, name))).mode & 0o077).toBe(0);
  await rm(path.join(secrets, 'signing-key.pem'));
  const other = await loadSigner(secrets);
  expect(other.keyId).not.toBe(keyId);
  expect(await readFile(path.join(secrets, 'signing-key.pub.pem'), 'utf8')).toBe(other.publicKey);
});

test('a key that is none is never signed with, nor replaced', async () => {
  const secrets = await temporaryFolder();
  for (const name of ['account-key', 'signing-key.pem']) await writeFile(path.join(secrets, name), 'half');
  await expect(loadKey(secrets, 'account-key')).rejects.toThrow('no key of 32 bytes');
  await expect(loadSigner(secrets)).rejects.toThrow();
  expect(await readFile(path.join(secrets, 'signing-key.pem'), 'utf8')).toBe('half');
});

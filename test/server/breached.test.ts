import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '#server/config.ts';
import { openBreachedList } from '#server/config.breached.ts';
import { openBreached } from '#server/people/people.breached.ts';
import { ask, HOUR, startReal } from '../support/account.ts';
import { DEMO_PASSWORD, startApp } from '../support/app.ts';
import { newId } from '../support/client.ts';
import { temporaryFolder } from '../support/streams.ts';

/* Passwords that were found in breaches: an operator's file of millions, looked through without being read. */

const SEED = 20_261_129;

const hashOf = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();
/** Lines as they are downloaded. */
const linesOf = (passwords: readonly string[], count: (at: number) => number = () => 1): string[] =>
  [...new Set(passwords)]
    .map(hashOf)
    .sort()
    .map((hash, at) => `${hash}:${count(at)}`);

async function fileOf(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), 'breached.txt');
  await writeFile(file, text);
  return file;
}

/** What a list of this text answers to each. */
async function answers(file: string, text: string, asked: readonly string[]): Promise<boolean[]> {
  await writeFile(file, text);
  const list = await openBreached(file);
  try {
    return await Promise.all(asked.map(list.has));
  } finally {
    await list.close();
  }
}

test(`a password is found in a file if it stands there, whatever its size and ends of lines (seed ${SEED})`, async () => {
  const file = await fileOf('');
  const ends = fc.record({ end: fc.constantFrom('\n', '\r\n'), isLast: fc.boolean() });
  const counts = fc.array(fc.oneof(fc.nat(9), fc.nat(99_999_999)), { minLength: 1, maxLength: 7 });
  const words = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 400, size: 'max' });
  const property = fc.asyncProperty(
    words,
    fc.uniqueArray(fc.string()),
    counts,
    ends,
    async (held, asked, many, how) => {
      const lines = linesOf(held, (at) => many[at % many.length] ?? 1);
      const text = lines.join(how.end) + (how.isLast ? how.end : '');
      expect(await answers(file, text, held)).toEqual(held.map(() => true)); // the first line and the last among them
      expect(await answers(file, text, asked)).toEqual(asked.map((password) => held.includes(password)));
    },
  );
  await fc.assert(property, { seed: SEED, numRuns: 60 });
});

test('one line is a list too, and what would stand before the first line or after the last is in none', async () => {
  const file = await fileOf('');
  const words = Array.from({ length: 50 }, (_, n) => `word ${n}`).sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1));
  const [first = '', last = '', ...between] = [words[0], words.at(-1), ...words.slice(1, -1)];
  for (const end of ['\n', '\r\n'])
    for (const after of ['', end]) {
      const single = linesOf(['word 7']).join(end) + after;
      expect(await answers(file, single, ['word 7', first, last])).toEqual([true, false, false]);
      expect(await answers(file, linesOf(between.map(String)).join(end) + after, [first, last])).toEqual([
        false,
        false,
      ]);
    }
});

test('a list that is missing, or no list, stops the start with a sentence that names the setting', async () => {
  const lines = linesOf(Array.from({ length: 2_000 }, (_, n) => `word ${n}`));
  const [line = ''] = lines;
  const wrong: Record<string, string> = {
    nothing: '',
    'something else': '<!doctype html><title>not found</title>\n'.repeat(100),
    'one long line': 'A'.repeat(5_000),
    'no counts': lines.map((one) => one.slice(0, 40)).join('\n'),
    'hashes in small letters': lines.join('\n').toLowerCase(),
    'the hashes of another kind': lines.map((one) => one.slice(8)).join('\n'),
    'another order': lines.toReversed().join('\n'),
    'no order': lines.toSorted((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1)).join('\n'),
    'an end that broke off': `${lines.join('\n')}\n${'F'.repeat(38)}`,
    'an empty line at the end': `${line}\n\n`,
  };
  const refused = async (file: string): Promise<void> => {
    await expect(openBreachedList(file)).rejects.toThrow(ConfigError);
    await expect(openBreachedList(file)).rejects.toThrow(`LINLI_BREACHED is not usable: ${file}`);
  };
  for (const text of Object.values(wrong)) await refused(await fileOf(text));
  const folder = await temporaryFolder();
  await refused(folder);
  await refused(path.join(folder, 'none'));
  const env = { LINLI_BREACHED: path.join(folder, 'none') };
  await expect(startApp({ folder, env })).rejects.toThrow('LINLI_BREACHED');
  expect(() => readConfig({ LINLI_BREACHED: '' }, { demo: false })).toThrow('LINLI_BREACHED');
});

test('nobody chooses or is given a password that was found in a breach, and of any other nothing is said', async () => {
  const breached = 'my umbrella is at the station';
  const list = await fileOf(linesOf(['one more', breached, 'and another']).join('\r\n'));
  const { app, enter, enrolled } = await startReal({ LINLI_BREACHED: list });
  const [cookie = ''] = (await enter('worker')).cookies;
  const change = (password: string) => ask(app.url, cookie, 'people:change-password', { old: DEMO_PASSWORD, password });
  expect((await change(breached)).error?.code).toBe('people.password_common');
  expect((await enter('worker')).status).toBe(200); // nothing was changed
  expect(await change(`${breached} again`)).toMatchObject({ ok: true });

  const { cookie: admin } = await enrolled('admin');
  const given = { id: newId(), password: breached };
  const reset = await ask(app.url, admin, 'people:reset-password', { ...given, person: app.person('worker2') });
  expect(reset.error?.code).toBe('people.password_common');
  const who = { unit: app.unit('wenshu'), login: 'new.one', name: '新人' };
  expect((await ask(app.url, admin, 'people:enrol', { ...given, ...who })).error?.code).toBe('people.password_common');
  const other = { ...given, password: `${breached} again` };
  expect(await ask(app.url, admin, 'people:enrol', { ...other, ...who })).toMatchObject({ ok: true });
});

test('the first administrator takes no password that was found in a breach', async () => {
  const breached = 'my umbrella is at the station';
  const env = { LINLI_BREACHED: await fileOf(linesOf([breached])[0] ?? '') };
  const { app, url } = await startApp({ seed: false, env });
  const setUp = async (password: string): Promise<unknown> => {
    const response = await fetch(`${url}/api/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: url, 'x-linli': '1' },
      body: JSON.stringify({ code: app.features.setup.code, login: 'first', name: '主任', password }),
    });
    return response.json();
  };
  expect(await setUp(breached)).toMatchObject({ error: { code: 'people.password_common' } });
  expect(await setUp(`${breached} again`)).toMatchObject({ ok: true });
});

test('while the list cannot be read nobody chooses a password, and the old one stays', async () => {
  const list = await fileOf(linesOf(Array.from({ length: 100 }, (_, n) => `word ${n}`)).join('\n'));
  const { app, later, enter } = await startReal({ LINLI_BREACHED: list });
  const [cookie = ''] = (await enter('worker')).cookies;
  await truncate(list, 0); // under the running hub
  const password = 'a river runs behind it';
  const change = await ask(app.url, cookie, 'people:change-password', { old: DEMO_PASSWORD, password });
  expect(change.error?.code).toBe('internal');
  later(HOUR);
  expect((await enter('worker', { password })).status).toBe(401);
  expect((await enter('worker')).status).toBe(200);
});

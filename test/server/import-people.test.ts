import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { importPeople } from '#server/cli/import-people.ts';
import { readConfig } from '#server/config.ts';
import type * as StreamsModule from '#server/platform/streams.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cookieFor } from '../support/client.ts';
import { storeAt } from '../support/store-url.ts';

/** The process dies right after this many more events are on the disk, before anything that follows from the last. */
const fault = vi.hoisted(() => ({ after: Infinity }));
vi.mock('#server/platform/streams.ts', async (original) => {
  const real = await original<typeof StreamsModule>();
  const createStreams: typeof real.createStreams = (deps) => {
    const streams = real.createStreams(deps);
    return {
      ...streams,
      append: async (...given) => {
        const event = await streams.append(...given);
        if (--fault.after === 0) throw new Error('the process died here');
        return event;
      },
    };
  };
  return { ...real, createStreams };
});

const PEOPLE = [
  '登录名,姓名,单位,岗位,止',
  'lihua2,李花,文殊社区,社区工作者,',
  'lihua2,李花,文殊社区,信息员,2099-12-31',
  'chenlei,陈磊,babaojie,社区工作者,',
  'chenlei,陈磊,babaojie,审签人,',
  'worker,李华,文殊社区,信息员,', // there already
];

let folder: string;
let file: string;

/** A closed store with the demo's people, and a table beside it. */
async function given(lines: readonly string[]): Promise<void> {
  fault.after = Infinity;
  const app = await startApp();
  await app.close();
  folder = app.folder;
  file = path.join(folder, 'people.csv');
  await writeFile(file, lines.join('\n'));
}

function settings() {
  const env = {
    LINLI_FILES: path.join(folder, 'files'),
    LINLI_SECRETS: path.join(folder, 'secrets'),
    LINLI_LOG: 'silent',
  };
  return readConfig(env, { demo: true, store: storeAt(folder) });
}
const run = (apply: boolean, by = 'admin') => importPeople(settings(), { file, by, apply });
const reopen = (): Promise<TestApp> => startApp({ folder });

async function passwords(): Promise<Map<string, string>> {
  const lines = (await readFile(`${file}.passwords.csv`, 'utf8')).trim().split('\n').slice(1);
  return new Map(lines.map((line) => [line.split(',')[0] ?? '', line.split(',').at(-1) ?? ''] as const));
}

/** What people of the table hold, and how often each was written. */
async function written(app: TestApp) {
  const { directory } = app.app.features;
  const { streams } = app.app;
  const events = async (stream: string) => streams.read(stream, 1, (await streams.head(stream)).seq, 500);
  const ids = ['lihua2', 'chenlei', 'worker'].map((login) => directory.withLogin(login)?._id ?? login);
  const enrolled = await Promise.all(
    ids.map(async (id) => (await events(`person:${id}`)).filter(({ type }) => type === 'people.enrolled').length),
  );
  const units = await Promise.all(['wenshu', 'babaojie'].map((code) => events(`unit:${app.unit(code)}`)));
  const posts = units.flat().filter(({ data }) => ids.includes((data as { person?: string }).person ?? ''));
  return { enrolled, posts: posts.map(({ type, data }) => `${type} ${(data as { role: string }).role}`).sort() };
}

const WHOLE = {
  enrolled: [1, 1, 1],
  posts: [
    'people.appointed officer',
    'people.appointed officer',
    'people.appointed worker',
    'people.appointed worker',
    'people.appointed worker',
    'people.proposed approver',
  ],
};

test('a dry run says what would be done and writes nothing; applying does it, with passwords that only their owner can read', async () => {
  await given(PEOPLE);
  const dry = await run(false);
  expect(dry.problems).toBe('');
  expect(dry.told).toContain('2 people to enrol, 4 posts to give, 1 to propose to a second administrator, 0 there');
  await expect(stat(`${file}.passwords.csv`)).rejects.toThrow('ENOENT');

  const done = await run(true);
  expect((await stat(`${file}.passwords.csv`)).mode & 0o777).toBe(0o600);
  const secrets = await passwords();
  expect([...secrets.keys()].sort()).toEqual(['chenlei', 'lihua2']);
  for (const password of secrets.values()) expect(done.told).not.toContain(password);
  expect((await run(true)).told).toContain(
    '0 people to enrol, 0 posts to give, 0 to propose to a second administrator, 5',
  );
  const app = await reopen();
  expect(await written(app)).toEqual(WHOLE);
  await cookieFor(app.url, 'lihua2', secrets.get('lihua2'));
  await cookieFor(app.url, 'worker'); // keeps the password they had
});

test('names that look like those of others are told by line, and are taken all the same', async () => {
  const more = ['lihua3,李 華,文殊社区,信息员,', 'lihua4,陈石,文殊社区,信息员,', 'lihua4,陈石,babaojie,信息员,'];
  await given([...PEOPLE, ...more]); // lines 7 to 9
  const warned = (told: string): string[] => told.split('\n').filter((line) => line.startsWith('line '));
  const expected = ['line 7: 李 華 looks like 李华 (文殊社区)'];
  expect(warned((await run(false)).told)).toEqual(expected);
  const { told, problems } = await run(true);
  expect(problems).toBe('');
  expect(warned(told)).toEqual(expected);
  expect((await passwords()).size).toBe(4);
  expect(warned((await run(true)).told)).toEqual([]); // they are who they are
  await writeFile(file, [PEOPLE[0], 'a1,刘土,文殊社区,信息员,', 'a2,刘士,文殊社区,信息员,'].join('\n'));
  expect(warned((await run(false)).told)).toEqual(['line 3: 刘士 looks like 刘土 (line 2)']);
});

test('one bad line and nothing at all is imported; every bad line is named with its reason', async () => {
  const bad = [
    'chenlei,陈雷,babaojie,信息员,', // 7: another name for the same login
    'admin,刘洋,文殊社区,信息员,', // 8: the administrator themselves
    'lihua2,李花,文殊社区,信息员,', // 9: overlaps line 3
    'x1,甲,春熙路街道,信息员,', // 10: another district's
    'x2,乙,无此社区,信息员,', // 11
    'x3,丙,文殊社区,信息员,2001-01-01', // 12
    'officer,王民,文殊社区,信息员,', // 13
    '!!,丁,文殊社区,信息员,', // 14
    'x4,=HYPERLINK(1),文殊社区,信息员,', // 15
  ];
  await given([...PEOPLE, ...bad]);
  const { told, problems } = await run(true);
  expect(told).toBe('');
  const lines = problems.split('\n');
  expect(lines.map((line) => /^line (\d+)/.exec(line)?.[1])).toEqual([
    ...'7 8 9 10 11 12 13 14 15'.split(' '),
    undefined,
  ]);
  expect(lines[0]).toContain('陈磊');
  expect(lines[1]).toContain('Nobody gives themselves a post');
  expect(lines[2]).toBe('line 9: line 3 gives the same post for the same time');
  expect(lines[3]).toContain('not yours to administer');
  await expect(stat(`${file}.passwords.csv`)).rejects.toThrow('ENOENT');
  expect((await written(await reopen())).posts).toEqual(['people.appointed worker']);
});

test.each([1, 4])(
  'a run that dies after event %i is completed by the next, nothing twice, same passwords',
  async (n) => {
    await given(PEOPLE);
    fault.after = n;
    await expect(run(true)).rejects.toThrow('died');
    fault.after = Infinity;
    const before = await passwords();
    expect((await run(true)).told).not.toContain('looks like'); // nobody looks like themselves
    expect(await passwords()).toEqual(before);
    const app = await reopen();
    expect(await written(app)).toEqual(WHOLE);
    for (const [login, password] of before) await cookieFor(app.url, login, password);
  },
);

test('a file of passwords that others can read is not written to', async () => {
  await given(PEOPLE);
  await writeFile(`${file}.passwords.csv`, 'old\n');
  await chmod(`${file}.passwords.csv`, 0o644);
  await expect(run(true)).rejects.toThrow('others can read it');
  expect((await written(await reopen())).enrolled).toEqual([0, 0, 1]);
});

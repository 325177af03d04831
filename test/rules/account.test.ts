import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base32, codeAt, keyUri, stepOf } from '#server/people/people.totp.ts';
import { createThrottle, waitAfter, type Missed } from '#server/people/people.throttle.ts';
import { readConfig } from '#server/config.ts';
import { contract } from '#shared/contract.ts';
import { isFresh, isPrivileged, mayUse, needOf, type SessionFacts } from '#shared/people/account.rules.ts';
import { passwordFault } from '#shared/people/password.rules.ts';
import type { Contract } from '#shared/wire/define.ts';
import { seedIn } from '../support/account.ts';

const SEED = Buffer.from('12345678901234567890');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

test('codes are those of RFC 6238', () => {
  // Appendix B, SHA-1, the last six of its eight digits.
  const vectors = { 59: '287082', 1111111109: '081804', 1111111111: '050471', 1234567890: '005924' };
  for (const [at, code] of Object.entries(vectors)) expect(codeAt(SEED, Math.floor(Number(at) / 30)), at).toBe(code);
  expect(codeAt(SEED, Math.floor(20000000000 / 30))).toBe('353130');
});

test('a code is taken one step early or late, and no further', () => {
  const now = new Date(1_800_000_000_000);
  const step = Math.floor(now.getTime() / 30_000);
  for (const by of [-1, 0, 1]) expect(stepOf(SEED, codeAt(SEED, step + by), now), String(by)).toBe(step + by);
  for (const by of [-2, 2]) expect(stepOf(SEED, codeAt(SEED, step + by), now), String(by)).toBeUndefined();
});

test('an authenticator reads the seed it was shown', () => {
  expect(base32(Buffer.from('foobar'))).toBe('MZXW6YTBOI'); // RFC 4648 §10
  const uri = keyUri(SEED, { issuer: '邻里 Linli', login: 'wang.min' });
  expect(seedIn(uri)).toEqual(new Uint8Array(SEED));
  expect(decodeURIComponent(uri)).toMatch(/^otpauth:\/\/totp\/邻里 Linli:wang\.min\?/);
});

const common = new Set(['password', 'qwertyuiop', 'sunshine', 'password1234']);
const fault = (password: string, more: { privileged?: boolean; words?: string[] } = {}) =>
  passwordFault(password, { privileged: false, words: [], isCommon: (word) => common.has(word), ...more });

test('a long password of one’s own is taken, whatever it is made of', () => {
  const good = [
    'correct horse battery',
    '今天下午三点去社区开会吧',
    'kv7 Zr pq9 wm',
    'eine lange Zeile',
    '🌳🌲 walk by the river',
  ];
  for (const password of good) expect(fault(password), password).toBeUndefined();
});

test('what is tried first is refused: short, common, patterned, common with a decoration', () => {
  expect(fault('elevenchars')).toBe('short');
  expect(fault('twelve chars', { privileged: true })).toBe('short');
  const bad = [
    'password1234',
    'PASSWORD!2026',
    '2026sunshine!!',
    'P@ssw0rd2026',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '123456789012',
  ];
  const ours = ['qwertyuiop123', 'abcdefghijkl', 'linli-demo-2026', '社区社区社区社区社区社区', 'qwerasdfzxcv'];
  for (const password of [...bad, ...ours]) expect(fault(password), password).toBe('common');
});

test('nobody’s name, sign-in name or unit stands in their password', () => {
  const words = ['wang.min', '王敏', '文殊社区', 'wenshu', 'li'];
  for (const password of [
    'my wang.min is here',
    '王敏的一个很长很长的口令',
    'go to WENSHU today',
    '我在文殊社区上班很久很久了',
  ]) {
    expect(fault(password, { words }), password).toBe('personal');
  }
  expect(fault('a lively listener', { words })).toBeUndefined(); // two letters stand everywhere by chance
});

test('wrong guesses wait longer each time and never longer than a quarter of an hour, and a restart gives none away', async () => {
  expect([1, 4, 5, 6, 7, 30].map(waitAfter)).toEqual([0, 0, 1_000, 2_000, 4_000, 900_000]);
  let now = 0;
  const rows = new Map<string, Missed>();
  const begin = () =>
    createThrottle({
      now: () => now,
      keyOf: (bucket) => `signed ${bucket}`,
      rows: {
        all: () => Promise.resolve(rows),
        put: (key, missed) => Promise.resolve(rows.set(key, missed)).then(() => undefined),
        drop: (key) => Promise.resolve(rows.delete(key)).then(() => undefined),
        sweep: (before) => {
          for (const [key, { last }] of rows) if (last < before) rows.delete(key);
          return Promise.resolve();
        },
      },
    });
  let throttle = await begin();
  let looked = 0;
  // A thousand guesses in an hour, evenly: the best that somebody who does not wait can do.
  for (let i = 0; i < 1_000; i++, now += 3.6 * SECOND) {
    if (throttle.wait('login spokesperson') > 0) continue;
    looked++;
    await throttle.missed('login spokesperson');
    throttle = await begin();
  }
  expect(looked).toBeLessThanOrEqual(20);
  expect(throttle.wait('device x spokesperson')).toBe(0);
  await throttle.missed('login worker');
  await throttle.forget('login worker');
  expect([...rows.keys()]).toEqual(['signed login spokesperson']);
  now -= 24 * 60 * MINUTE; // a clock that was put back keeps nobody out
  expect(throttle.wait('login spokesperson')).toBeLessThanOrEqual(900);
  now += 27 * 60 * MINUTE;
  await begin();
  expect(rows.size).toBe(0); // after two hours without one nothing is left of them
});

test('what speaks for the office, gives a right or opens a record is done by whoever has just proved who they are', () => {
  const asks = Object.entries(contract as Contract).flatMap(([feature, table]) =>
    Object.entries(table).flatMap(([verb, { fresh }]) => (fresh === true ? [`${feature}:${verb}`] : [])),
  );
  const office = ['minutes:sign', 'responses:approve', 'responses:correct', 'responses:publish', 'responses:withdraw'];
  const rights = ['people:appoint', 'people:confirm', 'people:delegate', 'people:close-unit'];
  expect(asks).toEqual(expect.arrayContaining([...office, ...rights, 'audit:stream']));
});

const held = (role: 'worker' | 'approver', until: string | null = null) => {
  const post = { role, unit: 'u', path: ['u'], from: '2026-01-01T00:00:00Z', until };
  return { appointments: [post], delegations: [] };
};

test('every post but a worker’s wants a second factor, and so does acting for somebody', () => {
  const now = new Date('2026-11-22T06:00:00Z');
  expect(isPrivileged(held('worker'), now)).toBe(false);
  expect(isPrivileged(held('approver'), now)).toBe(true);
  expect(isPrivileged(held('approver', '2026-11-22T05:59:59Z'), now)).toBe(false);
  const delegation = {
    principal: 'p',
    unit: 'u',
    path: ['u'],
    from: '2026-11-22T00:00:00Z',
    until: '2026-11-23T00:00:00Z',
  };
  expect(isPrivileged({ ...held('worker'), delegations: [delegation] }, now)).toBe(true);
});

test('a session is let into the rooms when nothing is missing, and else to what is missing alone', () => {
  const facts: SessionFacts = { asks: null, proved: false, privileged: false, demo: false };
  expect(needOf(facts)).toBeUndefined();
  expect(needOf({ ...facts, privileged: true })).toBe('factor');
  expect(needOf({ ...facts, privileged: true, demo: true })).toBeUndefined();
  expect(needOf({ ...facts, privileged: true, proved: true })).toBeUndefined();
  expect(needOf({ ...facts, asks: 'code' })).toBe('code');
  expect(needOf({ ...facts, asks: 'code', proved: true })).toBeUndefined();
  expect(needOf({ ...facts, asks: 'password', proved: true, privileged: true })).toBe('password');
  for (const need of ['password', 'code', 'factor'] as const) {
    for (const verb of ['sessions', 'reset-password', 'drop-factor', 'renew-recovery', 'appoint']) {
      expect(mayUse(need, verb), `${need} ${verb}`).toBe(false);
    }
  }
  expect(mayUse('code', 'begin-factor')).toBe(false); // else a password alone would replace the second factor
});

test('who proved who they are is believed for five minutes, and not before they did', () => {
  const seed = 20_261_122;
  const at = fc.integer({ min: 0, max: 2 ** 41 });
  const law = fc.property(at, fc.integer({ min: -MINUTE, max: 10 * MINUTE }), (proved, by) => {
    expect(isFresh(proved, proved + by)).toBe(by >= 0 && by <= 5 * MINUTE);
  });
  fc.assert(law, { seed });
});

test('a proxy is believed where it was named, and nothing else is a setting', () => {
  const proxies = (LINLI_PROXIES?: string) =>
    readConfig(LINLI_PROXIES === undefined ? {} : { LINLI_PROXIES }, { demo: false }).proxies;
  expect(proxies()).toBe(0);
  expect(proxies('2')).toBe(2);
  expect(proxies('10.0.0.7, fd00::/8')).toEqual(['10.0.0.7', 'fd00::/8']);
  for (const wrong of ['', 'true', '12', '10.0.0.7/0', '10.0.0/8', '10.0.0.1/33', 'proxy.example', '-1']) {
    expect(() => proxies(wrong), wrong).toThrow('LINLI_PROXIES');
  }
});

import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '#server/config.ts';

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
])('%s stops the start with a sentence that names the setting', (_what, env: Record<string, string>, named) => {
  const read = () => readConfig(env, { demo: false, store: 'embedded:./data' });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(named);
});

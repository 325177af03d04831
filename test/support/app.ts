import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterAll, onTestFinished } from 'vitest';
import { createApp, type App } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import { DEMO_PASSWORD } from '#server/demo/demo.cast.ts';
import { demoId, seedPeople } from '#server/demo/demo.people.ts';
import { systemClock, type Clock } from '#server/platform/clock.ts';
import { builtPage } from '#server/platform/page.ts';
import { storeAt } from './store-url.ts';
import type { Actor } from '#shared/people/people.rules.ts';

export interface TestApp {
  app: App;
  url: string;
  /** Id of a demo person by sign-in name, of a demo unit by code. */
  person: (login: string) => string;
  unit: (code: string) => string;
  /** A demo person with the posts they hold now. */
  actor: (login: string) => Actor;
  folder: string;
  close: () => Promise<void>;
}

export interface Overrides {
  clock?: Clock;
  /** A store folder of an earlier run; it is then neither seeded nor removed. */
  folder?: string;
  env?: Record<string, string>;
  /** False: a hub for real use, with nobody in it yet. */
  seed?: boolean;
}

export { DEMO_PASSWORD };

/** A whole hub on a free port with its own store and the demo's people; closed when the test is over. */
export async function startApp(overrides: Overrides = {}): Promise<TestApp> {
  return startUntil(onTestFinished, overrides);
}

/** The same, for all tests of a file: started in `beforeAll`, closed after the last of them. */
export const startKeptApp = (overrides: Overrides = {}): Promise<TestApp> => startUntil(afterAll, overrides);

async function startUntil(over: (end: () => Promise<void>) => void, overrides: Overrides): Promise<TestApp> {
  const folder = overrides.folder ?? (await mkdtemp(path.join(tmpdir(), 'linli-test-')));
  const beside = {
    LINLI_FILES: path.join(folder, 'files'),
    LINLI_SECRETS: path.join(folder, 'secrets'),
    LINLI_ANCHORS: path.join(folder, 'anchors'),
  };
  const env = { LINLI_PORT: '0', LINLI_LIMITS: 'off', ...beside, ...overrides.env };
  const config = readConfig(env, { demo: overrides.seed !== false, store: storeAt(folder) });
  const log = pino({ level: process.env['LINLI_LOG'] ?? 'silent' });
  const client = path.resolve('dist/client');
  const page = () => builtPage(client);
  const app = await createApp({ config, clock: overrides.clock ?? systemClock, log, page, client });
  if (overrides.seed !== false && app.features.directory.isEmpty()) await seedPeople(app);
  const url = await app.listen();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close());
  over(async () => {
    await close();
    if (overrides.folder === undefined) await rm(folder, { recursive: true, force: true });
  });
  const unit = (code: string): string => {
    const found = app.features.directory.unitByCode(code);
    if (found === undefined) throw new Error(`no unit ${code}`);
    return found.id;
  };
  const person = (login: string): string => demoId(`person ${login}`);
  const actor = (login: string): Actor => {
    const found = app.features.directory.actor(person(login));
    if (found === undefined) throw new Error(`nobody is called ${login}`);
    return found;
  };
  return { app, url, folder, close, unit, person, actor };
}

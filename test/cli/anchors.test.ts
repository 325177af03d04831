import { cp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { withStore } from '#server/cli/store.ts';
import { startApp } from '../support/app.ts';
import { cookieFor, signIn } from '../support/client.ts';
import { environmentOf } from '../support/hub.ts';
import { linli } from '../support/linli.ts';
import { isEmbedded } from '../support/store.ts';
import { temporaryFolder } from '../support/streams.ts';

test('a hub that drains leaves an anchor, which linli verify holds the record against wherever it was carried', async () => {
  const app = await startApp({ folder: await temporaryFolder() });
  const { folder } = app;
  const unit = `unit:${app.unit('wenshu')}`;
  await app.close();
  const env = environmentOf(folder);
  const anchors = path.join(folder, 'anchors');
  expect((await readdir(anchors)).length).toBeGreaterThan(0);
  const said = await linli(['verify'], env);
  expect(said).toMatch(/Held against \d+ anchors/);
  expect(said).toContain('BEGIN PUBLIC KEY');

  const carried = path.join(await temporaryFolder(), 'elsewhere');
  await cp(anchors, carried, { recursive: true });
  await withStore(env['LINLI_STORE'] ?? '', { readOnly: false }, async ({ db, events }) => {
    const last = await events.last(unit);
    await db.collection('events').deleteOne({ stream: unit, seq: last?.event.seq ?? 0 });
  });
  await expect(linli(['verify'], env)).rejects.toThrow(`${unit}: ends at`);
  await rm(anchors, { recursive: true });
  await expect(linli(['verify'], env)).rejects.toThrow(
    /ended with 1: .* name the folder it was carried to .*Not proven/s,
  );
  const key = path.join(folder, 'secrets', 'signing-key.pub.pem');
  await expect(linli(['verify', '--anchors', carried, '--key', key], env)).rejects.toThrow(`${unit}: ends at`);
});

test('a record that two keys have signed, one after the other, is held against the anchors of both', async () => {
  const app = await startApp({ folder: await temporaryFolder() });
  const { folder } = app;
  const env = environmentOf(folder);
  await app.close();
  const secrets = path.join(folder, 'secrets');
  const [now, before] = ['signing-key.pub.pem', 'signing-key-before.pub.pem'].map((name) => path.join(secrets, name));
  await rm(path.join(secrets, 'signing-key.pem'));
  await rename(now ?? '', before ?? '');
  await (await startApp({ folder })).close(); // makes another, and its first anchor

  const said = await linli(['verify', '--key', before ?? '', '--key', now ?? ''], env);
  expect(said).toMatch(/Held against \d+ anchors/);
  await expect(linli(['verify'], env)).rejects.toThrow('not signed with a key known here');
});

// `linli backup` copies the embedded store; a server has its own tool for that.
test.skipIf(!isEmbedded)(
  'an older backup put beside newer anchors is said to lack what they name, and nobody is signed in by it',
  async () => {
    const app = await startApp({ folder: await temporaryFolder() });
    const { folder } = app;
    const env = environmentOf(folder, `embedded:${folder}`);
    const cookie = await cookieFor(app.url, 'worker');
    await app.app.features.anchor();
    const backup = path.join(await temporaryFolder(), 'backup');
    await linli(['backup', backup], env);
    await linli(['verify', backup], env);
    await signIn(app, 'officer'); // one more event, on the security log
    await app.close(); // and the anchor that has it
    const [before, after] = [await readdir(path.join(backup, 'anchors')), await readdir(path.join(folder, 'anchors'))];
    expect(after.length).toBeGreaterThan(before.length);

    await rename(path.join(folder, 'data.mdb'), path.join(folder, 'lost.mdb'));
    expect(await linli(['restore', backup], env)).toMatch(/holds 1 anchors that are not of this backup/);
    await expect(linli(['verify'], env)).rejects.toThrow(
      /ended with 1: .*log:[0-9-]+: ends at.* is not on the record/s,
    );
    expect(await readdir(path.join(folder, 'anchors'))).toEqual(after);

    const restored = await startApp({ folder });
    const status = async (given: string) =>
      (await fetch(`${restored.url}/api/session`, { headers: { cookie: given } })).status;
    expect(await status(cookie)).toBe(401);
    expect(await status(await cookieFor(restored.url, 'worker'))).toBe(200);
  },
);

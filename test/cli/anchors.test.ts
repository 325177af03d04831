import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { withStore } from '#server/cli/store.ts';
import { startApp } from '../support/app.ts';
import { environmentOf } from '../support/hub.ts';
import { linli } from '../support/linli.ts';
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
  expect(await linli(['verify'], env)).toMatch(/The newest anchor, of .*, was not proven/);
  const key = path.join(folder, 'secrets', 'signing-key.pub.pem');
  await expect(linli(['verify', '--anchors', carried, '--key', key], env)).rejects.toThrow(`${unit}: ends at`);
});

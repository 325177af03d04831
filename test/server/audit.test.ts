import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { newId, signIn, type Answer } from '../support/client.ts';
import type { StreamEvent } from '#shared/wire/stream.ts';

const typesOf = (answer: Answer): string[] => (answer['events'] as StreamEvent[]).map(({ type }) => type);

test('the security log is read by whoever audits everything, by nobody who audits a part, and the reading stands in it', async () => {
  const app = await startApp();
  const stream = `log:${new Date().toISOString().slice(0, 10)}`;
  const [city, street] = [await signIn(app, 'city-auditor'), await signIn(app, 'auditor')];
  expect(typesOf(await city.done('audit:stream', { stream }))).toEqual(['signed-in', 'signed-in']);
  expect(typesOf(await city.done('audit:stream', { stream }))).toContain('audit.read');
  const worker = await signIn(app, 'worker');
  for (const client of [street, worker]) {
    expect((await client.request('audit:stream', { stream })).error?.code).toBe('not_found');
    expect((await client.request('stream:open', { stream, have: 0 })).error?.code).toBe('not_found');
  }
  expect((await city.request('stream:open', { stream, have: 0 })).error?.code).toBe('not_found');
});

test('a page of what an auditor reads ends where it gets too large, and the next goes on from there', async () => {
  const app = await startApp();
  const [officer, auditor] = [await signIn(app, 'officer'), await signIn(app, 'auditor')];
  const { streams } = app.app;
  const startsAt = '2026-11-24T09:00:00+08:00';
  const meeting = { id: newId(), unit: app.unit('wenshu'), title: '例会', body: 'committee', startsAt };
  const { doc } = (await officer.done('minutes:create', meeting)) as unknown as { doc: string };
  const stream = `doc:${doc}`;
  const write = (data: object) =>
    streams.inTurn(stream, () => streams.append(stream, { id: newId(), type: 'noted', actor: 'system', data }));
  for (let i = 0; i < 5; i++) await write({ text: 'x'.repeat(900_000) });
  const seqs: number[] = [];
  const sizes: number[] = [];
  for (let more = true; more;) {
    const page = await auditor.done('audit:stream', { stream, from: (seqs.at(-1) ?? 0) + 1 });
    const events = page['events'] as StreamEvent[];
    seqs.push(...events.map(({ seq }) => seq));
    sizes.push(JSON.stringify(events).length);
    more = page['more'] === true;
  }
  expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  expect(Math.max(...sizes)).toBeLessThan(2_100_000);
});

import { expect, test } from 'vitest';
import { noBus } from '#server/platform/bus.ts';
import { createAccountModel } from '#server/people/people.account.model.ts';
import { createElsewhere, createTell } from '#server/people/people.elsewhere.ts';
import { createKept } from '#server/people/people.kept.ts';
import { createPeopleModel, type SessionRow } from '#server/people/people.model.ts';
import { openStreams } from '../support/streams.ts';

/* Two processes on one store, without a bus: a session ends on one, and something of it is open on the other. */

const MINUTE = 60_000;

const rowOf = (id: string, secret = `${id}-secret`): SessionRow => ({
  ...{ _id: secret, id, person: 'ada', created: 0, used: 0, fresh: 0, device: '', address: '' },
  ...{ asks: null, proved: false },
});

async function twoProcesses() {
  const { db } = await openStreams();
  const model = createPeopleModel(db);
  await model.init();
  const accounts = createAccountModel(db);
  let at = Date.parse('2026-11-24T09:00:00+08:00');
  const now = (): number => at;
  const ended: string[] = [];
  const kept = createKept(model.session);
  const away = { isAway: false };
  const sessionOf: typeof accounts.sessionOf = async (...asked) => {
    if (away.isAway) throw new Error('the store is away');
    return accounts.sessionOf(...asked);
  };
  const onEnded = (session: string): number => ended.push(session);
  const there = createElsewhere({ kept, model, accounts: { ...accounts, sessionOf }, now, onEnded });
  const tell = createTell({ model, bus: noBus, now });
  return { model, kept, there, ended, away, tell, later: (ms: number) => (at += ms) };
}

test('a session that ended on another process is closed once, and two minutes later nothing says that it ended', async () => {
  const { model, there, ended, tell, later } = await twoProcesses();
  await there.hearEndings();
  await tell(rowOf('phone'));
  for (let n = 0; n < 3; n++) await there.hearEndings();
  expect(ended).toEqual(['phone']);
  await tell(rowOf('desktop'));
  await there.hearEndings();
  expect(ended).toEqual(['phone', 'desktop']);
  expect(await model.endings.since(0)).toHaveLength(2);
  later(2 * MINUTE + 1);
  await there.hearEndings();
  expect(await model.endings.since(0)).toEqual([]);
  expect(ended).toHaveLength(2);
});

test('one whose end could not be asked about is asked about again', async () => {
  const { there, ended, away, tell } = await twoProcesses();
  await tell(rowOf('phone'));
  away.isAway = true;
  await expect(there.hearEndings()).rejects.toThrow('the store is away');
  expect(ended).toEqual([]);
  away.isAway = false;
  await there.hearEndings();
  expect(ended).toEqual(['phone']);
});

test('one that was given another secret elsewhere goes on, and the secret of before opens nothing', async () => {
  const { model, kept, there, ended, tell } = await twoProcesses();
  const [before, after] = [rowOf('phone', 'before'), rowOf('phone', 'after')];
  await model.putSession(before);
  expect(await kept.find('before')).toMatchObject({ id: 'phone' });
  await model.putSession(after);
  await model.dropSession('before');
  await tell(before);
  expect(await kept.find('before')).toMatchObject({ id: 'phone' }); // believed for a moment
  await there.hearEndings();
  expect(await kept.find('before')).toBeUndefined();
  expect(await kept.find('after')).toMatchObject({ id: 'phone' });
  expect(ended).toEqual([]);
});

test('one that was being read while it ended elsewhere is not believed afterwards', async () => {
  const { model, kept, there, tell } = await twoProcesses();
  await model.putSession(rowOf('phone'));
  const read = kept.ask(async () => {
    const row = await model.session('phone-secret');
    await model.dropSession('phone-secret');
    if (row === null) return row;
    await tell(row);
    await there.hearEndings();
    return row; // too late
  });
  expect(await read).toBeUndefined();
  expect(await kept.find('phone-secret')).toBeUndefined();
});

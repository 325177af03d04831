import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHub, type Hub } from '#client/platform/hub.ts';
import { openDb } from '#client/platform/idb.ts';
import { newId } from '#client/platform/ids.ts';
import { Session, type User } from '#client/platform/session.svelte.ts';

const aUser = (): User => ({ id: newId(), login: 'worker', name: '李华', appointments: [], delegations: [] });

interface Answer {
  status?: number;
  body: object;
}

const ok = (user: User): Answer => ({ body: { ok: true, user } });
const no: Answer = { status: 401, body: { ok: false, error: { code: 'unauthenticated', message: '' } } };

/** What the server says to each request in turn; nothing left to say is a dead network. */
function server(...answers: Answer[]) {
  return vi.spyOn(globalThis, 'fetch').mockImplementation(() => {
    const answer = answers.shift();
    if (answer === undefined) return Promise.reject(new TypeError('network'));
    return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status ?? 200 }));
  });
}

const hubs: Hub[] = [];
const aSession = (): Session => new Session({ origin: '', storage: localStorage });

function aHub(session: Session, user: User): Hub {
  const hub = createHub({ session, user, nameOf: () => undefined, unitOf: () => undefined });
  hubs.push(hub);
  return hub;
}

afterEach(() => {
  for (const hub of hubs.splice(0)) hub.stop();
  vi.restoreAllMocks();
  localStorage.clear();
});

describe('a session', () => {
  it('is asked for, and the header that no other site can send goes along', async () => {
    const user = aUser();
    const fetched = server(ok(user));
    const session = aSession();
    expect(session.state).toBe('asking');
    await session.signIn('worker', 'linli-demo', '123456');
    expect(session).toMatchObject({ state: 'in', user });
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe('/api/session');
    expect(init).toMatchObject({ method: 'POST', headers: { 'X-Linli': '1' } });
    expect(init?.body).toBe(JSON.stringify({ name: 'worker', password: 'linli-demo', code: '123456' }));
  });

  it('starts without a network for the last person, and without anybody otherwise', async () => {
    const user = aUser();
    server(ok(user));
    await aSession().check();
    server();
    const again = aSession();
    await again.check();
    expect(again).toMatchObject({ state: 'in', user });
    localStorage.clear();
    const nobody = aSession();
    await nobody.check();
    expect(nobody).toMatchObject({ state: 'out', user: undefined });
  });

  it('ends when the server no longer knows it', async () => {
    const user = aUser();
    server(ok(user), no);
    const session = aSession();
    await session.check();
    await session.check();
    expect(session).toMatchObject({ state: 'out', user: undefined, reason: 'expired' });
    expect(localStorage.getItem('linli.user')).toBeNull();
  });

  it('says why somebody could not sign in, and stays out', async () => {
    server(no);
    const session = aSession();
    await expect(session.signIn('worker', 'wrong')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(session.user).toBeUndefined();
  });

  it('ends in every tab', async () => {
    const user = aUser();
    server(ok(user));
    const session = aSession();
    await session.check();
    const off = session.listen();
    dispatchEvent(new StorageEvent('storage', { key: 'linli.user', newValue: null }));
    await vi.waitFor(() => {
      expect(session).toMatchObject({ state: 'out', reason: 'signed-out' });
    });
    off();
  });
});

describe('what a device keeps when a person leaves', () => {
  async function afterLeaving(
    leave: (session: Session) => Promise<void>,
  ): Promise<{ left: unknown; session: Session }> {
    const user = aUser();
    server(ok(user), { body: { ok: true } });
    const session = aSession();
    await session.check();
    const hub = aHub(session, user);
    hub.drafts.of('room:1').text = '写了一半';
    await hub.drafts.flush();
    await hub.db.change([
      { store: 'events', key: ['room:1', 1], value: { seq: 1 } },
      { store: 'tails', key: ['room:1'], value: { low: 1, have: 1, floor: 1, used: 0 } },
    ]);
    const { id } = hub.outbox.send({
      name: 'forum:post',
      input: { id: newId(), room: newId(), text: '没送出' },
      lane: 'room:1',
    });
    await vi.waitFor(() => {
      expect(hub.outbox.entry(id)?.durable).toBe(true);
    });
    await leave(session);
    hub.stop();
    const db = openDb(user.id, indexedDB);
    const count = async (store: 'events' | 'tails' | 'drafts' | 'outbox'): Promise<number> =>
      (await db.list(store)).length;
    const left = {
      events: await count('events'),
      tails: await count('tails'),
      drafts: await count('drafts'),
      outbox: await count('outbox'),
    };
    db.close();
    return { left, session };
  }

  it('is nothing but what was not sent, once they sign out, and it says how much', async () => {
    const { left, session } = await afterLeaving((s) => s.signOut());
    expect(left).toEqual({ events: 0, tails: 0, drafts: 0, outbox: 1 });
    expect(session).toMatchObject({ user: undefined, reason: 'signed-out', kept: 1 });
  });

  it('is their own sign-out also when the hub tells the page before it answers', async () => {
    const { session } = await afterLeaving(async (s) => {
      const leaving = s.signOut();
      await s.end('ended');
      await leaving;
    });
    expect(session).toMatchObject({ user: undefined, reason: 'signed-out' });
  });

  it('is the same when somebody else ended the session', async () => {
    const { left } = await afterLeaving((s) => s.end('ended'));
    expect(left).toEqual({ events: 0, tails: 0, drafts: 0, outbox: 1 });
  });

  it('is everything when the session ran out: they come back', async () => {
    const { left } = await afterLeaving((s) => s.end('expired'));
    expect(left).toEqual({ events: 1, tails: 1, drafts: 1, outbox: 1 });
  });
});

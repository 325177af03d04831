import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { eventually } from '../support/client.ts';
import { startYDocs, typeInto, wordsIn, write } from '../support/ydocs-hub.ts';
import { awarenessMessage, inside, NOTHING, ofType, rejected } from '../support/ydocs-wire.ts';

/* What nobody can do to a document by sending bytes (minutes §3.10, security B and M5–M8). */

describe('a reader', () => {
  it('changes nothing by any bytes, is told so, and is closed for insisting (5)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    wang.type('正文');
    await eventually(async () => (await hub.docs.read(id)).text === '\n正文');
    const before = await hub.log(id);
    const reader = await inside(hub, id, 'reader');
    expect(ofType(reader, 'step1')).toEqual([]); // a reader is asked for nothing
    typeInto(reader.doc, '不该有的');
    reader.doc.getXmlFragment('body').delete(0, 1);
    for (const update of reader.mine) reader.update(update);
    reader.step2(Y.encodeStateAsUpdate(reader.doc));
    await reader.barrier();
    expect(new Set(rejected(reader))).toEqual(new Set(['READ_ONLY']));
    const stock = await inside(hub, id, 'reader', '');
    stock.step2(Y.encodeStateAsUpdate(stock.doc)); // what everybody knows is no offence
    stock.awareness(stock.doc.clientID, 1, { cursor: 1 });
    await eventually(() => wang.provider.awareness.getStates().has(stock.doc.clientID));
    typeInto(stock.doc, '还是不该有');
    for (let i = 0; i < 25; i++) stock.update(stock.mine[0] ?? NOTHING);
    expect(await eventually(() => stock.closed())).toBe(4403);
    expect(wang.words()).toBe('|正文');
    expect(await hub.log(id)).toEqual(before);
  });

  it('is shown nothing that is written after their right has gone, though nobody has said so yet', async () => {
    let version = 0;
    const hub = await startYDocs({ rightsVersion: () => version });
    const id = await hub.aDoc();
    const [wang, zhao] = [await write(hub, id, 'wang'), await inside(hub, id, 'zhao')];
    const reader = await inside(hub, id, 'reader');
    wang.type('之前');
    await eventually(() => wordsIn(reader.doc).endsWith('之前'));
    hub.rights.delete('reader');
    version++; // and no `recheck`: the next edit is what finds out
    wang.type('之后');
    await eventually(() => wordsIn(zhao.doc).endsWith('之后'));
    expect(await eventually(() => reader.closed())).toBe(4403);
    expect(wordsIn(reader.doc)).toBe('|之前');
  });

  it('who cannot be asked about is closed, and everybody after them is asked all the same', async () => {
    const hub = await startYDocs();
    const [first, second] = [await hub.aDoc(), await hub.aDoc()];
    const [wang, li] = [await inside(hub, first, 'wang'), await inside(hub, second, 'li')];
    hub.rights.delete('li');
    const known = hub.rights.get.bind(hub.rights);
    hub.rights.get = (person) => {
      if (person === 'wang') throw new Error('the store is away');
      return known(person);
    };
    await hub.docs.recheck();
    expect(await eventually(() => wang.closed())).toBe(4503);
    expect(await eventually(() => li.closed())).toBe(4403);
  });

  it('becomes a writer, a writer a reader, and a stranger nothing at all, where they sit', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await inside(hub, id, 'wang');
    const li = await inside(hub, id, 'li');
    const zhao = await inside(hub, id, 'zhao');
    hub.rights.set('wang', { role: 'read', state: 'in_review' });
    hub.rights.delete('li');
    hub.sessions.delete('zhao');
    await hub.docs.recheck(({ doc, person }) => doc === id && person !== 'nobody');
    expect(await eventually(() => li.closed())).toBe(4403);
    expect(await eventually(() => zhao.closed())).toBe(4401);
    await eventually(() => ofType(wang, 'status').at(-1)?.status.role === 'read');
    expect(ofType(wang, 'status').at(-1)?.status.state).toBe('in_review');
    typeInto(wang.doc, '来晚了');
    wang.update(wang.mine[0] ?? NOTHING);
    await wang.barrier();
    expect(rejected(wang)).toEqual(['READ_ONLY']);
    const asked = ofType(wang, 'step1').length;
    hub.rights.set('wang', { role: 'edit', state: 'draft' });
    await hub.docs.recheck();
    await eventually(() => ofType(wang, 'step1').length > asked);
    wang.step2(Y.encodeStateAsUpdate(wang.doc));
    await wang.barrier();
    expect((await hub.docs.read(id)).text).toBe('\n来晚了');
  });
});

describe('a client id', () => {
  it('belongs to whoever wrote under it first: a forgery is closed and the victim writes on (16)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    const li = await write(hub, id, 'li');
    wang.type('您好');
    await eventually(() => li.words() === '|您好');
    const evil = await inside(hub, id, 'zhao');
    evil.doc.clientID = wang.doc.clientID;
    typeInto(evil.doc, 'EVIL');
    evil.update(evil.mine[0] ?? NOTHING);
    expect(await eventually(() => evil.closed())).toBe(4409);
    expect(rejected(evil)).toEqual(['CLIENT_ID']);
    wang.type('我接着写');
    await eventually(() => li.words() === '|您好|我接着写');
    expect((await hub.docs.read(id)).text).toBe('\n您好\n我接着写');
    expect(await hub.docs.contributors(id)).toEqual(['wang']);
  });

  it('stays its owner’s after everybody left, and is nobody else’s while its owner shows a cursor under it', async () => {
    const hub = await startYDocs({ tuning: { evictAfter: 0 } });
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    wang.type('旧的');
    await eventually(async () => (await hub.docs.read(id)).text === '\n旧的');
    wang.provider.destroy();
    const again = await startYDocs({ folder: (await hub.stop(), hub.folder) });
    const forged = await inside(again, id, 'li');
    forged.doc.clientID = wang.doc.clientID;
    typeInto(forged.doc, '冒名');
    forged.update(forged.mine[0] ?? NOTHING);
    expect(await eventually(() => forged.closed())).toBe(4409);
    const zhao = await inside(again, id, 'zhao');
    zhao.awareness(4711, 1, { item: 'a' });
    await eventually(() => ofType(zhao, 'awareness').some(({ states }) => states.length > 0));
    const squatter = await inside(again, id, 'li');
    squatter.doc.clientID = 4711;
    typeInto(squatter.doc, '占座');
    squatter.update(squatter.mine[0] ?? NOTHING);
    expect(await eventually(() => squatter.closed())).toBe(4409);
    zhao.doc.clientID = 4711;
    typeInto(zhao.doc, '是我的');
    zhao.update(zhao.mine[0] ?? NOTHING);
    await zhao.barrier();
    expect((await again.docs.read(id)).text).toBe('\n旧的\n是我的');
    const own = await inside(again, id, 'wang'); // the same person may bring what they wrote under an earlier id
    own.doc.clientID = wang.doc.clientID;
    typeInto(own.doc, '又来了');
    own.update(own.mine[0] ?? NOTHING);
    await own.barrier();
    expect((await again.docs.read(id)).text).toContain('又来了');
  });
});

describe('a cursor', () => {
  it('carries the name of the session, for its own id alone, and goes when its line goes (17, 18)', async () => {
    const hub = await startYDocs();
    const id = await hub.aDoc();
    const wang = await write(hub, id, 'wang');
    wang.provider.awareness.setLocalStateField('user', { name: '书记', id: 'li' });
    const li = await inside(hub, id, 'li', '');
    const states = () => wang.provider.awareness.getStates();
    li.send(
      awarenessMessage([
        [wang.doc.clientID, 900, null], // somebody else's: passed over
        [77, 1, { user: { name: '书记', role: 'admin' }, cursor: { anchor: 1 }, name: '书记', online: 99 }],
        [78, 1, { user: { name: '又一个' } }], // a second one of its own: passed over
      ]),
    );
    await eventually(() => states().has(77));
    const { user, ...rest } = states().get(77) ?? {};
    expect(user).toMatchObject({ id: 'li', name: 'li 的名字', role: 'edit' });
    expect((user as { color: string }).color).toMatch(/^#[0-9a-f]{6}$/);
    expect(rest).toEqual({ cursor: { anchor: 1 } });
    await eventually(() => states().has(wang.doc.clientID));
    const seen = ofType(li, 'awareness').flatMap((one) => one.states);
    expect(seen.find(([client]) => client === wang.doc.clientID)?.[2]).toMatchObject({ user: { name: 'wang 的名字' } });
    li.send(awarenessMessage([[77, 2, { cursor: 'x'.repeat(3_000) }]])); // too large: passed over
    for (let i = 0; i < 150; i++) li.send(awarenessMessage([[10_000 + i, 1, { cursor: i }]]));
    li.socket.terminate();
    await eventually(() => !states().has(77), 1_000);
    expect(states().has(78)).toBe(false);
    expect([...states().keys()]).toEqual([wang.doc.clientID]);
  });

  it('moves ten times a second at most, and the last move is the one that stays', async () => {
    const hub = await startYDocs({ limited: false });
    const id = await hub.aDoc();
    const seer = await inside(hub, id, 'wang', '');
    const mover = await inside(hub, id, 'li', '');
    const from = performance.now();
    for (let clock = 1; clock <= 300; clock++) mover.awareness(5, clock, { cursor: clock });
    const about = () => ofType(seer, 'awareness').filter(({ states }) => states.some(([client]) => client === 5));
    await eventually(() =>
      about()
        .at(-1)
        ?.states.some(([, clock]) => clock === 300),
    );
    expect(about().length).toBeLessThanOrEqual(3 + (performance.now() - from) / 100);
  });
});

import { describe, expect, it } from 'vitest';
import { evolve, noResponse } from '#shared/responses/responses.rules.ts';
import { uuidv7 } from '#shared/wire/ids.ts';
import { foldLaw } from '../support/laws.ts';
import { actorOf } from '../support/response-cast.ts';
import { at, startResponses } from '../support/response-hub.ts';

const id = (): string => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(16)));

describe('a response', () => {
  it('begins with the sections of its kind, filled in where the incident answers them', async () => {
    const hub = await startResponses();
    const { draft, submit, seen } = at(hub);
    const { response, code } = await draft('holding');
    expect(code).toMatch(/^R-[0-9A-Z]{5}-[0-9A-Z]{5}$/);
    const { missing } = await submit(response);
    expect(missing).toEqual(['unknown', 'doing', 'todo', 'next', 'contact']);
    const { text } = await seen(response);
    expect(text?.headline).toBe('金马街 3 号院至 6 号院停水');
    expect(text?.blocks.slice(0, 2)).toEqual([
      { type: 'heading', text: '已经知道的' },
      { type: 'paragraph', text: '泵房电缆烧毁，612 户停水' },
    ]);
  });

  it('without a word is refused, and stays open to be written', async () => {
    const hub = await startResponses({ incident: { known: null } });
    const { draft, submit } = at(hub);
    const { response, doc } = await draft();
    await expect(submit(response)).rejects.toMatchObject({ code: 'responses.incomplete' });
    expect(hub.documents.write(doc, 'officer', '已经知道的', '停水')).toBe(true);
    await submit(response);
    expect(hub.documents.write(doc, 'officer', '已经知道的', '偷偷改')).toBe(false);
  });

  it('is read from any editor: lines without headings are its text', async () => {
    const hub = await startResponses();
    const { draft, submit, seen } = at(hub);
    const { response, doc } = await draft();
    hub.documents.replaceAll(doc, ['停水了', '今晚恢复']);
    await submit(response);
    expect((await seen(response)).text?.blocks.map((block) => block.text)).toEqual(['停水了', '今晚恢复']);
  });

  it('corrected, it begins with the text that is out, and with a line to write on under each heading', async () => {
    const hub = await startResponses();
    const { published, correct, submit, seen } = at(hub);
    const { response } = await published('正在抢修');
    const { doc } = await correct(response, { class: 'factual', wrong: 'a', right: 'b' });
    expect(hub.documents.lines(doc)).toEqual(
      expect.arrayContaining(['已经知道的', '泵房电缆烧毁，612 户停水', '正在抢修', '']),
    );
    hub.documents.write(doc, 'officer', '联系我们', '社区值班 028 5550 0123');
    expect((await submit(response)).missing).not.toContain('contact');
    expect((await seen(response)).text?.blocks.at(-1)?.text).toBe('社区值班 028 5550 0123');
  });

  it('is not signed by its authors, nor by strangers, nor without the post', async () => {
    const hub = await startResponses();
    const { draft, submit, on, seen } = at(hub);
    const { response } = await draft();
    await submit(response);
    const contentHash = (await seen(response)).contentHash ?? '';
    const approve = async (who: 'officer' | 'outsider' | 'worker') =>
      hub.service.approve(actorOf(who), { ...(await on(response)), contentHash });
    await expect(approve('officer')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(approve('outsider')).rejects.toMatchObject({ code: 'not_found' });
    await expect(approve('worker')).rejects.toMatchObject({ code: 'not_found' });
    const both = actorOf('spokesperson');
    const [post] = actorOf('approver').appointments;
    expect(post).toBeDefined();
    const self = { ...both, appointments: [...both.appointments, ...(post === undefined ? [] : [post])] };
    hub.others.set(self.person, self);
    await expect(hub.service.approve(self, { ...(await on(response)), contentHash })).rejects.toMatchObject({
      code: 'responses.contributor',
    });
  });

  it('is signed for the bytes that were seen: another hash and another version are refused', async () => {
    const hub = await startResponses();
    const { draft, submit, on, seen } = at(hub);
    const { response, doc } = await draft();
    const { contentHash, seq } = await submit(response);
    await hub.service.reopen(actorOf('officer'), await on(response));
    hub.documents.write(doc, 'officer', '已经知道的', '又想起一句');
    const again = await submit(response);
    expect(again.contentHash).not.toBe(contentHash);
    const stale = { id: id(), response, expected: seq, contentHash };
    await expect(hub.service.approve(actorOf('approver'), stale)).rejects.toMatchObject({ code: 'stale' });
    const old = { ...(await on(response)), contentHash };
    await expect(hub.service.approve(actorOf('approver'), old)).rejects.toMatchObject({
      code: 'responses.hash_mismatch',
    });
    expect((await seen(response)).approvals).toEqual([]);
  });

  it('loses its signature with the first edit', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, on, seen, publish } = at(hub);
    const { response, doc } = await draft();
    await submit(response);
    await approve(response);
    expect((await seen(response)).state).toBe('approved');
    await hub.service.reopen(actorOf('officer'), await on(response));
    expect(hub.documents.write(doc, 'officer', '已经知道的', '改一个字')).toBe(true);
    await expect(publish(response)).rejects.toMatchObject({ code: 'responses.wrong_state' });
    expect((await seen(response)).approvals).toEqual([]);
  });

  it('is published once: of two at the same moment one wins', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, on, seen } = at(hub);
    const { response } = await draft();
    await submit(response);
    await approve(response);
    const version = await on(response);
    const tries = Array.from({ length: 20 }, () =>
      hub.service.publish(actorOf('spokesperson'), { ...version, id: id() }).then(
        () => 'published',
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === 'published')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['published', 'stale']));
    expect((await seen(response)).revisions).toHaveLength(1);
  });

  it('answers a repeated publish with the first result', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, on } = at(hub);
    const { response, code } = await draft();
    await submit(response);
    await approve(response);
    const input = await on(response);
    const first = await hub.service.publish(actorOf('spokesperson'), input);
    expect(first).toMatchObject({ code, url: `/public/responses/${code}`, visible: true });
    expect(await hub.service.publish(actorOf('spokesperson'), input)).toEqual(first);
  });

  it('is stopped where the facts move, and goes out after a new signature', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, publish, seen } = at(hub);
    const { response } = await draft();
    await submit(response);
    await approve(response);
    hub.incident.factVersion++;
    await expect(publish(response)).rejects.toMatchObject({ code: 'responses.facts_changed' });
    await approve(response);
    await publish(response);
    expect((await seen(response)).state).toBe('published');
  });

  it('at level I waits for somebody from the unit above', async () => {
    const hub = await startResponses({ incident: { severity: 'I' } });
    const { draft, submit, approve, publish, seen } = at(hub);
    const { response } = await draft();
    await submit(response);
    await approve(response);
    expect((await seen(response)).state).toBe('in_review');
    await approve(response, 'upper');
    await publish(response);
    expect((await seen(response)).state).toBe('published');
  });

  it('every kind of event folds alike from any point', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, publish, correct, on, seen } = at(hub);
    const { response } = await draft();
    await submit(response);
    await hub.service.return(actorOf('approver'), { ...(await on(response)), comment: '缺联系电话' });
    await submit(response);
    await hub.service.reopen(actorOf('officer'), await on(response));
    await submit(response);
    await approve(response);
    await publish(response);
    await correct(response, { class: 'typo' });
    await submit(response);
    await approve(response);
    await publish(response);
    const withdraw = { ...(await on(response)), reason: '已不适用' };
    const { contentHash } = await hub.service.withdraw(actorOf('spokesperson'), withdraw);
    expect((await seen(response)).contentHash).toBe(contentHash);
    await approve(response);
    const events = await hub.streams.read(`response:${response}`, 1, 100);
    expect(events.at(-1)?.type).toBe('withdrawn');
    foldLaw({ initial: noResponse, evolve }, events);
  });
});

describe('a crash', () => {
  it('between publishing and published is finished at the next start', async () => {
    const first = await startResponses();
    const { draft, submit, approve } = at(first);
    const { response, code } = await draft();
    await submit(response);
    await approve(response);
    await first.consumers.settled();
    // The process dies after the first step: the event is there, nobody came to the second.
    const { service } = first;
    const view = (await service.view(actorOf('officer'), { response })).response;
    await first.streams.inTurn(`response:${response}`, () =>
      first.streams.append(`response:${response}`, {
        id: id(),
        type: 'publishing',
        actor: actorOf('spokesperson').person,
        data: {
          n: 1,
          contentHash: view.contentHash,
          factVersion: first.incident.factVersion,
          spokenBy: { person: actorOf('spokesperson').person, name: '陈静', post: '新闻发言人', unit: '青羊街道' },
        },
      }),
    );
    await first.close();
    const { folder, documents, incident } = first;
    const second = await startResponses({ folder, documents, incident });
    await second.consumers.settled();
    expect((await second.service.view(actorOf('officer'), { response })).response.state).toBe('published');
    expect((await second.model.publicByCode(code))?.revisions).toHaveLength(1);
    await second.close();
    const third = await startResponses({ folder, documents, incident });
    expect((await third.service.view(actorOf('officer'), { response })).response.revisions).toHaveLength(1);
  });

  it('between freezing and submitting leaves a draft that opens again when somebody looks', async () => {
    const hub = await startResponses();
    const { response, doc } = await at(hub).draft();
    await hub.documents.port.seal(doc, { id: id(), actor: 'system' });
    await hub.service.view(actorOf('officer'), { response });
    expect(hub.documents.isSealed(doc)).toBe(false);
    await at(hub).submit(response);
    await hub.service.view(actorOf('officer'), { response });
    expect(hub.documents.isSealed(doc)).toBe(true);
  });

  it('between an event and its document leaves a draft that can be written', async () => {
    const hub = await startResponses();
    hub.documents.store.isDown = true;
    const command = { id: id(), incident: hub.incident.incident, kind: 'holding' as const };
    await expect(hub.service.draft(actorOf('officer'), command)).rejects.toThrow('down');
    hub.documents.store.isDown = false;
    await hub.consumers.settled(); // the follower has made it, without anybody asking again
    const { doc } = (await hub.service.view(actorOf('officer'), { response: command.id })).response;
    expect(hub.documents.isSealed(doc)).toBe(false);
    expect(await hub.service.draft(actorOf('officer'), command)).toMatchObject({ response: command.id, doc });
  });
});

describe('the draft', () => {
  it('is written by those who may draft, read by those who may read the concern, and nothing to others', async () => {
    const hub = await startResponses();
    const { response, doc } = await at(hub).draft();
    const ref = { id: doc, owner: `response:${response}` };
    expect(await hub.docAccess(actorOf('officer'), ref)).toMatchObject({ role: 'edit' });
    expect(await hub.docAccess(actorOf('approver'), ref)).toMatchObject({ role: 'read' });
    expect(await hub.docAccess(actorOf('worker'), ref)).toBeUndefined();
    await at(hub).submit(response);
    expect(await hub.docAccess(actorOf('officer'), ref)).toMatchObject({ role: 'read' });
    expect(await hub.reader(actorOf('outsider'), response)).toBeUndefined();
    expect(await hub.reader(actorOf('approver'), response)).toBeDefined();
  });
});

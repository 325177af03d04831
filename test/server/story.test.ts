import { expect, test } from 'vitest';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { startApp } from '../support/app.ts';
import { eventually, newId, nextEvent, signIn, type Answer, type TestClient } from '../support/client.ts';
import { openDoc } from '../support/collab.ts';

/*
 * The whole story from outside, by the names of the contract alone: stock Socket.IO and y-websocket clients, fetch for
 * HTTP. A burst water main is talked about, flagged from the chat, written into the minutes, answered in public with a
 * second person's signature, corrected, and read by a resident without signing in.
 */

interface Incident {
  incident: {
    id: string;
    code: string;
    state: string;
    version: number;
    clocks: { clock: string; due: string; metAt?: string }[];
  };
}
interface Meeting {
  meeting: { version: number; state: string; contentHash: string };
}
interface Response {
  response: {
    id: string;
    code: string;
    state: string;
    version: number;
    doc: string;
    contentHash: string;
    revisions: { n: number; kind: string; class?: string }[];
  };
}

const incidentOf = async (client: TestClient, incident: string): Promise<Incident['incident']> =>
  ((await client.done('incidents:view', { incident })) as Answer & Incident).incident;
const responseOf = async (client: TestClient, response: string): Promise<Response['response']> =>
  ((await client.done('responses:view', { response })) as Answer & Response).response;

async function page(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

test('the story works by the names outsiders rely on', async () => {
  const app = await startApp();
  const unit = app.unit('wenshu');
  const admin = await signIn(app, 'admin');
  const room = newId();
  await admin.done('forum:create', { id: room, unit, title: '社区工作群', kind: 'open' });

  // Two workers chat; the second hears it live, the first's repeat changes nothing.
  const worker = await signIn(app, 'worker');
  const worker2 = await signIn(app, 'worker2');
  const stream = `room:${room}`;
  expect(await worker2.done('stream:open', { stream, have: 0 })).toMatchObject({ head: 1, floor: 1, more: false });
  const said = { id: newId(), room, text: '金马街 3 号院七点多起没水，泵房有焦味。' };
  const { seq } = await worker.done('forum:post', said);
  const heard = (await nextEvent(worker2, 'posted', stream)) as StreamEvent;
  expect(heard).toMatchObject({ stream, seq, id: said.id, actor: app.person('worker'), data: { text: said.text } });
  expect(heard.prev).toMatch(/^[0-9a-f]{64}$/);
  expect(await worker.done('forum:post', said)).toMatchObject({ seq });
  await worker2.done('forum:react', { id: newId(), room, seq, emoji: '🙏', on: true });
  const over = await worker2.http('forum/post', { id: newId(), room, text: '我去统计独居老人。', replyTo: seq });
  expect(over).toMatchObject({ status: 200, body: { ok: true } });

  // An officer flags it from that message, with where it came from.
  const officer = await signIn(app, 'officer');
  const incident = newId();
  const flagged = await officer.done('incidents:flag', {
    id: incident,
    unit,
    title: '金马街 3 号院至 6 号院停水',
    what: '泵房电缆烧毁，3 号院至 6 号院没有水。',
    where: '金马街泵房',
    source: '亲眼看到',
    from: { room, seq },
  });
  expect(flagged).toMatchObject({ incident, similar: [] });
  expect(flagged['code']).toMatch(/^I-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  const { events } = (await officer.done('stream:open', { stream: `incident:${incident}`, have: 0 })) as Answer & {
    events: StreamEvent[];
  };
  expect(events[0]).toMatchObject({ id: incident, type: 'flagged', data: { from: { room, seq, hash: heard.hash } } });
  const { version } = await incidentOf(officer, incident);
  const triage = { severity: 'III', category: 'livelihood', communities: [unit], verification: 'verified' };
  await officer.done('incidents:triage', { id: newId(), incident, expected: version, ...triage });
  expect(
    await officer.request('incidents:triage', { id: newId(), incident, expected: version, ...triage }),
  ).toMatchObject({
    error: { code: 'stale', current: version + 1 },
  });
  await officer.done('incidents:assign', { id: newId(), incident, expected: version + 1, lead: app.person('officer') });
  const active = await incidentOf(officer, incident);
  expect(active.state).toBe('active');
  expect(active.clocks.find(({ clock }) => clock === 'C2')?.metAt).toBeUndefined();

  // Minutes written by two people at once, then signed; from there on nothing changes.
  const meeting = newId();
  const item = newId();
  const created = await officer.done('minutes:create', {
    id: meeting,
    unit,
    title: '文殊社区居民代表会议',
    body: 'residentRepAssembly',
    startsAt: new Date().toISOString(),
    items: [{ id: item, title: '二次供水改造' }],
  });
  const hers = await openDoc(officer, String(created['doc']));
  const his = await openDoc(worker, String(created['doc']));
  hers.type(`body:${item}`, '王敏通报停水经过。');
  his.type(`body:${item}`, '李华补充：612 户停水。');
  await eventually(() => hers.text(`body:${item}`).includes('612 户') && his.text(`body:${item}`).includes('经过'));
  expect(hers.text(`body:${item}`)).toBe(his.text(`body:${item}`));
  const view = async () => ((await officer.done('minutes:view', { meeting })) as Answer & Meeting).meeting;
  const draft = await view();
  const { contentHash } = await officer.done('minutes:sign', {
    id: newId(),
    meeting,
    expected: draft.version,
    contentHash: draft.contentHash,
  });
  expect(contentHash).toBe(draft.contentHash);
  expect(await view()).toMatchObject({ state: 'signed', contentHash, signatures: [{ signer: app.person('officer') }] });
  his.type(`body:${item}`, '签署以后的字。');
  expect((await view()).contentHash).toBe(contentHash);

  // The spokesperson drafts with the officer, submits; nobody who wrote may sign.
  const spokesperson = await signIn(app, 'spokesperson');
  const approver = await signIn(app, 'approver');
  const response = newId();
  const drafted = await spokesperson.done('responses:draft', { id: response, incident, kind: 'holding' });
  const text = await openDoc(spokesperson, String(drafted['doc']));
  const beside = await openDoc(officer, String(drafted['doc']));
  text.type('body', '送水车停在金马街 12 号院门口。');
  beside.type('body', '社区值班电话 028 5550 0123。');
  await eventually(() => text.text('body').includes('028 5550 0123'));
  const { contentHash: hash } = await spokesperson.done('responses:submit', {
    id: newId(),
    response,
    expected: (await responseOf(spokesperson, response)).version,
  });
  const inReview = await responseOf(approver, response);
  expect(inReview).toMatchObject({ state: 'in_review', contentHash: hash });
  const sign = (client: TestClient, seen: unknown) =>
    client.request('responses:approve', { id: newId(), response, expected: inReview.version, contentHash: seen });
  expect((await sign(spokesperson, hash)).ok).toBe(false);
  expect((await sign(approver, '0'.repeat(64))).ok).toBe(false);
  expect((await page(`${app.url}/public/responses/${inReview.code}`)).status).toBe(404);
  expect(await sign(approver, hash)).toMatchObject({ ok: true });
  const published = await spokesperson.done('responses:publish', {
    id: newId(),
    response,
    expected: (await responseOf(spokesperson, response)).version,
  });
  expect(published).toMatchObject({ code: inReview.code, url: `/public/responses/${inReview.code}` });

  // A resident reads it without signing in and without script; the incident's clock has stopped.
  const first = await page(`${app.url}/public/responses/${inReview.code}`);
  expect(first.status).toBe(200);
  expect(first.text).toContain('送水车停在金马街 12 号院门口');
  expect(first.text).not.toContain('<script');
  await eventually(async () => (await incidentOf(officer, incident)).clocks.find(({ clock }) => clock === 'C2')?.metAt);

  // It was wrong: corrected in the open, by the same way.
  const { version: standing } = await responseOf(spokesperson, response);
  const correcting = await spokesperson.done('responses:correct', {
    id: newId(),
    response,
    expected: standing,
    class: 'factual',
    wrong: '金马街 12 号院门口',
    right: '文殊院街 5 号，社区服务站门口',
    why: '门牌写错了。',
  });
  const again = await openDoc(spokesperson, String(correcting['doc']));
  again.type('body', '送水车停在文殊院街 5 号。');
  await eventually(async () => {
    const { version: at } = await responseOf(spokesperson, response);
    return (await spokesperson.request('responses:submit', { id: newId(), response, expected: at })).ok;
  });
  const second = await responseOf(approver, response);
  await approver.done('responses:approve', {
    id: newId(),
    response,
    expected: second.version,
    contentHash: second.contentHash,
  });
  await spokesperson.done('responses:publish', {
    id: newId(),
    response,
    expected: (await responseOf(spokesperson, response)).version,
  });
  const corrected = await page(`${app.url}/public/responses/${inReview.code}`);
  expect(corrected.text).toContain('更正');
  expect(corrected.text).toContain('文殊院街 5 号');
  const feeds = await Promise.all(['feed.atom', 'feed.json'].map((feed) => page(`${app.url}/public/${feed}`)));
  for (const feed of feeds) expect(feed).toMatchObject({ status: 200 });
  expect(feeds[0]?.text.match(/<entry>/g)).toHaveLength(2);

  // Whoever has no part in it finds nothing, and the auditor finds everything.
  const outsider = await signIn(app, 'outsider');
  for (const name of [stream, `incident:${incident}`, `response:${response}`, `meeting:${meeting}`]) {
    expect(await outsider.request('stream:open', { stream: name, have: 0 })).toMatchObject({
      error: { code: 'not_found' },
    });
  }
  const auditor = await signIn(app, 'auditor');
  const record = await auditor.http(`audit/stream?stream=response:${response}&from=1`);
  expect(record.status).toBe(200);
  expect((record.body['events'] as StreamEvent[]).map(({ type }) => type)).toContain('published');
  expect((await worker.http(`audit/stream?stream=response:${response}&from=1`)).status).toBe(404);
});

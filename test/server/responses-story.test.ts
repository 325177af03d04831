import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { createClock } from '#server/platform/clock.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { eventually, newId, nextEvent, signIn, type TestClient } from '../support/client.ts';
import { flag, triage, view } from '../support/incident-calls.ts';

/** A stock client in somebody's name, with the document synced. */
async function openText(hub: TestApp, client: TestClient, doc: string) {
  class Signed extends WebSocket {
    constructor(url: string) {
      super(url, { headers: { cookie: client.cookie, origin: hub.url } });
    }
  }
  const text = new Y.Doc();
  const url = `${hub.url.replace('http', 'ws')}/collab`;
  const provider = new WebsocketProvider(url, doc, text, { WebSocketPolyfill: Signed as never, disableBc: true });
  onTestFinished(() => {
    provider.destroy();
  });
  await eventually(() => provider.synced);
  return { text, body: text.getXmlFragment('body'), provider };
}

function writeUnder(body: Y.XmlFragment, heading: string, words: string): void {
  const at = body.toArray().findIndex((node) => JSON.stringify(node.toJSON()).includes(heading));
  const line = new Y.XmlElement('paragraph');
  line.insert(0, [new Y.XmlText(words)]);
  body.insert(at + 1, [line]);
}

const versionOf = async (client: TestClient, response: string): Promise<Record<string, unknown>> =>
  (await client.done('responses:view', { response }))['response'] as Record<string, unknown>;

async function on(client: TestClient, response: string) {
  return { id: newId(), response, expected: (await versionOf(client, response))['version'] };
}

async function textIs(client: TestClient, hub: TestApp, ask: { doc: string; words: string }): Promise<void> {
  const { body } = await openText(hub, client, ask.doc);
  await eventually(() => JSON.stringify(body.toJSON()).includes(ask.words));
}

describe('the story of one concern', () => {
  it('flagged, written together, signed by a second person, read by residents, corrected', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const spokesperson = await signIn(hub, 'spokesperson');
    const approver = await signIn(hub, 'approver');
    const { incident } = await flag(officer, hub);
    await officer.done('incidents:triage', triage(hub, incident));

    const drafted = await spokesperson.done('responses:draft', { id: newId(), incident, kind: 'holding' });
    const { response, doc } = drafted as unknown as { response: string; doc: string };
    const mine = await openText(hub, officer, doc);
    writeUnder(mine.body, '正在做的', '电缆 13:55 接通');
    await textIs(spokesperson, hub, { doc, words: '电缆 13:55 接通' });

    const submitted = await spokesperson.done('responses:submit', await on(spokesperson, response));
    const { contentHash, missing } = submitted as unknown as { contentHash: string; missing: string[] };
    expect(missing).toContain('contact');
    // Frozen: what is written now goes nowhere.
    writeUnder(mine.body, '正在做的', '偷偷加的话');

    // Whoever wrote cannot sign, nor can somebody from elsewhere.
    const sign = async (client: TestClient) =>
      client.request('responses:approve', { ...(await on(approver, response)), contentHash });
    expect(await sign(officer)).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    const outsider = await signIn(hub, 'outsider');
    expect(await sign(outsider)).toMatchObject({ ok: false, error: { code: 'not_found' } });
    await approver.done('stream:open', { stream: `response:${response}`, have: 0 });
    expect(await sign(approver)).toMatchObject({ ok: true });

    const published = await spokesperson.done('responses:publish', await on(spokesperson, response));
    await nextEvent(approver, 'published', `response:${response}`);
    const { url, code, visible } = published as unknown as { url: string; code: string; visible: boolean };
    expect([url, visible]).toEqual([`/public/responses/${code}`, true]);
    const page = await fetch(hub.url + url);
    const body = await page.text();
    expect(body).toContain('电缆 13:55 接通');
    expect(body).not.toContain('偷偷加的话');
    expect(body).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const css = /<link rel="stylesheet" href="([^"]+)"/.exec(body)?.[1] ?? '';
    expect((await fetch(hub.url + css)).status).toBe(200);

    // Its publication stops the incident's first clock.
    const clocks = await eventually(async () => {
      const { clocks: all } = await view(officer, incident);
      return (all as { clock: string; metAt?: string }[]).find(({ clock, metAt }) => clock === 'C2' && metAt != null);
    });
    expect(clocks.metAt).toBeDefined();

    const say = { class: 'factual', wrong: '13:55', right: '14:05', why: '接通时间' };
    const corrected = await spokesperson.done('responses:correct', { ...(await on(spokesperson, response)), ...say });
    const next = await openText(hub, officer, (corrected as unknown as { doc: string }).doc);
    expect(JSON.stringify(next.body.toJSON())).toContain('电缆 13:55 接通');
    writeUnder(next.body, '正在做的', '电缆 14:05 接通');
    await textIs(spokesperson, hub, { doc: (corrected as unknown as { doc: string }).doc, words: '14:05 接通' });
    const again = await spokesperson.done('responses:submit', await on(spokesperson, response));
    await approver.done('responses:approve', {
      ...(await on(approver, response)),
      contentHash: (again as unknown as { contentHash: string }).contentHash,
    });
    await spokesperson.done('responses:publish', await on(spokesperson, response));
    const after = await (await fetch(hub.url + url)).text();
    expect(after).toContain('<s>13:55</s>');
    expect(await (await fetch(`${hub.url}${url}?rev=1`)).text()).toContain('电缆 13:55 接通');
    expect(await (await fetch(`${hub.url}/public/feed.atom`)).text()).toContain(`response/${code}/rev/2`);
  });

  it('edited after it was signed, it is signed again before anything goes out', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const spokesperson = await signIn(hub, 'spokesperson');
    const approver = await signIn(hub, 'approver');
    const { incident } = await flag(officer, hub);
    await officer.done('incidents:triage', triage(hub, incident));
    const drafted = await spokesperson.done('responses:draft', { id: newId(), incident, kind: 'statement' });
    const { response, doc } = drafted as unknown as { response: string; doc: string };
    const mine = await openText(hub, officer, doc);
    writeUnder(mine.body, '正在做的', '第一稿');
    await textIs(spokesperson, hub, { doc, words: '第一稿' });
    const { contentHash } = await spokesperson.done('responses:submit', await on(spokesperson, response));
    await approver.done('responses:approve', { ...(await on(approver, response)), contentHash });
    await officer.done('responses:reopen', await on(officer, response));
    const later = await openText(hub, officer, doc);
    writeUnder(later.body, '正在做的', '第二稿');
    await textIs(spokesperson, hub, { doc, words: '第二稿' });
    const publish = { ...(await on(spokesperson, response)) };
    expect(await spokesperson.request('responses:publish', publish)).toMatchObject({
      error: { code: 'responses.wrong_state' },
    });
    const second = await spokesperson.done('responses:submit', await on(spokesperson, response));
    expect(second['contentHash']).not.toBe(contentHash);
    expect((await versionOf(approver, response))['approvals']).toEqual([]);
  });

  it('set for a moment, it goes out by itself; where the facts move before, whoever set and signed it is told', async () => {
    const clock = createClock();
    const hub = await startApp({ clock });
    const officer = await signIn(hub, 'officer');
    const spokesperson = await signIn(hub, 'spokesperson');
    const approver = await signIn(hub, 'approver');
    const { incident } = await flag(officer, hub);
    await officer.done('incidents:triage', triage(hub, incident));
    const publishAt = new Date(Date.now() + 60 * 60_000).toISOString();
    const set = async (words: string) => {
      const drafted = await spokesperson.done('responses:draft', { id: newId(), incident, kind: 'holding' });
      const { response, doc, code } = drafted as unknown as { response: string; doc: string; code: string };
      const { body } = await openText(hub, spokesperson, doc);
      writeUnder(body, '正在做的', words);
      await textIs(spokesperson, hub, { doc, words });
      const { contentHash } = await spokesperson.done('responses:submit', await on(spokesperson, response));
      await approver.done('responses:approve', { ...(await on(approver, response)), contentHash });
      const publish = { ...(await on(spokesperson, response)), publishAt };
      const url = `/public/responses/${code}`;
      expect(await spokesperson.done('responses:publish', publish)).toMatchObject({ url, visible: false, publishAt });
      return { response, page: hub.url + url };
    };
    const one = await set('抢修到六点');
    expect((await fetch(one.page)).status).toBe(404);
    clock.set(new Date(publishAt));
    await eventually(async () => (await fetch(one.page)).status === 200);
    expect(await (await fetch(one.page)).text()).toContain('抢修到六点');
    clock.set();

    const two = await set('抢修到八点');
    await officer.done('incidents:note', { id: newId(), incident, text: '水管又裂了', about: 'known' });
    clock.set(new Date(publishAt));
    const told = await eventually(async () => {
      const { events } = await approver.done('stream:open', { stream: `person:${hub.person('approver')}`, have: 0 });
      return (events as { type?: string; data?: unknown }[]).find(({ type }) => type === 'responses.publish_blocked');
    });
    expect(told.data).toMatchObject({ stream: `response:${two.response}` });
    expect(await versionOf(spokesperson, two.response)).toMatchObject({
      state: 'publish_blocked',
      blocked: 'facts_changed',
      planned: { publishAt, by: hub.person('spokesperson') },
    });
    expect((await fetch(two.page)).status).toBe(404);
  });
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '#shared/responses/responses.text.ts';
import { actorOf } from '../support/response-cast.ts';
import { addresses, at, everything, openPublic, startResponses } from '../support/response-hub.ts';

describe('residents', () => {
  it('read a response without a script: headline, sections, who speaks, how to check it', async () => {
    const hub = await startResponses();
    const { code, url } = await at(hub).published('电缆 13:55 接通');
    const { get } = await openPublic(hub);
    const { status, headers, body } = await get(url ?? '');
    expect(status).toBe(200);
    expect(body).not.toContain('<script');
    expect(body.length).toBeLessThan(50_000);
    for (const words of [
      '金马街 3 号院至 6 号院停水',
      '正在做的',
      '电缆 13:55 接通',
      '陈静',
      '青羊街道新闻发言人',
      code,
    ])
      expect(body).toContain(words);
    expect(body).not.toContain('请您这样做'); // a section without a word is not shown
    expect(headers.get('cache-control')).toBe('public, max-age=5');
    expect(headers.get('content-security-policy')).toContain(
      "default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'",
    );
    expect(headers.get('set-cookie')).toBeNull();
  });

  it('get the frame in English and large text by the address alone', async () => {
    const hub = await startResponses();
    const { url } = await at(hub).published();
    const { get } = await openPublic(hub);
    const { body } = await get(`${url ?? ''}?lang=en&text=large`);
    expect(body).toContain('<html lang="en" data-text="large">');
    expect(body).toContain('What is being done');
    expect(body).toContain('lang="zh-CN"');
    expect(body).toContain(`${url ?? ''}?text=large`); // back to Chinese, still large
  });

  it('find it under every unit it touches and above, and nowhere else', async () => {
    const hub = await startResponses();
    const { code } = await at(hub).published();
    const { get } = await openPublic(hub);
    for (const unit of ['wenshu', 'qingyang', 'qingyangqu'])
      expect((await get(`/public/units/${unit}`)).body).toContain(code);
    expect((await get('/public/units/jinjiang')).body).not.toContain(code);
  });

  it('get the same answer for what is not published and what is not there', async () => {
    const hub = await startResponses();
    const { code } = await at(hub).draft();
    const { get } = await openPublic(hub);
    const unpublished = await get(`/public/responses/${code}`);
    const unknown = await get('/public/responses/R-00000-00000');
    expect([unpublished.status, unknown.status]).toEqual([404, 404]);
    expect(unpublished.body).toBe(unknown.body);
    expect((await get(`/public/cap/${code}.xml`)).body).toBe(unknown.body);
    expect((await get('/public/units/nowhere')).body).toBe(unknown.body);
    expect((await get('/public/what/ever')).status).toBe(404);
  });

  it('see what people wrote as text, whatever it looks like', async () => {
    const hub = await startResponses();
    const { draft, submit, approve, publish } = at(hub);
    const evil = '<img src=x onerror=alert(1)><b>假</b>&amp;';
    const { response, doc, code } = await draft('statement', evil);
    hub.documents.write(doc, 'officer', '正在做的', evil);
    await submit(response);
    await approve(response);
    await publish(response);
    const { get } = await openPublic(hub);
    for (const address of addresses([code]).filter((one) => !one.endsWith('.json'))) {
      const { body } = await get(address);
      expect(body, address).not.toMatch(/<img|<b>假/);
    }
  });
});

describe('every page', () => {
  const count = (body: string, pattern: RegExp): number => [...body.matchAll(pattern)].length;

  it('has a title, a language, one heading above all, one main part, named links, labelled fields, no script', async () => {
    const hub = await startResponses();
    const { published, correct, submit, approve, publish } = at(hub);
    const { response, code } = await published();
    await correct(response, { class: 'factual', wrong: 'a', right: 'b', why: 'c' });
    await submit(response);
    await approve(response);
    await publish(response);
    const { get } = await openPublic(hub);
    const pages = [...addresses([code]), '/public/nowhere'].filter((address) => !/\.(atom|json|xml)$/.test(address));
    for (const address of pages) {
      const { body } = await get(address);
      expect(count(body, /<h1[ >]/g), address).toBe(1);
      expect(count(body, /<main[ >]/g), address).toBe(1);
      expect(body, address).toMatch(/<html lang="(zh-CN|en)"/);
      expect(body, address).toMatch(/<title>[^<]+<\/title>/);
      expect(body, address).not.toMatch(/<script|javascript:| on\w+=| style=/);
      for (const [, inside = ''] of body.matchAll(/<a [^>]*>(.*?)<\/a>/gs))
        expect(inside.replace(/<[^>]*>/g, '').trim(), address).not.toBe('');
      for (const [, field] of body.matchAll(/<input id="([^"]+)"/g))
        expect(body).toContain(`<label for="${field ?? ''}"`);
      const ids = [...body.matchAll(/ id="([^"]+)"/g)].map(([, found]) => found);
      expect(new Set(ids).size, address).toBe(ids.length);
      expect(count(body, /<svg(?![^>]*aria-hidden="true")/g), address).toBe(0);
    }
  });
});

describe('a correction', () => {
  it('stands first on the same address, says what was wrong and right, and leaves the old text readable', async () => {
    const hub = await startResponses();
    const { published, correct, submit, approve, publish, seen } = at(hub);
    const { response, code, url } = await published('送水点在金马街 12 号');
    const { get } = await openPublic(hub);
    const { doc } = await correct(response, {
      class: 'factual',
      wrong: '金马街 12 号院门口',
      right: '文殊院街 5 号',
      why: '送水点位置',
    });
    expect((await get(url ?? '')).body).not.toContain('文殊院街 5 号'); // in force only once it is signed and out
    hub.documents.replaceAll(doc, ['送水点在文殊院街 5 号，社区服务站门口']);
    await submit(response);
    await approve(response);
    hub.clock.at += 60_000;
    expect((await publish(response)).code).toBe(code);
    const { body } = await get(url ?? '');
    expect(body.indexOf('<s>金马街 12 号院门口</s>')).toBeLessThan(body.indexOf('<h1'));
    for (const words of ['文殊院街 5 号', '第 2 版', '更正通报', 'rev=1']) expect(body).toContain(words);
    const { revisions } = await seen(response);
    for (const { contentHash } of revisions)
      expect(body).toContain([0, 4, 8, 12].map((from) => contentHash.slice(from, from + 4).toUpperCase()).join(' '));
    const old = await get(`${url ?? ''}?rev=1`);
    expect(old.body).toContain('送水点在金马街 12 号');
    expect(old.body).toContain('后来有更新');
    expect((await get(`${url ?? ''}?rev=3`)).status).toBe(404);
  });

  it('is a new entry in both feeds; the old entry keeps its id, a typo makes none', async () => {
    const hub = await startResponses();
    const { published, correct, submit, approve, publish } = at(hub);
    const { response, code } = await published();
    const { get } = await openPublic(hub);
    const before = (await get('/public/feed.atom')).body;
    for (const kind of ['factual', 'typo'] as const) {
      await correct(response, { class: kind });
      await submit(response);
      await approve(response);
      hub.clock.at += 60_000;
      await publish(response);
    }
    const after = (await get('/public/feed.atom')).body;
    const ids = (text: string) => [...text.matchAll(/<id>(tag:[^<]+\/rev\/\d+)<\/id>/g)].map(([, found]) => found);
    expect(ids(before)).toEqual([`tag:linli,2026:response/${code}/rev/1`]);
    expect(ids(after).sort()).toEqual([1, 2].map((n) => `tag:linli,2026:response/${code}/rev/${n}`));
    const json = JSON.parse((await get('/public/feed.json')).body) as { items: { id: string; url: string }[] };
    expect(json.items.map((item) => item.id).sort()).toEqual(ids(after).sort());
    expect(json.items[0]?.url).toMatch(/^https:\/\/linli\.example\/public\/responses\//);
  });
});

describe('a withdrawal', () => {
  it('takes the text away and leaves its notice and its fingerprints', async () => {
    const hub = await startResponses();
    const { published, on, approve } = at(hub);
    const { response, code, url } = await published('旧的停水范围');
    await hub.service.withdraw(actorOf('spokesperson'), { ...(await on(response)), reason: '范围写错，另行发布' });
    const { get } = await openPublic(hub);
    expect((await get(url ?? '')).body).toContain('旧的停水范围');
    await approve(response);
    await hub.consumers.settled();
    const all = await everything(hub, [code]);
    expect(all).not.toContain('旧的停水范围');
    const page = await get(url ?? '');
    expect(page.status).toBe(200);
    expect(page.body).toContain('范围写错，另行发布');
    expect((await get(`/public/cap/${code}.xml`)).body).toContain('<msgType>Cancel</msgType>');
  });
});

describe('checking', () => {
  it('takes the four groups, the whole fingerprint or the number, and says which version it is', async () => {
    const hub = await startResponses();
    const { published, seen } = at(hub);
    const { response, code } = await published();
    const { get } = await openPublic(hub);
    const { contentHash } = await seen(response);
    const groups = (contentHash ?? '').slice(0, 16).replace(/(.{4})/g, '$1 ');
    for (const asked of [groups, contentHash ?? '', code, code.toLowerCase().replaceAll('-', ' ')]) {
      const { body } = await get(`/public/verify?q=${encodeURIComponent(asked)}`);
      expect(body, asked).toContain('这是从这里发布的');
    }
    for (const asked of ['0'.repeat(16), 'R-00000-00000', '你好', '{"$ne":1}', '<script>'])
      expect((await get(`/public/verify?q=${encodeURIComponent(asked)}`)).body, asked).toContain('没有找到');
  });

  it('the fingerprint is SHA-256 of the words on the page', async () => {
    const hub = await startResponses();
    const { published, seen } = at(hub);
    const { response, code } = await published();
    const [revision] = (await seen(response)).revisions;
    expect(revision).toBeDefined();
    if (revision === undefined) return;
    const text = canonicalText({ code, n: 1, kind: 'statement', correction: null }, revision.text);
    expect(createHash('sha256').update(text).digest('hex')).toBe(revision.contentHash);
  });
});

describe('CAP', () => {
  it('is a new message for each version, refers to the ones before, and writes times as the schema wants', async () => {
    const hub = await startResponses({ incident: { severity: 'II' } });
    const { published, correct, submit, approve, publish } = at(hub);
    const { response, code } = await published();
    const { get } = await openPublic(hub);
    const first = (await get(`/public/cap/${code}.xml`)).body;
    expect(first).toContain('<msgType>Alert</msgType>');
    expect(first).toContain('<sent>2026-11-22T14:20:00+08:00</sent>');
    expect(first).toContain('<severity>Severe</severity>');
    expect(first).not.toContain('<references>');
    await correct(response, { class: 'factual', wrong: 'a', right: 'b' });
    await submit(response);
    await approve(response);
    hub.clock.at += 3_600_000;
    await publish(response);
    const second = (await get(`/public/cap/${code}.xml`)).body;
    expect(second).toContain(`<identifier>${code}.2</identifier>`);
    expect(second).toContain(`<references>qingyang@linli,${code}.1,2026-11-22T14:20:00+08:00</references>`);
    const order = [...second.matchAll(/<([a-zA-Z]+)[ >]/g)].map(([, name]) => name);
    const wanted =
      'alert identifier sender sent status msgType scope note references incidents info language category event urgency severity certainty effective expires senderName headline description web';
    expect(order.slice(0, wanted.split(' ').length)).toEqual(wanted.split(' '));
  });
});

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { contentHashOf, signedBytes } from '#shared/minutes/minutes.content.ts';
import { noMeeting } from '#shared/minutes/minutes.rules.ts';
import type { MeetingLine, MeetingView } from '#shared/minutes/minutes.schema.ts';
import type { Clock } from '#server/platform/clock.ts';
import { sha256 } from '#server/platform/crypto.ts';
import { loadSigner } from '#server/platform/signing.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { eventually, newId, signIn, type Answer, type TestClient } from '../support/client.ts';
import { openDoc } from '../support/collab.ts';
import { temporaryFolder } from '../support/streams.ts';

interface Made {
  meeting: string;
  doc: string;
  item: string;
}

async function aMeeting(client: TestClient, app: TestApp, more: object = {}): Promise<Made> {
  const item = newId();
  const input = {
    id: newId(),
    unit: app.unit('wenshu'),
    title: '居民代表会议',
    body: 'residentRepAssembly',
    startsAt: '2026-11-24T09:00:00+08:00',
    items: [{ id: item, title: '停水整改' }],
    ...more,
  };
  const made = await client.done('minutes:create', input);
  return { meeting: made['meeting'] as string, doc: made['doc'] as string, item };
}

const viewOf = async (client: TestClient, meeting: string): Promise<MeetingView> =>
  (await client.done('minutes:view', { meeting }))['meeting'] as MeetingView;

const ask = (client: TestClient, verb: string, view: MeetingView, more: object = {}): Promise<Answer> =>
  client.request(`minutes:${verb}`, { id: newId(), meeting: view.id, expected: view.version, ...more });

const codeOf = (answer: Answer): string | undefined => answer.error?.code;

describe('minutes', () => {
  it('are written together, submitted, sent back, submitted again and signed', async () => {
    const app = await startApp();
    const [officer, worker] = [await signIn(app, 'officer'), await signIn(app, 'worker')];
    const { meeting, doc, item } = await aMeeting(officer, app);
    const [one, two] = [await openDoc(officer, doc), await openDoc(worker, doc)];
    expect([...one.doc.share.keys()].sort()).toEqual([`body:${item}`, 'body:closing', 'body:preamble']);
    one.type('body:preamble', '出席 31 人');
    two.type(`body:${item}`, '同意更换水泵');
    await eventually(() => two.text('body:preamble').includes('31') && one.text(`body:${item}`).includes('水泵'));

    const draft = await viewOf(worker, meeting);
    expect(draft).toMatchObject({ state: 'draft', version: 1, title: '居民代表会议', signatures: [] });
    const submitted = await ask(worker, 'submit', draft);
    expect(submitted).toMatchObject({ ok: true, seq: 2, contentHash: draft.contentHash });
    two.type('body:closing', '来晚了');
    const review = await viewOf(officer, meeting);
    expect(review).toMatchObject({ state: 'in_review', contentHash: draft.contentHash });
    expect(review.may).toEqual(['send-back', 'sign']);

    expect(await ask(officer, 'send-back', review, { comment: '请写明表决' })).toMatchObject({ ok: true, seq: 3 });
    await eventually(() => one.text('body:closing').includes('来晚了')); // it was kept, and now it counts
    const again = await viewOf(officer, meeting);
    expect(again.sentBack?.comment).toBe('请写明表决');
    expect(again.contentHash).not.toBe(draft.contentHash);
    expect(codeOf(await ask(officer, 'sign', again, { contentHash: draft.contentHash }))).toBe('stale');
    one.type('body:closing', '散会');
    await eventually(async () => (await viewOf(officer, meeting)).contentHash !== again.contentHash);
    const last = await viewOf(officer, meeting);
    expect(await ask(officer, 'sign', last, { contentHash: last.contentHash })).toMatchObject({
      ok: true,
      contentHash: last.contentHash,
    });

    const final = await viewOf(worker, meeting);
    expect(final).toMatchObject({ state: 'signed', contentHash: last.contentHash, may: [] });
    const [signature] = final.signatures;
    if (signature === undefined) throw new Error('not signed');
    const { at: signedAt, contentHash, docSeq, meetingSeq, signer } = signature;
    const said = signedBytes({ contentHash, doc, docSeq, meetingSeq, signer, signedAt });
    const key = await loadSigner(app.app.config.secrets);
    expect(key.verify(said, signature.signature)).toBe(true);
    expect(key.verify(said.replace(signedAt, new Date(0).toISOString()), signature.signature)).toBe(false);
    expect(signer).toBe(app.person('officer'));
  });

  it('change no more once they are signed: by no command, no connection and no restart', async () => {
    const app = await startApp();
    const [officer, worker] = [await signIn(app, 'officer'), await signIn(app, 'worker')];
    const { meeting, doc } = await aMeeting(officer, app);
    const writer = await openDoc(worker, doc);
    writer.type('body:closing', '全文');
    await eventually(async () => (await app.app.features.docs.read(doc)).text.includes('全文'));
    const now = await viewOf(officer, meeting);
    expect(await ask(officer, 'sign', now, { contentHash: now.contentHash })).toMatchObject({ ok: true });
    writer.type('body:closing', '改一改');
    const signed = await viewOf(officer, meeting);
    for (const [verb, more] of [
      ['submit', {}],
      ['send-back', {}],
      ['sign', { contentHash: signed.contentHash }],
      ['set-attendance', { person: app.person('worker'), status: 'present', expected: 0 }],
    ] as const)
      expect(codeOf(await ask(officer, verb, signed, more)), verb).toBe('minutes.wrong_state');
    const adding = await officer.request('minutes:add-item', { id: newId(), meeting, title: '加一项' });
    expect(codeOf(adding)).toBe('minutes.wrong_state');
    const { fragments } = await app.app.features.docs.read(doc);
    expect(JSON.stringify(fragments)).not.toContain('改一改');
    await app.close();

    const again = await startApp({ folder: app.folder });
    const back = await signIn(again, 'officer');
    const late = await openDoc(back, doc);
    late.type('body:closing', '再改');
    expect(await viewOf(back, meeting)).toEqual({ ...signed });
    const sealed = await again.app.features.docs.read(doc);
    expect(sealed.fragments).toEqual(fragments);
    const state = { ...noMeeting(meeting), ...signed, people: null };
    expect(contentHashOf(sha256, state, sealed.fragments)).toBe(signed.contentHash); // anybody can make it again
  });

  it('answer a repeat with the first result and a stale version with the head', async () => {
    const app = await startApp();
    const officer = await signIn(app, 'officer');
    const { meeting } = await aMeeting(officer, app);
    const view = await viewOf(officer, meeting);
    const submit = { id: newId(), meeting, expected: view.version };
    const first = await officer.done('minutes:submit', submit);
    expect(await officer.done('minutes:submit', submit)).toEqual(first);
    expect((await officer.http('minutes/submit', submit)).body).toEqual(first);
    const stale = await ask(officer, 'send-back', view);
    expect(stale).toMatchObject({ ok: false, error: { code: 'stale', current: 2 } });
    const other = await aMeeting(officer, app);
    const old = await viewOf(officer, other.meeting);
    await officer.done('minutes:add-item', { id: newId(), meeting: other.meeting, title: '又一项' });
    expect(codeOf(await ask(officer, 'submit', old))).toBe('stale');
    expect(codeOf(await ask(officer, 'sign', old, { contentHash: old.contentHash }))).toBe('stale');
    expect(await app.app.features.docs.isSealed(other.doc)).toBe(false); // nobody was kept from writing
    const writer = await openDoc(officer, other.doc);
    expect([...writer.doc.share.keys()]).toHaveLength(4);
  });

  it('open again where the process died between the seal and its event, and not while somebody may be at work', async () => {
    const app = await startApp();
    const officer = await signIn(app, 'officer');
    const { meeting, doc } = await aMeeting(officer, app);
    await app.app.features.docs.seal(doc, { id: newId(), actor: app.person('officer') });
    await openDoc(officer, doc); // on another process it might be, while the submit is under way here
    expect(await app.app.features.docs.isSealed(doc)).toBe(true);
    await app.close();
    const later: Clock = { now: () => new Date(Date.now() + 11_000) };
    const again = await startApp({ folder: app.folder, clock: later });
    const back = await signIn(again, 'officer');
    const writer = await openDoc(back, doc);
    writer.type('body:closing', '接着写');
    await eventually(async () => (await again.app.features.docs.read(doc)).text.includes('接着写'));
    const view = await viewOf(back, meeting);
    expect(await ask(back, 'submit', view)).toMatchObject({ ok: true, contentHash: view.contentHash });
  });

  it('belong to their unit: others see nothing, readers change nothing, who is not named reads', async () => {
    const app = await startApp();
    const clients = Object.fromEntries(
      await Promise.all(
        ['officer', 'worker', 'worker2', 'outsider', 'auditor', 'spokesperson'].map(
          async (login) => [login, await signIn(app, login)] as const,
        ),
      ),
    );
    const by = (login: string): TestClient => {
      const client = clients[login];
      if (client === undefined) throw new Error(`nobody called ${login}`);
      return client;
    };
    const officer = by('officer');
    const { meeting, doc } = await aMeeting(officer, app, { people: [app.person('worker')] });
    const unknown = newId();
    for (const login of ['outsider', 'spokesperson']) {
      const client = by(login);
      for (const [verb, more] of [
        ['view', {}],
        ['submit', { id: newId(), expected: 1 }],
        ['sign', { id: newId(), expected: 1, contentHash: 'a'.repeat(64) }],
        ['add-item', { id: newId(), title: 'x' }],
      ] as const) {
        const refused = await client.request(`minutes:${verb}`, { meeting, ...more });
        expect(codeOf(refused), `${login} ${verb}`).toBe('not_found');
        expect(await client.request(`minutes:${verb}`, { meeting: unknown, ...more })).toEqual(refused);
      }
      expect(codeOf(await client.request('stream:open', { stream: `meeting:${meeting}`, have: 0 }))).toBe('not_found');
    }
    expect(codeOf(await by('outsider').request('minutes:list', { unit: app.unit('wenshu') }))).toBe('not_found');
    const view = await viewOf(by('auditor'), meeting);
    expect(view.may).toEqual([]);
    for (const login of ['auditor', 'worker2']) {
      expect(codeOf(await ask(by(login), 'submit', view)), login).toBe('forbidden');
      const reader = await openDoc(by(login), doc);
      reader.type('body:closing', `${login} 写的`);
    }
    const writer = await openDoc(by('worker'), doc);
    writer.type('body:closing', '点名的人写的');
    await eventually(async () => (await app.app.features.docs.read(doc)).text.includes('点名的人写的'));
    const { text } = await app.app.features.docs.read(doc);
    expect(text).not.toContain('auditor');
    expect(text).not.toContain('worker2');
    expect(codeOf(await ask(by('worker'), 'sign', view, { contentHash: view.contentHash }))).toBe('minutes.not_signer');
    const elsewhere = {
      id: newId(),
      unit: app.unit('wenshu'),
      title: '会',
      body: 'committee',
      startsAt: view.startsAt,
    };
    expect(codeOf(await by('worker').request('minutes:create', elsewhere))).toBe('forbidden');
    expect(codeOf(await by('outsider').request('minutes:create', elsewhere))).toBe('not_found');
    const signer = { ...elsewhere, id: newId(), signer: app.person('auditor') };
    expect(codeOf(await officer.request('minutes:create', signer))).toBe('minutes.not_eligible');
  });

  it('are listed by unit, the latest first, page by page, at once', async () => {
    const app = await startApp();
    const officer = await signIn(app, 'officer');
    const made: string[] = [];
    for (const day of [20, 24, 22, 23, 21])
      made.push((await aMeeting(officer, app, { startsAt: `2026-11-${day}T09:00:00+08:00` })).meeting);
    const list = async (more: object = {}) =>
      (await officer.done('minutes:list', { unit: app.unit('wenshu'), ...more })) as unknown as {
        meetings: MeetingLine[];
        cursor?: string;
      };
    const days = (lines: readonly MeetingLine[]) => lines.map((line) => Number(line.startsAt.slice(8, 10)));
    const mine = (lines: readonly MeetingLine[]) => lines.filter((line) => made.includes(line.id));
    expect(days(mine((await list()).meetings))).toEqual([24, 23, 22, 21, 20]);
    const paged: MeetingLine[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ limit: 2, ...(cursor !== undefined && { cursor }) });
      expect(page.meetings.length).toBeLessThanOrEqual(2);
      paged.push(...page.meetings);
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(days(mine(paged))).toEqual([24, 23, 22, 21, 20]);
    const [latest] = mine(paged);
    expect(latest).toMatchObject({ state: 'draft', version: 1, unit: app.unit('wenshu') });
  });
});

describe('the hub’s signing key', () => {
  it('is made once, readable by the service alone, and the same after a restart', async () => {
    const folder = path.join(await temporaryFolder(), 'secrets');
    const [one, two] = await Promise.all([loadSigner(folder), loadSigner(folder)]);
    const later = await loadSigner(folder);
    expect(new Set([one.keyId, two.keyId, later.keyId]).size).toBe(1);
    expect(one.keyId).toMatch(/^[0-9a-f]{16}$/);
    expect(later.verify('会议纪要', one.sign('会议纪要'))).toBe(true);
    expect(later.verify('会议纪要。', one.sign('会议纪要'))).toBe(false);
    expect((await readdir(folder)).sort()).toEqual(['signing-key.pem', 'signing-key.pub.pem']);
    const { mode } = await stat(path.join(folder, 'signing-key.pem'));
    expect(mode & 0o777).toBe(0o400);
  });
});

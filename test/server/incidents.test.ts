import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '#shared/wire/stream.ts';
import { startApp } from '../support/app.ts';
import { eventually, newId, signIn, type TestClient } from '../support/client.ts';
import { codeOf, feed, flag, triage, view, WATER } from '../support/incident-calls.ts';

describe('an incident from flagged to accepted', () => {
  it('shows every step to whoever may see it', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const deputy = await signIn(hub, 'deputy');
    const { incident, code, similar } = await flag(officer, hub, { severity: 'III', source: '亲眼看到' });
    expect(code).toMatch(/^I-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    expect(similar).toEqual([]);

    await officer.done('incidents:triage', triage(hub, incident));
    await deputy.done('incidents:assign', { id: newId(), incident, expected: 2, lead: hub.person('officer') });
    const before = await view(officer, incident);
    expect(before).toMatchObject({ state: 'active', version: 3, lead: hub.person('officer'), accepted: false });
    expect(before['may']).toContain('accepted');
    await officer.done('incidents:accept', { id: newId(), incident, expected: 3 });

    const after = await view(officer, incident);
    expect(after).toMatchObject({
      ...{
        id: incident,
        code,
        unit: hub.unit('wenshu'),
        title: '金马街停水',
        what: WATER,
        state: 'active',
        version: 4,
      },
      ...{ severity: 'III', category: 'livelihood', verification: 'corroborated', level: 0, visibility: 'internal' },
      ...{ leadUnit: hub.unit('wenshu'), communities: [hub.unit('wenshu')], exercise: false, accepted: true },
      ...{ responses: [], factVersion: 2, heat: 4.5 },
    });
    const clocks = after['clocks'] as { clock: string; metAt?: string }[];
    expect(clocks.map(({ clock, metAt }) => [clock, metAt !== undefined])).toEqual([
      ['C1', true],
      ['C2', false],
      ['C2b', false],
      ['C8', true],
    ]);
    expect((after['timeline'] as { type: string }[]).map(({ type }) => type)).toEqual([
      'accepted',
      'assigned',
      'triaged',
      'flagged',
    ]);
  });

  it('is on the boards of its unit and of every unit above, the same over HTTP', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const street = await signIn(hub, 'approver');
    const { incident } = await flag(officer, hub);
    for (const client of [officer, street]) {
      expect((await feed(client)).map(({ id }) => id)).toEqual([incident]);
    }
    expect(await feed(street, { unit: hub.unit('wenshu') })).toHaveLength(1);
    expect(await feed(street, { unit: hub.unit('qingyang') }), 'of the district, what is theirs').toHaveLength(1);
    expect(await feed(street, { unit: hub.unit('babaojie') })).toEqual([]);
    expect(await feed(street, { state: 'triaged' })).toEqual([]);
    const { status, body } = await street.http(`incidents/feed?unit=${hub.unit('wenshu')}&state=flagged&limit=5`);
    expect(status).toBe(200);
    expect(body['incidents']).toHaveLength(1);
  });

  it('reaches the officers of a community that turns out to be affected', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const neighbour = await signIn(hub, 'huangwei');
    const { incident } = await flag(officer, hub);
    expect(codeOf(await neighbour.request('incidents:view', { incident }))).toBe('not_found');
    const communities = [hub.unit('wenshu'), hub.unit('babaojie')];
    await officer.done('incidents:triage', triage(hub, incident, { communities }));
    expect(await view(neighbour, incident)).toMatchObject({ leadUnit: hub.unit('qingyang-street'), level: 1 });
    expect(await feed(neighbour)).toHaveLength(1);
  });

  it('leaves a pointer on the unit and each above, which only those follow who may read incidents', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const worker = await signIn(hub, 'worker');
    const deputy = await signIn(hub, 'deputy');
    const open = (client: TestClient, unit: string) =>
      client.done('stream:open', { stream: `unit:${hub.unit(unit)}`, have: 0 });
    await open(officer, 'wenshu');
    await open(worker, 'wenshu');
    await open(deputy, 'qingyang-street');
    const { incident } = await flag(officer, hub);
    const touched = (client: TestClient) =>
      (client.events as StreamEvent[]).find((event) => event.type === 'incidents.touched');
    for (const client of [officer, deputy]) {
      const event = await eventually(() => touched(client));
      expect(event.data).toEqual({ stream: `incident:${incident}`, seq: 1 });
    }
    const kept = await eventually(() => worker.events.find((event) => 'withheld' in event));
    expect(kept).not.toHaveProperty('data');
  });
});

describe('who may', () => {
  it('a stranger, a worker and an auditor get what the table gives them', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { incident } = await flag(officer, hub);
    const input = { id: newId(), unit: hub.unit('wenshu'), title: '停水', what: '停水' };

    const outsider = await signIn(hub, 'outsider');
    expect(codeOf(await outsider.request('incidents:flag', input))).toBe('not_found');
    expect(codeOf(await outsider.request('incidents:view', { incident }))).toBe('not_found');
    expect(codeOf(await outsider.request('incidents:triage', triage(hub, incident)))).toBe('not_found');
    expect(codeOf(await outsider.request('incidents:feed', { unit: hub.unit('wenshu') }))).toBe('not_found');
    expect(await feed(outsider)).toEqual([]);
    expect(codeOf(await outsider.request('stream:open', { stream: `incident:${incident}`, have: 0 }))).toBe(
      'not_found',
    );

    const worker = await signIn(hub, 'worker');
    expect(codeOf(await worker.request('incidents:flag', input))).toBe('forbidden');
    expect(codeOf(await worker.request('incidents:view', { incident }))).toBe('not_found');
    expect(codeOf(await worker.request('incidents:feed', { unit: hub.unit('wenshu') }))).toBe('forbidden');

    const auditor = await signIn(hub, 'auditor');
    expect(await view(auditor, incident)).toMatchObject({ id: incident, may: [] });
    expect(codeOf(await auditor.request('incidents:triage', triage(hub, incident)))).toBe('forbidden');
    expect(codeOf(await auditor.request('incidents:triage', triage(hub, incident, { expected: 7 })))).toBe('forbidden');
  });

  it('the lead is an officer who can see the place', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { incident } = await flag(officer, hub);
    await officer.done('incidents:triage', triage(hub, incident));
    const assign = (login: string) =>
      officer.request('incidents:assign', { id: newId(), incident, expected: 2, lead: hub.person(login) });
    for (const login of ['worker', 'huangwei', 'spokesperson', 'nobody']) {
      expect(codeOf(await assign(login)), login).toBe('incidents.not_eligible');
    }
    expect((await assign('deputy')).ok).toBe(true);
  });

  it('a unit that does not exist is not found, and neither is a report from one', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const input = { id: newId(), unit: newId(), title: '停水', what: '停水' };
    expect(codeOf(await officer.request('incidents:flag', input))).toBe('not_found');
    const { incident } = await flag(officer, hub);
    const report = { id: newId(), incident, unit: newId(), text: '也停了' };
    expect(codeOf(await officer.request('incidents:report', report))).toBe('not_found');
  });
});

describe('one outcome', () => {
  it('of 200 triages at the same version exactly one happens', async () => {
    const hub = await startApp();
    const clients = await Promise.all(['officer', 'deputy', 'denglihua', 'wudan'].map((login) => signIn(hub, login)));
    const [officer] = clients;
    if (officer === undefined) throw new Error('nobody');
    const { incident } = await flag(officer, hub);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (clients[n % clients.length] ?? officer).request('incidents:triage', triage(hub, incident)),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
    const refused = answers.filter((answer) => !answer.ok);
    expect(new Set(refused.map(codeOf))).toEqual(new Set(['stale']));
    expect(refused[0]?.error?.['current']).toBe(2);
    expect(await view(officer, incident)).toMatchObject({ version: 2, state: 'triaged' });
  });

  it('a repeat answers what the first try did; another content under its id is refused', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const input = { id: newId(), unit: hub.unit('wenshu'), title: '金马街停水', what: WATER };
    const first = await officer.done('incidents:flag', input);
    expect(await officer.done('incidents:flag', input)).toEqual(first);
    expect(codeOf(await officer.request('incidents:flag', { ...input, what: '别的事' }))).toBe('id_reused');
    const colleague = await signIn(hub, 'denglihua');
    expect(codeOf(await colleague.request('incidents:flag', input))).toBe('id_reused');
    expect(await feed(officer)).toHaveLength(1);

    const decided = triage(hub, input.id);
    const done = await officer.done('incidents:triage', decided);
    expect(await officer.done('incidents:triage', decided), 'known before its version is asked').toEqual(done);
  });
});

describe('what a flag finds out', () => {
  it('is like what was flagged here lately, says where it differs, and keeps what was shown', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { incident } = await flag(officer, hub);
    const again = await flag(officer, hub, { title: '停水', what: '转：金马街 4 号院停水了，泵房有焦味' });
    expect(again.similar[0]).toMatchObject({ incident });
    expect(again.similar[0]?.score).toBeGreaterThanOrEqual(0.5);
    expect(await view(officer, again.incident)).toMatchObject({ similar: [{ incident }] });
    const elsewhere = await flag(officer, hub, { what: WATER.replace('3 号院、4 号院', '19 号院') });
    expect(elsewhere.similar.find((one) => one.incident === incident)).toMatchObject({ elsewhere: true });

    const asked = await officer.done('incidents:similar', { unit: hub.unit('wenshu'), text: '金马街泵房有焦味，停水' });
    expect((asked['similar'] as { incident: string }[]).map((one) => one.incident)).toContain(incident);
  });

  it('shows nobody an incident they may not read', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const neighbour = await signIn(hub, 'huangwei');
    await flag(officer, hub);
    const theirs = await flag(neighbour, hub, { unit: hub.unit('babaojie') });
    expect(theirs.similar).toEqual([]);
    const street = await signIn(hub, 'deputy');
    const third = await flag(street, hub, { unit: hub.unit('toufujie') });
    expect(third.similar).toHaveLength(2);
  });

  it('carries the message it began with, and nothing of one the flagger may not read', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const admin = await signIn(hub, 'admin');
    const room = newId();
    await admin.done('forum:create', { id: room, unit: hub.unit('wenshu'), title: '社区工作群', kind: 'open' });
    const worker = await signIn(hub, 'worker');
    const posted = await worker.done('forum:post', { id: newId(), room, text: '金马街没水了' });
    const from = { room, seq: posted['seq'] as number };
    const { incident } = await flag(officer, hub, { from });
    const stored = (await officer.done('stream:range', { stream: `room:${room}`, from: from.seq, to: from.seq }))[
      'events'
    ];
    const [message] = stored as StreamEvent[];
    expect(await view(officer, incident)).toMatchObject({
      from: { ...from, text: '金马街没水了', author: hub.person('worker'), hash: message?.hash },
    });
    const neighbour = await signIn(hub, 'huangwei');
    const input = { id: newId(), unit: hub.unit('babaojie'), title: '停水', what: '停水', from };
    const without = await neighbour.done('incidents:flag', input);
    expect(without).toMatchObject({ unlinked: true });
    expect((await view(neighbour, without['incident'] as string))['from']).toBeNull();
  });

  it('is taken though the message it began with was taken back before it arrived', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { forum } = hub.app.features;
    const [room, worker] = [newId(), hub.actor('worker')];
    await forum.createRoom({ id: room, unit: hub.unit('wenshu'), title: '社区工作群', kind: 'open' });
    const { seq } = await forum.post(worker, { id: newId(), room, text: '三栋漏燃气' });
    await forum.retract(worker, { id: newId(), room, seq });
    const flagged = await flag(officer, hub, { from: { room, seq } });
    expect(flagged).toMatchObject({ unlinked: true });
    expect(await view(officer, flagged.incident)).toMatchObject({ state: 'flagged', what: WATER, from: null });
  });

  it('an exercise has a code of its own', async () => {
    const hub = await startApp();
    const officer = await signIn(hub, 'officer');
    const { code, incident } = await flag(officer, hub, { exercise: true });
    expect(code).toMatch(/^XI-/);
    expect(await view(officer, incident)).toMatchObject({ exercise: true });
  });
});
